/* Packed records. */
#include "../unit.h"

#include <stdlib.h>

#include "model/records.h"

#define SPAN(literal)                                                                              \
	(struct span)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

static void add_samples(struct buf *b)
{
	struct record_set set = {.type = 15,
	    .rcode = RCODE_NOERROR,
	    .ttl = UINT32_MAX,
	    .server = {.port = 53, .address = {.bytes = {127, 0, 0, 1}}},
	    .rtt = 1234567,
	    .cname = SPAN("a.\0b.\0"),
	    .data = SPAN("10 mail.example.\0"
			 "20 other.example.\0")};

	records_add(b, &set);
	struct buf ede;
	buf_init(&ede, 1000);
	records_add_ede(&ede, 22, SPAN("no\0one"));
	records_add_ede(&ede, 65535, SPAN(""));
	set = (struct record_set){.type = 65535,
	    .rcode = RCODE_SERVFAIL,
	    .reason = REASON_SERVFAIL,
	    .server = {.port = 5353, .address = {.is_v6 = true, .bytes = {[15] = 1}}},
	    .ede = {ede.data, ede.len}};
	records_add(b, &set);
	buf_done(&ede);
}

TEST(packs_and_unpacks)
{
	struct record_set set;
	struct span text;
	size_t offset = 0, at = 0;
	uint16_t code;
	struct buf b;

	buf_init(&b, 4096);
	add_samples(&b);
	struct span all = {b.data, b.len};
	ck_assert(records_next(all, &offset, &set));
	ck_assert(set.type == 15 && set.rcode == RCODE_NOERROR && set.ttl == UINT32_MAX);
	ck_assert(set.rtt == 1234567 && set.server.port == 53 && set.reason == REASON_NONE);
	ck_assert_str_eq(records_next_text(set.cname, &at), "a.");
	ck_assert_str_eq(records_next_text(set.cname, &at), "b.");
	ck_assert_ptr_null(records_next_text(set.cname, &at));
	at = 0;
	ck_assert_str_eq(records_next_text(set.data, &at), "10 mail.example.");
	ck_assert_str_eq(records_next_text(set.data, &at), "20 other.example.");
	ck_assert_ptr_null(records_next_text(set.data, &at));
	ck_assert(records_next(all, &offset, &set));
	ck_assert(set.type == 65535 && set.reason == REASON_SERVFAIL && set.server.address.is_v6);
	at = 0;
	ck_assert(records_next_ede(set.ede, &at, &code, &text));
	ck_assert(code == 22 && text.len == 6 && memcmp(text.bytes, "no\0one", 6) == 0);
	ck_assert(records_next_ede(set.ede, &at, &code, &text));
	ck_assert(code == 65535 && text.len == 0);
	ck_assert(!records_next_ede(set.ede, &at, &code, &text));
	ck_assert(!records_next(all, &offset, &set));
	ck_assert_uint_eq(offset, b.len);
	buf_done(&b);
}

/* Whatever is cut or changed: nothing is read behind the end, and lists end with a NUL. */
TEST(bears_damage)
{
	struct buf b;

	buf_init(&b, 4096);
	add_samples(&b);
	for (size_t n = 0; n < b.len; n++) {
		char *copy = malloc(n + 1); /* of its own, so that a checker sees the end */
		memcpy(copy, b.data, n);
		for (size_t i = 0; i < n; i++) {
			struct record_set set;
			size_t offset = 0;
			copy[i] ^= (char)(1 << n % 8);
			while (records_next((struct span){copy, n}, &offset, &set)) {
				size_t at = 0;
				while (records_next_text(set.data, &at) != NULL)
					ck_assert_uint_le(at, set.data.len);
				at = 0;
				while (records_next_ede(
				    set.ede, &at, &(uint16_t){0}, &(struct span){NULL, 0}))
					;
			}
			copy[i] ^= (char)(1 << n % 8);
		}
		free(copy);
	}
	buf_done(&b);
}

SUITE(records)
{
	ADD(packs_and_unpacks);
	ADD(bears_damage);
}
