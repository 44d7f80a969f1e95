/* Results of records in each format, filtered, and as the value that schedules compare. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/records.h"
#include "model/schedule.h"
#include "model/tagged.h"
#include "wire/record.h"
#include "wire/result_filter.h"
#include "wire/result_text.h"

#define SPAN(literal)                                                                              \
	(struct span)                                                                              \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}

enum { N_SAMPLES = 4 };

/* 0: found, by a chain, a type failed and one without data; 1: absent; 2: failed; 3: no name. */
static struct result make_result(int i, struct buf *fields)
{
	static const struct endpoint server = {.port = 53, .address = {.bytes = {127, 0, 0, 1}}};
	struct record_set sets[] = {
	    {.type = RR_A,
		.ttl = 60,
		.cname = SPAN("b.test.\0"),
		.data = SPAN("192.0.2.1\0"
			     "192.0.2.2\0")},
	    {.type = 15, .rcode = RCODE_NODATA},
	    {.type = 257, .rcode = RCODE_SERVFAIL, .reason = REASON_SERVFAIL},
	};
	static const struct {
		const char *name;
		enum item_status status;
		enum reason reason;
	} rows[N_SAMPLES] = {{"a$.test", ITEM_FOUND, REASON_NONE},
	    {"nx.test", ITEM_NOT_FOUND, REASON_NXDOMAIN}, {"bad.test", ITEM_ERROR, REASON_SERVFAIL},
	    {"a b", ITEM_ERROR, REASON_INVALID_NAME}};
	struct result r = {.seq = 7,
	    .index = 6,
	    .status = rows[i].status,
	    .reason = rows[i].reason,
	    .attempts = 3,
	    .duration = 1500,
	    .finished_at = 1795348800123456,
	    .name = rows[i].name,
	    .name_len = strlen(rows[i].name)};
	struct buf packed;

	buf_init(&packed, 4096);
	for (int k = 0; k < 3 && i < 3; k++) {
		sets[k].server = server;
		sets[k].rtt = 400;
		if (i == 1)
			sets[k] =
			    (struct record_set){.type = sets[k].type, .rcode = RCODE_NXDOMAIN};
		if (i != 2 || k == 2)
			records_add(&packed, &sets[k]);
	}
	buf_init(fields, 4096);
	if (i < 3)
		tagged_add(fields, RESULT_TAG_RECORDS, (struct span){packed.data, packed.len});
	r.tagged = (struct span){fields->data, fields->len};
	buf_done(&packed);
	return r;
}

#define START "{\"seq\":7,\"index\":6,\"domain\":"
#define TIMES "\"attempts\":3,\"duration_ms\":1.500,\"finished_at\":\"2026-11-22T12:00:00.123Z\","
#define PIECE(type, rcode)                                                                         \
	"{\"source\":\"dns\",\"server\":\"127.0.0.1:53\",\"type\":\"" type "\",\"rcode\":\"" rcode \
	"\",\"rtt_ms\":0.400}"
#define CELLS(name, status, reason)                                                                \
	"7,6," name ",," status "," reason ",3,1.500,2026-11-22T12:00:00.123Z,"

