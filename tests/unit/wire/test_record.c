/* Packed results, whole and damaged. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "samples.h"
#include "model/tagged.h"
#include "wire/record.h"
#include "wire/result_text.h"

enum { MAX_BLOCK = 1 << 16 };

/* A record in parts, so that a row can change one of them. */
#define HEAD        "\0\1\1\1\x9c\3"            /* index, status, reason, attempts, duration */
#define TIME        "\0\0\0\0\0\0\0\0"          /* finished_at */
#define NAME        "\1a"                       /* name */
#define ADDRESS     "\1\4\x7f\0\0\1\5"          /* one address, ttl */
#define EVIDENCE    "\1\0\2\7\4\x7f\0\0\1\0\65" /* one piece */
#define BYTES(text) (text), sizeof(text) - 1

/* Of a file: a head whose status has the highest bit, and what follows the evidence. */
#define FILE_HEAD "\0\x83\0\1\x9c\3" TIME NAME "\0\0"
#define FLAGS     "\0\0" /* and the country's reason */
#define NUMBERS   "\0\0\0\0"
#define TIMINGS   "\0\0\0\0\0"
#define TEXTS     "\0\0\0\0\0\0"
#define DIGEST    "0123456789abcdef0123456789abcdef"
#define PAST_TEXT "\x81\x80\1" /* one more than a text may have */
#define PAST_32   "\x80\x80\x80\x80\x10"
#define PAST_63   "\x80\x80\x80\x80\x80\x80\x80\x80\x80\1"

/* With tagged fields: heads whose status has bit 6, and what goes before the fields. */
#define FIELDS_HEAD "\0\x41\1\1\x9c\3" TIME NAME "\0\0"
#define FILE_FIELDS "\0\xc3\0\1\x9c\3" TIME NAME "\0\0" FLAGS NUMBERS TIMINGS TEXTS

