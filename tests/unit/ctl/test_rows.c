/* Rows of results, in pieces of all sizes, and streams that no daemon sends. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ctl/rows.h"
#include "hostile.h"
#include "output.h"

static const char stream[] =
    "{\"url\":\"u\",\"name\":\"one\",\"status\":\"ok\",\"file\":\"one\"}\n"
    "{\"url\":\"u\",\"name\":\"two\",\"status\":\"not_found\"}\n"
    "{\"url\":\"u\",\"code\":\"BV\",\"status\":\"error\",\"reason\":\"http_status\",\"http_"
    "status\":503}\n"
    "{\"url\":\"u\\u001b[2J\",\"status\":\"error\",\"reason\":\"tls\",\"detail\":\"a\\nb\"}\n"
    "{\"url\":\"u\",\"status\":\"new\"}\n";
static const char shown[] = "one OK\n"
			    "two not found\n"
			    "BV error: http_status 503\n"
			    "u?[2J error: tls (a?b)\n"
			    "u error: unknown\n";

static void add_all(struct rows *rows, size_t n_bytes)
{
	for (size_t at = 0, len = strlen(stream); at < len; at += n_bytes) {
		size_t n = len - at < n_bytes ? len - at : n_bytes;
		AUTO_FREE char *piece = hostile_copy(stream + at, n);
		ck_assert_int_eq(rows_add(rows, piece, n), ROWS_GOOD);
	}
}

TEST(pieces_make_lines)
{
	for (size_t n_bytes = 1; n_bytes <= sizeof(stream); n_bytes++) {
		struct rows rows;
		rows_init(&rows, 10);
		rows.is_short = _i == 0;
		rows.is_hidden = _i == 2;
		output_begin();
		add_all(&rows, n_bytes);
		AUTO_FREE char *got = output_end();
		ck_assert_str_eq(got, _i == 0 ? shown : _i == 1 ? stream : "");
		ck_assert_uint_eq(rows.last, 15);
		rows_done(&rows);
	}
}

TEST(hostile_rows_end_it)
{
	const struct hostile *h = &hostile_answers[_i];
	size_t len = h->len > 0 ? h->len : strlen(h->text);
	enum rows_end end = ROWS_GOOD;
	struct rows rows;

	rows_init(&rows, 0);
	rows.is_short = true;
	output_begin();
	if (len > 0)
		end = rows_add(&rows, h->text, len);
	if (end == ROWS_GOOD)
		end = rows_add(&rows, "\n", 1);
	AUTO_FREE char *got = output_end();
	ck_assert_msg(end == ROWS_UNKNOWN, "%s", h->name);
	ck_row_str(h->name, got, "");
	rows_done(&rows);
}

TEST(endless_row_ends_it)
{
	char piece[4096];
	enum rows_end end = ROWS_GOOD;
	struct rows rows;
	size_t n;

	memset(piece, 'x', sizeof(piece));
	rows_init(&rows, 0);
	for (n = 0; n <= LINE_READER_MAX && end == ROWS_GOOD; n += sizeof(piece))
		end = rows_add(&rows, piece, sizeof(piece));
	ck_assert_int_eq(end, ROWS_UNKNOWN);
	ck_assert_uint_eq(n, LINE_READER_MAX + sizeof(piece));
	rows_done(&rows);
}

TEST(new_stream_forgets_half_a_row)
{
	struct rows rows;

	rows_init(&rows, 0);
	output_begin();
	ck_assert_int_eq(rows_add(&rows, "half", 4), ROWS_GOOD);
	rows_begin(&rows);
	ck_assert_int_eq(rows_add(&rows, "+ a.test\n", 9), ROWS_GOOD);
	AUTO_FREE char *got = output_end();
	ck_assert_str_eq(got, "+ a.test\n");
	ck_assert_uint_eq(rows.last, 1);
	rows_done(&rows);
}

SUITE(rows)
{
	tcase_add_loop_test(tcase, pieces_make_lines, 0, 3);
	tcase_add_loop_test(tcase, hostile_rows_end_it, 0, n_hostile_answers);
	ADD(endless_row_ends_it);
	ADD(new_stream_forgets_half_a_row);
}