static const struct {
	const char *name;
	enum result_format format;
	int sample;
	const char *want;
} rows[] = {
    {"found, json", FORMAT_NDJSON, 0,
	START
	"\"a$.test\",\"status\":\"found\",\"reason\":null," TIMES
	"\"addresses\":[\"192.0.2.1\",\"192.0.2.2\"],\"ttl\":60,\"records\":{\"A\":{\"rcode\":"
	"\"NOERROR\","
	"\"cname\":[\"b.test.\"],\"ttl\":60,\"data\":[\"192.0.2.1\",\"192.0.2.2\"]},\"MX\":{"
	"\"rcode\":"
	"\"NODATA\"},\"CAA\":{\"rcode\":\"SERVFAIL\",\"reason\":\"servfail\"}},\"evidence\":"
	"[" PIECE("A", "NOERROR") "," PIECE("MX", "NODATA") "," PIECE("CAA", "SERVFAIL") "]}\n"},
    {"no name, json", FORMAT_NDJSON, 3,
	START "\"a b\",\"status\":\"error\",\"reason\":\"invalid_name\"," TIMES
	      "\"addresses\":[],\"ttl\":null,\"records\":{},\"evidence\":[]}\n"},
    {"found, csv", FORMAT_CSV, 0,
	CELLS("a$.test", "found", "") "A,NOERROR,60,192.0.2.1\r\n" CELLS(
	    "a$.test", "found", "") "A,NOERROR,60,192.0.2.2\r\n" CELLS("a$.test", "found",
	    "") "MX,NODATA,,\r\n" CELLS("a$.test", "found", "") "CAA,SERVFAIL,,\r\n"},
    {"no name, csv", FORMAT_CSV, 3, CELLS("a b", "error", "invalid_name") ",,,\r\n"},
    {"found, text", FORMAT_TEXT, 0,
	"a\\$.test. 60 IN CNAME b.test.\nb.test. 60 IN A 192.0.2.1\nb.test. 60 IN A 192.0.2.2\n"
	"; a\\$.test. CAA servfail\n"},
    {"absent, text", FORMAT_TEXT, 1, "; nx.test. nxdomain\n"},
    {"failed, text", FORMAT_TEXT, 2, "; bad.test. CAA servfail\n"},
    {"no name, text", FORMAT_TEXT, 3, "; a b invalid_name\n"},
};

TEST(writes_rows)
{
	const struct row_table *table = row_table_of(KIND_DOMAINS, CHECK_RECORDS);
	struct buf fields, out;
	struct result r = make_result(rows[_i].sample, &fields);

	buf_init(&out, 1 << 20);
	result_add_row(&out, rows[_i].format, table, &r, true);
	ck_row_str(rows[_i].name, out.data, rows[_i].want);
	buf_done(&out);
	buf_done(&fields);
}

static const struct {
	const char *name;
	struct result_filter filter;
	bool passes[3];
} filters[] = {
    {"none", {.has_status = false}, {true, true, true}},
    {"status", {.has_status = true, .status = ITEM_NOT_FOUND}, {false, true, false}},
    {"reason of a type", {.has_reason = true, .reason = REASON_SERVFAIL}, {true, false, true}},
    {"reason of the name", {.has_reason = true, .reason = REASON_NXDOMAIN}, {false, true, false}},
    {"rcode", {.has_rcode = true, .rcode = RCODE_NODATA}, {true, false, false}},
    {"type with data", {.has_type = true, .type = RR_A}, {true, false, false}},
    {"type without data", {.has_type = true, .type = 15}, {false, false, false}},
    {"type and rcode", {.has_type = true, .type = 15, .has_rcode = true, .rcode = RCODE_NXDOMAIN},
	{false, true, false}},
    {"type and reason",
	{.has_type = true, .type = 257, .has_reason = true, .reason = REASON_SERVFAIL},
	{true, false, true}},
    {"type and the reason of another",
	{.has_type = true, .type = RR_A, .has_reason = true, .reason = REASON_SERVFAIL},
	{false, false, false}},
};

TEST(filters_results)
{
	for (int i = 0; i < 3; i++) {
		struct buf fields, kept;
		struct result r = make_result(i, &fields);
		buf_init(&kept, 4096);
		ck_assert_msg(
		    result_filter_passes(&filters[_i].filter, &r) == filters[_i].passes[i],
		    "%s, %d", filters[_i].name, i);
		result_filter_narrow(&filters[_i].filter, &r, &kept);
		struct span records = {NULL, 0};
		struct record_set set;
		size_t offset = 0;
		ck_assert(tagged_find(r.tagged, RESULT_TAG_RECORDS, &records));
		while (filters[_i].passes[i] && filters[_i].filter.has_type &&
		       records_next(records, &offset, &set))
			ck_assert_msg(set.type == filters[_i].filter.type, "%s", filters[_i].name);
		buf_done(&kept);
		buf_done(&fields);
	}
}