static const struct {
	const char *name, *bytes;
	size_t len;
	bool is_good;
} blocks[] = {
    {"no such status", BYTES("\0\77\1\1\1" TIME NAME "\0\0"), false},
    {"no such reason", BYTES("\0\1\177\1\1" TIME NAME "\0\0"), false},
    {"index past 32 bits", BYTES("\x80\x80\x80\x80\x10\1\1\1\1" TIME NAME "\0\0"), false},
    {"attempts past 32 bits", BYTES("\0\1\1\x80\x80\x80\x80\x10\1" TIME NAME "\0\0"), false},
    {"duration past 63 bits",
	BYTES("\0\1\1\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\1" TIME NAME "\0\0"), false},
    {"duration past 64 bits",
	BYTES("\0\1\1\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\2" TIME NAME "\0\0"), false},
    {"a number without end",
	BYTES("\0\1\1\1\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\0" TIME NAME "\0\0"), false},
    {"a time before 1970", BYTES(HEAD "\0\0\0\0\0\0\0\x80" NAME "\0\0"), false},
    {"a time past the year 9999", BYTES(HEAD "\0\0\0\0\0\0\0\x7f" NAME "\0\0"), false},
    {"a name past the limit", BYTES(HEAD TIME "\x81\x40"), false},
    {"a name past the end", BYTES(HEAD TIME "\3a\0\0"), false},
    {"too many addresses", BYTES(HEAD TIME NAME "\41"), false},
    {"addresses past the end", BYTES(HEAD TIME NAME "\40\4"), false},
    {"no such family", BYTES(HEAD TIME NAME "\1\5\x7f\0\0\1\5\0"), false},
    {"ttl past 32 bits", BYTES(HEAD TIME NAME "\1\4\x7f\0\0\1\x80\x80\x80\x80\x10\0"), false},
    {"too much evidence", BYTES(HEAD TIME NAME "\0\5"), false},
    {"no such source", BYTES(HEAD TIME NAME "\0\1\40\2\7"), false},
    {"no such type", BYTES(HEAD TIME NAME "\0\1\2\2\7\4\x7f\0\0\1\0\65"), false},
    {"no such rcode", BYTES(HEAD TIME NAME "\0\1\0\21\7\4\x7f\0\0\1\0\65"), false},
    {"no port", BYTES(HEAD TIME NAME "\0\1\0\2\7\4\x7f\0\0\1\0"), false},
    {"a file without its part", BYTES(FILE_HEAD), false},
    {"a file with unknown flags", BYTES(FILE_HEAD "\10\0" NUMBERS TIMINGS TEXTS), false},
    {"no such country reason", BYTES(FILE_HEAD "\2\177" NUMBERS TIMINGS TEXTS), false},
    {"an HTTP status past 32 bits", BYTES(FILE_HEAD FLAGS PAST_32 "\0\0\0" TIMINGS TEXTS), false},
    {"a version past 32 bits", BYTES(FILE_HEAD FLAGS "\0" PAST_32 "\0\0" TIMINGS TEXTS), false},
    {"redirects past 32 bits", BYTES(FILE_HEAD FLAGS "\0\0" PAST_32 "\0" TIMINGS TEXTS), false},
    {"bytes past 64 bits",
	BYTES(FILE_HEAD FLAGS "\0\0\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\2" TIMINGS TEXTS), false},
    {"bytes past 63 bits", BYTES(FILE_HEAD FLAGS "\0\0\0" PAST_63 TIMINGS TEXTS), false},
    {"a timing past 63 bits", BYTES(FILE_HEAD FLAGS NUMBERS PAST_63 "\0\0\0\0" TEXTS), false},
    {"the last timing past 63 bits", BYTES(FILE_HEAD FLAGS NUMBERS "\0\0\0\0" PAST_63 TEXTS),
	false},
    {"a digest cut short", BYTES(FILE_HEAD "\1\0" NUMBERS TIMINGS "0123456789abcdef"), false},
    {"a file name past the end", BYTES(FILE_HEAD FLAGS NUMBERS TIMINGS "\2a"), false},
    {"a file name past the limit", BYTES(FILE_HEAD FLAGS NUMBERS TIMINGS PAST_TEXT), false},
    {"a country past the end", BYTES(FILE_HEAD FLAGS NUMBERS TIMINGS "\0\0\0\0\0\1"), false},
    {"a text too few", BYTES(FILE_HEAD FLAGS NUMBERS TIMINGS "\0\0\0\0\0"), false},
    {"no fields where there should be some", BYTES(FIELDS_HEAD), false},
    {"fields of a later version", BYTES(FIELDS_HEAD "\2\3\1\1a"), false},
    {"fields of no version", BYTES(FIELDS_HEAD "\0\3\1\1a"), false},
    {"fields past the end", BYTES(FIELDS_HEAD "\1\4\1\1a"), false},
    {"fields past the limit", BYTES(FIELDS_HEAD "\1\x81\x80\4"), false},
    {"a field past the fields", BYTES(FIELDS_HEAD "\1\3\1\2a"), false},
    {"a tag without its length", BYTES(FIELDS_HEAD "\1\1\1"), false},
    {"a tag past 32 bits", BYTES(FIELDS_HEAD "\1\6" PAST_32 "\0"), false},
    {"a field's length past 64 bits",
	BYTES(FIELDS_HEAD "\1\13\1\xff\xff\xff\xff\xff\xff\xff\xff\xff\2"), false},
    {"a file's fields past the end", BYTES(FILE_FIELDS "\1\4\1\1a"), false},
    {"fields, but empty", BYTES(FIELDS_HEAD "\1\0"), true},
    {"an empty field", BYTES(FIELDS_HEAD "\1\2\1\0"), true},
    {"a field of an unknown tag", BYTES(FIELDS_HEAD "\1\7\xff\xff\xff\xff\17\1a"), true},
    {"two fields of one tag", BYTES(FIELDS_HEAD "\1\6\1\1a\1\1b"), true},
    {"a file's field", BYTES(FILE_FIELDS "\1\3\1\1a"), true},
    {"nothing", BYTES(""), false},
    {"a file with nothing", BYTES(FILE_HEAD FLAGS NUMBERS TIMINGS TEXTS), true},
    {"a file with everything",
	BYTES(FILE_HEAD "\3\0\x90\3\13\1\5\1\2\3\4\5" DIGEST "\1a\1b\1c\1d\1e\1f"), true},
    {"least", BYTES("\0\1\1\0\0" TIME "\0\0\0"), true},
    {"hosts file", BYTES(HEAD TIME NAME "\0\1\20\0\0"), true},
    {"all parts", BYTES(HEAD TIME NAME ADDRESS EVIDENCE), true},
};

