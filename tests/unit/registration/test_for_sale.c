/* What TXT records say of a sale. */
#include "../unit.h"

#include "base/buf.h"
#include "model/records.h"
#include "model/registration.h"
#include "model/rrtype.h"
#include "model/tagged.h"
#include "registration/for_sale.h"

static const struct {
	const char *text, *want; /* NULL: no such record */
} rows[] = {
    {"\"v=FORSALE1;furi=https://example.com/\"", "furi=https://example.com/"},
    {"\"v=FORSALE1;\"", ""},
    {"\"v=FORSALE1;\" \"fval=EUR100\"", "fval=EUR100"},
    {"\"v=FOR\" \"SALE1;ftxt=a \\\"b\\\"\"", "ftxt=a \"b\""},
    {"\"v=FORSALE1;ftxt=m\\195\\188\"", "ftxt=m\xc3\xbc"},
    {"\"v=FORSALE1;a\\\\b\"", "a\\b"},
    {"", NULL},
    {"\"\"", NULL},
    {"v=FORSALE1;x", NULL},
    {"\"v=FORSALE1\"", NULL},
    {"\"v=FORSALE2;x\"", NULL},
    {"\"V=forsale1;x\"", NULL},
    {"\" v=FORSALE1;x\"", NULL},
    {"\"v=spf1 -all\"", NULL},
    {"\"v=FORSALE1;x", NULL},
    {"\"v=FORSALE1;x\\", NULL},
    {"\"v=FORSALE1;x\\0\"", NULL},
    {"\"v=FORSALE1;x\\000\"", NULL},
    {"\"v=FORSALE1;x\\999\"", NULL},
    {"\"v=FORSALE1;x\" y", NULL},
};

TEST(parse)
{
	char to[64];
	int n = for_sale_parse(rows[_i].text, to, sizeof(to));

	ck_assert_msg((n >= 0) == (rows[_i].want != NULL), "%s: %d", rows[_i].text, n);
	if (n >= 0) {
		ck_row_str(rows[_i].text, to, rows[_i].want);
		ck_assert_uint_eq((size_t)n, strlen(to));
	}
}

TEST(long_text)
{
	char text[400], to[64];

	for (size_t n = 1; n < 300; n++) {
		snprintf(text, sizeof(text), "\"v=FORSALE1;%0*d\"", (int)n, 0);
		int got = for_sale_parse(text, to, sizeof(to));
		ck_assert_int_eq(got, n + 11 < sizeof(to) ? (int)n : -1);
	}
}

/* Other records are passed over, and so is what is too much. */
TEST(of_records)
{
	struct buf records, tagged, packed;
	char data[2000];
	size_t n = 0;

	buf_init(&records, 1 << 16);
	buf_init(&tagged, 1 << 16);
	buf_init(&packed, 1 << 16);
	for (int i = 0; i < 10; i++) {
		n += (size_t)snprintf(data + n, sizeof(data) - n, "\"v=spf1 %d\"", i) + 1;
		n += (size_t)snprintf(data + n, sizeof(data) - n, "\"v=FORSALE1;fval=EUR%d\"", i) +
		     1;
	}
	records_add(&records, &(struct record_set){.type = DNS_TYPE_TXT, .data = {data, n}});
	tagged_add(&tagged, RESULT_TAG_RECORDS, (struct span){records.data, records.len});
	const struct result result = {.status = ITEM_FOUND, .tagged = {tagged.data, tagged.len}};
	for_sale_read(&result, &packed);
	struct registration_facts facts;
	registration_facts_read((struct span){packed.data, packed.len}, &facts);
	ck_assert(facts.knows_for_sale);
	ck_assert_uint_eq(facts.n_for_sale, REGISTRATION_MAX_FOR_SALE);
	ck_assert_uint_eq(facts.for_sale[1].len, 9);
	ck_assert_mem_eq(facts.for_sale[1].bytes, "fval=EUR1", 9);
	buf_done(&records);
	buf_done(&tagged);
	buf_done(&packed);
}

TEST(no_answer)
{
	const struct result result = {.status = ITEM_ERROR, .reason = REASON_TIMEOUT};
	struct registration_facts facts;
	struct buf packed;

	buf_init(&packed, 1 << 16);
	for_sale_read(&result, &packed);
	registration_facts_read((struct span){packed.data, packed.len}, &facts);
	ck_assert(!facts.knows_for_sale);
	buf_done(&packed);
}

SUITE(for_sale)
{
	ADD_ROWS(parse, rows);
	ADD(long_text);
	ADD(of_records);
	ADD(no_answer);
}