TEST(schedules_compare_data)
{
	static const char *const want[N_SAMPLES] = {
	    "A 192.0.2.1; A 192.0.2.2; CAA SERVFAIL", "", "CAA SERVFAIL", ""};

	for (int i = 0; i < N_SAMPLES; i++) {
		char value[FINDING_VALUE_SIZE];
		struct buf fields;
		struct result r = make_result(i, &fields);
		ck_assert_str_eq(finding_of(&r, value).value, want[i]);
		buf_done(&fields);
	}
}

/* Two long values that differ behind what is kept are different all the same. */
TEST(long_values_end_with_a_hash)
{
	char values[2][FINDING_VALUE_SIZE];

	for (int i = 0; i < 2; i++) {
		struct buf data, packed, fields;
		buf_init(&data, 1 << 16);
		for (int k = 0; k < 300; k++) {
			buf_addf(&data, "\"text %d\"", k + (k == 299 ? i : 0));
			buf_add_char(&data, '\0');
		}
		buf_init(&packed, 1 << 16);
		buf_init(&fields, 1 << 16);
		records_add(
		    &packed, &(struct record_set){.type = 16, .data = {data.data, data.len}});
		tagged_add(&fields, RESULT_TAG_RECORDS, (struct span){packed.data, packed.len});
		struct result r = {.name = "a", .name_len = 1, .tagged = {fields.data, fields.len}};
		(void)finding_of(&r, values[i]);
		ck_assert_uint_eq(strlen(values[i]), FINDING_VALUE_SIZE - 24 + 21);
		buf_done(&data);
		buf_done(&packed);
		buf_done(&fields);
	}
	ck_assert_str_ne(values[0], values[1]);
}

TEST(evidence_keeps_what_it_shows)
{
	struct result r = {.name = "a", .name_len = 1, .n_evidence = 3}, got;
	size_t offset = 0;
	struct buf block;

	r.evidence[0] =
	    (struct evidence){.type = 43, .proof = PROOF_DS, .rtt = 5, .server.port = 53};
	r.evidence[1] =
	    (struct evidence){.type = RR_A, .is_sinkhole = true, .cname = SPAN("b.\0c.\0")};
	r.evidence[2] = (struct evidence){.type = RR_AAAA, .rcode = RCODE_NODATA, .n_zone = 1};
	buf_init(&block, 4096);
	record_add(&block, &r);
	ck_assert(record_next(block.data, block.len, &offset, &got));
	ck_assert_uint_eq(got.n_evidence, 3);
	ck_assert(got.evidence[0].type == 43 && got.evidence[0].proof == PROOF_DS &&
		  got.evidence[0].rtt == 5);
	ck_assert(got.evidence[1].type == RR_A && got.evidence[1].is_sinkhole &&
		  got.evidence[1].cname.len == 6);
	ck_assert(got.evidence[2].type == RR_AAAA && !got.evidence[2].is_sinkhole &&
		  got.evidence[2].cname.len == 0);
	ck_assert(got.evidence[0].n_zone == 0 && got.evidence[1].n_zone == 0 &&
		  got.evidence[2].n_zone == 1);
	for (size_t n = 0; n < block.len; n++) {
		offset = 0;
		ck_assert(!record_next(block.data, n, &offset, &got) || n == 0);
	}
	buf_done(&block);
}

SUITE(records_row)
{
	ADD_ROWS(writes_rows, rows);
	ADD_ROWS(filters_results, filters);
	ADD(schedules_compare_data);
	ADD(long_values_end_with_a_hash);
	ADD(evidence_keeps_what_it_shows);
}