TEST(refuses_damage)
{
	size_t offset = 0, len = blocks[_i].len;
	struct result r;
	char *copy = xmalloc(len); /* exact, so that a sanitizer sees one byte too far */

	memcpy(copy, blocks[_i].bytes, len);
	bool is_good = record_next(copy, len, &offset, &r);
	ck_assert_msg(is_good == blocks[_i].is_good, "%s", blocks[_i].name);
	ck_assert_msg(offset == (is_good ? len : 0), "%s: %zu", blocks[_i].name, offset);
	free(copy);
}

static void fill(struct buf *block)
{
	buf_init(block, MAX_BLOCK);
	for (size_t i = 0; i < N_SAMPLES; i++) {
		struct result r = sample_result(i);
		record_add(block, &r);
	}
	for (size_t i = 0; i < N_FILE_SAMPLES; i++) {
		struct result r = sample_file(i);
		record_add(block, &r);
	}
	ck_assert(!block->overflow);
}

/* Cut anywhere, a block gives its whole records and then says that something is missing. */
TEST(refuses_what_is_cut_short)
{
	struct buf block;
	struct result r;
	bool ends_here[MAX_BLOCK] = {[0] = true};

	fill(&block);
	for (size_t offset = 0; record_next(block.data, block.len, &offset, &r);)
		ends_here[offset] = true;
	for (size_t len = 0; len <= block.len; len++) {
		size_t offset = 0;
		AUTO_FREE char *copy = xmalloc(len);
		memcpy(copy, block.data, len);
		while (record_next(copy, len, &offset, &r))
			;
		ck_assert_msg((offset == len) == ends_here[len], "%zu", len);
	}
	buf_done(&block);
}

static const struct row_table *table_of(const struct result *r)
{
	return row_table_of(r->is_file ? KIND_DOWNLOADS : KIND_DOMAINS, CHECK_RESOLVE);
}

/* Any byte changed: no crash, no endless walk, and what is read can be shown. */
TEST(survives_any_changed_byte)
{
	struct buf block, text;
	struct result r;

	fill(&block);
	buf_init(&text, 1 << 16);
	for (size_t at = 0; at < block.len; at++) {
		for (int bit = 0; bit < 8; bit++) {
			size_t offset = 0;
			block.data[at] ^= (char)(1 << bit);
			while (record_next(block.data, block.len, &offset, &r)) {
				buf_clear(&text);
				result_add_row(&text, FORMAT_NDJSON, table_of(&r), &r, true);
			}
			block.data[at] ^= (char)(1 << bit);
		}
	}
	buf_done(&text);
	buf_done(&block);
}

static void check_span(struct span a, struct span b)
{
	ck_assert_uint_eq(a.len, b.len);
	ck_assert(a.len == 0 || memcmp(a.bytes, b.bytes, a.len) == 0);
}

static void check_same_file(const struct file_result *a, const struct file_result *b)
{
	check_span(a->file_name, b->file_name);
	check_span(a->code, b->code);
	check_span(a->detail, b->detail);
	check_span(a->content_type, b->content_type);
	check_span(a->content_encoding, b->content_encoding);
	check_span(a->final_url, b->final_url);
	check_span(a->country, b->country);
	ck_assert_int_eq(a->wants_country, b->wants_country);
	ck_assert_int_eq(a->country_reason, b->country_reason);
	ck_assert_int_eq(a->is_saved, b->is_saved);
	if (a->is_saved)
		ck_assert_mem_eq(a->digest, b->digest, sizeof(a->digest));
	ck_assert_uint_eq(a->n_bytes, b->n_bytes);
	ck_assert_uint_eq(a->http_status, b->http_status);
	ck_assert_uint_eq(a->http_version, b->http_version);
	ck_assert_uint_eq(a->n_redirects, b->n_redirects);
	ck_assert_mem_eq(&a->timings, &b->timings, sizeof(a->timings));
}

