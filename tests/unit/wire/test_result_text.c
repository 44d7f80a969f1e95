/* Results in every format, held by golden files. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "samples.h"
#include "wire/json_text.h"
#include "wire/result_text.h"

static char *write_all(enum result_format format, size_t n, size_t *ret_len)
{
	const struct row_table *table = row_table_of(KIND_DOMAINS, CHECK_RESOLVE);
	struct buf b;

	buf_init(&b, 1 << 20);
	result_add_head(&b, format, table);
	for (size_t i = 0; i < n; i++) {
		struct result r = sample_result(i);
		result_add_row(&b, format, table, &r, i == 0);
	}
	result_add_tail(&b, format, n);
	ck_assert(!b.overflow);
	return buf_take(&b, ret_len);
}

static const struct {
	const char *name;
	enum result_format format;
} golden[] = {
    {"golden/results.ndjson", FORMAT_NDJSON},
    {"golden/results.json", FORMAT_JSON},
    {"golden/results.csv", FORMAT_CSV},
    {"golden/results.txt", FORMAT_TEXT},
    {"golden/results.events", FORMAT_EVENTS},
};

TEST(is_as_the_golden_file)
{
	size_t len;
	AUTO_FREE char *got = write_all(golden[_i].format, N_SAMPLES, &len);

	unit_check_golden(golden[_i].name, got, len);
}

TEST(is_utf8_in_rows)
{
	size_t len, n_lines = 0;
	AUTO_FREE char *got = write_all(golden[_i].format, N_SAMPLES, &len);

	for (const char *at = got; at < got + len;) {
		size_t n = utf8_length(at, (size_t)(got + len - at));
		ck_assert_msg(n > 0, "%s: no UTF-8 at %zu", golden[_i].name, (size_t)(at - got));
		n_lines += *at == '\n';
		at += n;
	}
	static const size_t want[] = {N_SAMPLES, 1, N_SAMPLES + 1, N_SAMPLES, N_SAMPLES * 4};
	ck_assert_msg(n_lines == want[_i], "%s: %zu lines", golden[_i].name, n_lines);
}

static const char csv_head[] = "seq,index,domain,unicode,status,reason,attempts,duration_ms,"
			       "finished_at,addresses,ttl\r\n";

TEST(no_rows)
{
	static const char *const want[] = {"", "{\"results\":[],\"next\":0}\n", csv_head, "", ""};
	AUTO_FREE char *got = write_all(golden[_i].format, 0, NULL);

	ck_row_str(golden[_i].name, got, want[_i]);
}

TEST(json_rows_hold_what_the_contract_names)
{
	size_t len;
	AUTO_FREE char *text = write_all(FORMAT_JSON, N_SAMPLES, &len);
	json_auto_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_t *row;
	size_t i;

	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(json_integer_value(json_object_get(root, "next")), N_SAMPLES);
	json_array_foreach(json_object_get(root, "results"), i, row)
	{
		static const char *const keys[] = {"seq", "index", "domain", "status", "reason",
		    "attempts", "duration_ms", "finished_at", "addresses", "ttl", "evidence"};
		for (size_t k = 0; k < N_ROWS(keys); k++)
			ck_assert_msg(json_object_get(row, keys[k]) != NULL, "%zu: %s", i, keys[k]);
		size_t n_more = json_object_get(row, "unicode") != NULL;
		ck_assert_uint_eq(json_object_size(row), N_ROWS(keys) + n_more);
		ck_assert_int_eq(json_is_null(json_object_get(row, "ttl")),
		    json_array_size(json_object_get(row, "addresses")) == 0);
	}
	ck_assert_uint_eq(i, N_SAMPLES);
}

SUITE(result_text)
{
	ADD_ROWS(is_as_the_golden_file, golden);
	ADD_ROWS(is_utf8_in_rows, golden);
	ADD_ROWS(no_rows, golden);
	ADD(json_rows_hold_what_the_contract_names);
}
