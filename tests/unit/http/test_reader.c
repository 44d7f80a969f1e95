/* The reader as a whole: long input, memory, and what may be asked between two bytes. */
#include "../unit.h"
#include "feeding.h"

#include <stdlib.h>

#include "base/alloc.h"

#define CHUNKED "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

static const struct reader_limits large = {8192, 32768, 100, 1000, 1 << 30};

/* Feed `prefix` and then up to `most` bytes of `pattern` over and over. Returns how many bytes of
 * these were taken; *ret_status is that of the refusal, or 0. */
static size_t feed_pattern(const char *prefix, const char *pattern, size_t most, int *ret_status)
{
	struct reader r;
	enum reader_event event = READER_MORE;
	const char *piece;
	size_t n_piece, n = strlen(pattern), taken = 0;

	reader_init(&r, &large);
	for (size_t at = 0; at < strlen(prefix);)
		at += reader_feed(&r, prefix + at, strlen(prefix) - at, &event, &piece, &n_piece);
	while (taken < most && event != READER_BAD)
		taken +=
		    reader_feed(&r, pattern + taken % n, n - taken % n, &event, &piece, &n_piece);
	*ret_status = event == READER_BAD ? r.status : 0;
	reader_done(&r);
	return taken;
}

static const struct {
	const char *name, *prefix, *pattern;
	int status;
	size_t most;
} endless[] = {
    {"a size", CHUNKED, "0", 400, 17},
    {"an extension's name", CHUNKED "1;", "a", 400, 257},
    {"an extension's value", CHUNKED "1;a=\"", "a", 400, 257},
    {"blanks behind a size", CHUNKED "1", " ", 400, 257},
    {"semicolons", CHUNKED "1", ";a", 400, 257},
    {"small chunks with long extensions", CHUNKED,
	"1;aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\nx\r\n", 400, 110000},
    {"a method", "", "A", 501, 25},
    {"a path", "GET /", "a", 414, 8192},
    {"a query", "GET /?", "a&", 414, 8192},
    {"a version", "GET / ", "1", 414, 8192},
    {"a field's name", "GET / HTTP/1.1\r\n", "a", 431, 32768},
    {"a field's value", "GET / HTTP/1.1\r\nX:", "a", 431, 32768},
    {"fields", "GET / HTTP/1.1\r\n", "X:\r\n", 431, 404},
    {"trailers", CHUNKED "0\r\n", "X:\r\n", 431, 404},
    {"empty lines", "", "\r\n", 400, 5},
};

TEST(ends_what_is_endless)
{
	int status;
	size_t taken = feed_pattern(endless[_i].prefix, endless[_i].pattern, 1 << 22, &status);

	ck_assert_msg(status == endless[_i].status, "%s: %d", endless[_i].name, status);
	ck_assert_msg(taken <= endless[_i].most, "%s: %zu bytes", endless[_i].name, taken);
}

/* The smallest chunks without extensions are no abuse. */
TEST(reads_small_chunks)
{
	int status;

	ck_assert_uint_ge(feed_pattern(CHUNKED, "1\r\nx\r\n", 1 << 22, &status), 1 << 22);
	ck_assert_int_eq(status, 0);
}

/* Requests that are over leave no memory behind: there are many idle connections. */
TEST(keeps_nothing_when_idle)
{
	static const char request[] = CHUNKED "1\r\nx\r\n0\r\nX: y\r\n\r\n";
	struct reader r;
	enum reader_event event = READER_MORE;
	const char *piece;
	size_t n_piece;

	reader_init(&r, &large);
	for (size_t at = 0; event != READER_END;)
		at += reader_feed(
		    &r, request + at, sizeof(request) - 1 - at, &event, &piece, &n_piece);
	ck_assert_ptr_null(r.head.text.data);
	ck_assert_ptr_null(r.line_text.data);
	ck_assert_ptr_null(r.fields.text.data);
	ck_assert_ptr_null(r.fields.rows);
	ck_assert(!reader_is_in_head(&r));
}

/* Only between the first byte of a request and the end of its head. */
TEST(tells_when_in_head)
{
	static const char request[] = CHUNKED "1\r\nx\r\n0\r\nX: y\r\n\r\n";
	struct reader r;
	enum reader_event event;
	const char *piece;
	size_t n_piece;

	reader_init(&r, &large);
	ck_assert(!reader_is_in_head(&r));
	for (size_t at = 0; at < sizeof(request) - 1; at++) {
		ck_assert_uint_eq(reader_feed(&r, request + at, 1, &event, &piece, &n_piece), 1);
		ck_assert_int_eq(reader_is_in_head(&r), at + 1 < sizeof(CHUNKED) - 1);
	}
	ck_assert_int_eq(event, READER_END);
	reader_done(&r);
}

/* Nothing is taken behind an event, so that the bytes behind a request can wait. */
TEST(stops_at_each_event)
{
	static const char two[] =
	    "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
	struct reader r;
	enum reader_event event;
	const char *piece = NULL;
	size_t n_piece = 0;

	reader_init(&r, &large);
	ck_assert_uint_eq(reader_feed(&r, two, sizeof(two) - 1, &event, &piece, &n_piece), 28);
	ck_assert_int_eq(event, READER_HEAD);
	ck_assert_uint_eq(reader_feed(&r, two + 28, 28, &event, &piece, &n_piece), 0);
	ck_assert_int_eq(event, READER_END);
	ck_assert_uint_eq(reader_feed(&r, two + 28, 28, &event, &piece, &n_piece), 28);
	ck_assert_int_eq(event, READER_HEAD);
	ck_assert_uint_eq(reader_feed(&r, NULL, 0, &event, &piece, &n_piece), 0);
	ck_assert_int_eq(event, READER_END);
	ck_assert_uint_eq(reader_feed(&r, NULL, 0, &event, &piece, &n_piece), 0);
	ck_assert_int_eq(event, READER_MORE);
	reader_done(&r);
}

/* Whoever refuses a request must know whether its answer may have content. */
TEST(tells_of_head_in_bad_heads)
{
	static const struct {
		const char *bytes;
		bool is_head;
	} requests[] = {
	    {"HEAD / HTTP/1.1\r\nX\r\n", true},
	    {"HEAD / HTTP/1.1\r\n\r\n", true},
	    {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n\n", false},
	    {"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\n\r\n", false},
	    {"HEADER / HTTP/1.1\r\n\r\n", false},
	    {"head / HTTP/1.1\r\n\r\n", false},
	};

	for (size_t i = 0; i < N_ROWS(requests); i++) {
		struct reader r;
		enum reader_event event = READER_MORE;
		const char *bytes = requests[i].bytes, *piece;
		size_t n_piece;

		reader_init(&r, &large);
		while (event != READER_BAD)
			bytes += reader_feed(&r, bytes, strlen(bytes), &event, &piece, &n_piece);
		ck_assert_msg(r.head.is_head == requests[i].is_head, "%s", requests[i].bytes);
		reader_done(&r);
	}
}

SUITE(reader)
{
	ADD(tells_of_head_in_bad_heads);
	ADD_ROWS(ends_what_is_endless, endless);
	ADD(reads_small_chunks);
	ADD(keeps_nothing_when_idle);
	ADD(tells_when_in_head);
	ADD(stops_at_each_event);
}