static void check_same(const struct result *a, const struct result *b)
{
	check_span(a->tagged, b->tagged);
	ck_assert_int_eq(a->is_file, b->is_file);
	if (a->is_file)
		check_same_file(&a->file, &b->file);
	ck_assert_uint_eq(a->index, b->index);
	ck_assert_uint_eq(a->attempts, b->attempts);
	ck_assert_int_eq(a->status, b->status);
	ck_assert_int_eq(a->reason, b->reason);
	ck_assert_int_eq(a->duration, b->duration);
	ck_assert_int_eq(a->finished_at, b->finished_at);
	ck_assert_uint_eq(a->name_len, b->name_len);
	ck_assert(memcmp(a->name, b->name, a->name_len) == 0);
	ck_assert_uint_eq(a->ttl, b->ttl);
	ck_assert_uint_eq(a->n_addresses, b->n_addresses);
	for (size_t i = 0; i < a->n_addresses; i++) {
		ck_assert_int_eq(a->addresses[i].is_v6, b->addresses[i].is_v6);
		ck_assert_mem_eq(a->addresses[i].bytes, b->addresses[i].bytes, 16);
	}
	ck_assert_uint_eq(a->n_evidence, b->n_evidence);
	for (size_t i = 0; i < a->n_evidence; i++) {
		const struct evidence *x = &a->evidence[i], *y = &b->evidence[i];
		ck_assert_int_eq(x->source, y->source);
		ck_assert_int_eq(x->type, y->type);
		ck_assert_int_eq(x->rcode, y->rcode);
		ck_assert_int_eq(x->rtt, y->rtt);
		ck_assert_int_eq(x->server.address.is_v6, y->server.address.is_v6);
		ck_assert_mem_eq(x->server.address.bytes, y->server.address.bytes, 16);
		ck_assert_uint_eq(x->server.port, y->server.port);
	}
}

TEST(gives_back_what_was_added)
{
	struct buf block;
	size_t offset = 0;
	struct result got;

	fill(&block);
	for (size_t i = 0; i < N_SAMPLES + N_FILE_SAMPLES; i++) {
		struct result want = i < N_SAMPLES ? sample_result(i) : sample_file(i - N_SAMPLES);
		ck_assert(record_next(block.data, block.len, &offset, &got));
		check_same(&want, &got);
		ck_assert_uint_eq(got.seq, 0);
	}
	ck_assert(!record_next(block.data, block.len, &offset, &got));
	ck_assert_uint_eq(offset, block.len);
	buf_done(&block);
}

TEST(the_largest_fits)
{
	static const char name[RESULT_MAX_NAME] = "a";
	struct result r = {.index = UINT32_MAX,
			  .attempts = UINT32_MAX,
			  .status = ITEM_ERROR,
			  .reason = REASON_INTERNAL,
			  .duration = INT64_MAX,
			  .finished_at = CLOCK_WALL_MAX,
			  .name = name,
			  .name_len = sizeof(name),
			  .ttl = UINT32_MAX,
			  .n_addresses = RESULT_MAX_ADDRESSES,
			  .n_evidence = RESULT_MAX_EVIDENCE},
		      got;
	struct buf block;
	size_t offset = 0;

	for (int i = 0; i < RESULT_MAX_ADDRESSES; i++)
		r.addresses[i].is_v6 = true;
	for (int i = 0; i < RESULT_MAX_EVIDENCE; i++)
		r.evidence[i] = (struct evidence){.type = RR_AAAA,
		    .rcode = RCODE_MALFORMED,
		    .rtt = INT64_MAX,
		    .server = {.address = {.is_v6 = true}, .port = UINT16_MAX}};
	buf_init(&block, MAX_BLOCK);
	record_add(&block, &r);
	ck_assert(record_next(block.data, block.len, &offset, &got));
	check_same(&r, &got);
	buf_done(&block);
}

TEST(the_largest_file_fits)
{
	static const char text[FILE_ITEM_MAX] = "a";
	const struct span longest = {text, sizeof(text)};
	struct result r = {.status = ITEM_OK,
			  .finished_at = CLOCK_WALL_MAX,
			  .name = text,
			  .name_len = RESULT_MAX_NAME,
			  .is_file = true,
			  .file = {.file_name = longest,
			      .code = longest,
			      .detail = longest,
			      .content_type = longest,
			      .content_encoding = longest,
			      .final_url = longest,
			      .country = longest,
			      .is_saved = true,
			      .wants_country = true,
			      .country_reason = N_REASONS - 1,
			      .n_bytes = INT64_MAX,
			      .http_status = UINT32_MAX,
			      .http_version = UINT32_MAX,
			      .n_redirects = UINT32_MAX,
			      .timings = {INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX}}},
		      got;
	struct buf block;
	size_t offset = 0;

	buf_init(&block, 1 << 18);
	record_add(&block, &r);
	ck_assert(record_next(block.data, block.len, &offset, &got) && offset == block.len);
	check_same(&r, &got);
	buf_done(&block);
}

/* A name behind a file has none of the file's parts. */
TEST(a_file_leaves_nothing_to_the_next)
{
	struct result file = sample_file(0), name = sample_result(0), got;
	struct buf block;
	size_t offset = 0;

	buf_init(&block, MAX_BLOCK);
	record_add(&block, &file);
	record_add(&block, &name);
	ck_assert(record_next(block.data, block.len, &offset, &got) && got.is_file);
	ck_assert(record_next(block.data, block.len, &offset, &got) && !got.is_file);
	check_same(&name, &got);
	buf_done(&block);
}

/* Two short fields, a long one, and one that only a later daemon knows. */
static void add_fields(struct buf *fields)
{
	static const char records[20000] = "a";

	buf_init(fields, RESULT_MAX_FIELDS);
	tagged_add(fields, 1, (struct span){"www.example.", 12});
	tagged_add_number(fields, 2, UINT64_MAX);
	tagged_add(fields, 3, (struct span){records, sizeof(records)});
	tagged_add(fields, UINT32_MAX, (struct span){"?", 1});
	ck_assert(!fields->overflow);
}

/* A reader finds what it knows, and packs the rest again as it was. */
TEST(fields_come_back)
{
	struct result want[] = {sample_result(0), sample_file(0), sample_result(1)}, got;
	struct buf fields, block, again;
	struct span value;
	uint64_t number;
	size_t offset = 0;

	add_fields(&fields);
	buf_init(&block, 1 << 20);
	buf_init(&again, 1 << 20);
	want[0].tagged = want[1].tagged = (struct span){fields.data, fields.len};
	for (int i = 0; i < 3; i++)
		record_add(&block, &want[i]);
	for (int i = 0; i < 3; i++) {
		ck_assert(record_next(block.data, block.len, &offset, &got));
		check_same(&want[i], &got);
		ck_assert(tagged_find(got.tagged, 3, &value) == (i < 2));
		ck_assert(tagged_find_number(got.tagged, 2, &number) == (i < 2));
		ck_assert(!tagged_find(got.tagged, 4, &value));
		record_add(&again, &got);
	}
	ck_assert_uint_eq(value.len, 20000);
	ck_assert(number == UINT64_MAX);
	ck_assert_uint_eq(again.len, block.len);
	ck_assert_mem_eq(again.data, block.data, block.len);
	buf_done(&fields);
	buf_done(&block);
	buf_done(&again);
}

/* A record without fields has the form of the first release. */
TEST(a_record_without_fields_is_as_ever)
{
	static const struct record_bytes {
		const char *bytes;
		size_t len;
	} old = {BYTES("\0\1\1\0\0" TIME "\0\0\0")};
	struct buf block;
	struct result r;
	size_t offset = 0;

	ck_assert(record_next(old.bytes, old.len, &offset, &r));
	buf_init(&block, MAX_BLOCK);
	record_add(&block, &r);
	ck_assert_uint_eq(block.len, old.len);
	ck_assert_mem_eq(block.data, old.bytes, old.len);
	buf_done(&block);
}

TEST(a_full_block_takes_no_part_of_a_record)
{
	struct buf block;
	struct result r = sample_result(0);

	buf_init(&block, 20);
	record_add(&block, &r);
	ck_assert(block.overflow);
	ck_assert_uint_eq(block.len, 0);
	buf_done(&block);
	r = sample_file(0);
	for (size_t most = 0; most < 200; most++) { /* room for a part of it, perhaps */
		buf_init(&block, most);
		record_add(&block, &r);
		ck_assert_msg(block.overflow && block.len == 0, "%zu of %zu", block.len, most);
		buf_done(&block);
	}
}

SUITE(record)
{
	ADD_ROWS(refuses_damage, blocks);
	ADD(refuses_what_is_cut_short);
	ADD(survives_any_changed_byte);
	ADD(gives_back_what_was_added);
	ADD(the_largest_fits);
	ADD(the_largest_file_fits);
	ADD(a_file_leaves_nothing_to_the_next);
	ADD(fields_come_back);
	ADD(a_record_without_fields_is_as_ever);
	ADD(a_full_block_takes_no_part_of_a_record);
}
