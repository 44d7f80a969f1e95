/* Answers of servers that mean harm, or know no better, on handles and connections that others
 * used before and use afterwards. */
#include "../unit.h"

#include "transfer_bench.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define A10     "AAAAAAAAAA"
#define A200    A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10

static const struct http_rule rules[] = {
    {"/good", 1, 0, OK_HEAD "Content-Type: image/gif\r\n", "GIF89a", 0, HTTP_KEEP, 0},
    {"/stalls", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_STALL, 0},
    {"/plain", 1, 0, OK_HEAD "X-Plain: " A200 "\r\n", "plain", 0, HTTP_CLOSE, 0},
    {"/folded", 1, 0, OK_HEAD " X: " A200 A200 A200 "\r\nContent-Length: 2\r\n", "ok", 0,
	HTTP_CLOSE, 0},
    {"/folded-tab", 1, 0, OK_HEAD "\tX: " A200 A200 A200 "\r\n", "ok", 0, HTTP_CLOSE, 0},
    {"/excess", 1, 0, OK_HEAD "Content-Length: 2\r\n",
	"okHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 0, HTTP_KEEP, 0},
    {"/excess-empty", 1, 0, OK_HEAD "Content-Length: 0\r\n",
	"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", 0, HTTP_KEEP, 0},
    {"/excess-long", 1, 0, OK_HEAD "Content-Length: 100000\r\n", NULL, TRANSFER_LONG, HTTP_KEEP, 0},
    {"/switch", 1, 0, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n", "", 0, HTTP_CLOSE, 0},
    {"/no-colon", 1, 0, OK_HEAD "no colon\r\n", "", 0, HTTP_CLOSE, 0},
    {"/lie", 1, 0, "HTTP/2 200\r\nContent-Length: 2\r\n", "ok", 0, HTTP_KEEP, 0},
    {"/slow", 1, 0, OK_HEAD, "slow", 0, HTTP_KEEP, 20 * USEC_PER_MSEC},
    {"/cut-status", 1, 0, "HTTP/1.1 200 OK", "", 0, HTTP_CLOSE, 0},
    {"/cut-fields", 1, 0, OK_HEAD "Content-Length: 10", "", 0, HTTP_CLOSE, 0},
    {"/cut-interim", 1, 0, "HTTP/1.1 103 Hints\r\n\r\nHTTP/1.1 200 OK", "", 0, HTTP_CLOSE, 0},
    {.path = NULL},
};

/* libcurl 7.88 joins a first header line that begins with a blank to the last header of the
 * transfer before on the same handle, which is freed memory. A sanitizer sees it, and the glibc
 * that fills freed memory too. */
TEST(an_answer_is_read_without_the_one_before)
{
	static const char *const folded[] = {"/folded", "/folded-tab"};
	struct transfer_bench b;

	transfer_bench_begin(&b, rules);
	for (int i = 0; i < 40; i++) {
		struct transfer_run r;
		transfer_run_init(&r, &b);
		transfer_run_launch(&r, i % 2 == 0 ? "/plain" : folded[i / 2 % 2]);
		transfer_run_wait(&r);
		if (i % 2 == 0) {
			ck_assert_msg(r.outcome.reason == REASON_NONE, "%s", r.detail);
			ck_assert_mem_eq(r.body.data, "plain", 5);
		} else {
			ck_assert_int_eq(r.outcome.reason, REASON_CONNECT);
			ck_assert_str_eq(r.detail, "malformed header line");
			ck_assert(!r.outcome.is_congestion);
		}
		buf_done(&r.body);
	}
	transfer_bench_end(&b);
}

/* What is refused when it is offered again ends the transfer at once, although the server has more
 * to send and doesn't. */
TEST(stopped_when_it_is_resumed)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	r.pause_at = 1;
	buf_add_str(&r.body, "x");
	transfer_run_launch(&r, "/stalls");
	run_until(b.loop, transfer_run_is_paused, &r, "a pause");
	r.pause_at = 0;
	r.stops = true;
	transfer_resume(r.transfer);
	ck_assert_uint_eq(r.n_done, 0);
	usec_t before = clock_mono();
	transfer_run_wait(&r);
	ck_assert_int_lt(clock_mono() - before, 10 * USEC_PER_SEC);
	ck_assert_int_eq(r.outcome.reason, REASON_CANCELLED);
	buf_done(&r.body);
	transfer_bench_end(&b);
}

TEST(given_up_when_it_was_stopped)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	r.pause_at = 1;
	buf_add_str(&r.body, "x");
	transfer_run_launch(&r, "/stalls");
	run_until(b.loop, transfer_run_is_paused, &r, "a pause");
	r.pause_at = 0;
	r.stops = true;
	transfer_resume(r.transfer);
	transfer_cancel(r.transfer);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(r.n_done, 0);
	buf_done(&r.body);
	transfer_bench_end(&b);
}

/* Bytes behind the end of an answer are not the answer to the next request. */
static const char *const excesses[] = {"/excess", "/excess-empty", "/excess-long"};

TEST(what_comes_unasked_is_no_answer)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	for (int i = 0; i < 10; i++) {
		transfer_run_init(&r, &b);
		transfer_run_launch(&r, i % 2 == 0 ? excesses[_i] : "/good");
		transfer_run_wait(&r);
		ck_assert_msg(r.outcome.reason == REASON_NONE, "%s", r.detail);
		if (i % 2 == 1)
			ck_assert_msg(r.body.len == 6 && memcmp(r.body.data, "GIF89a", 6) == 0,
			    "%d: %u %.*s", i, r.outcome.status, (int)r.body.len, r.body.data);
		buf_done(&r.body);
		run_turns(b.loop, 10); /* what comes behind is here before anyone asks */
	}
	transfer_bench_end(&b);
}

TEST(what_is_no_answer_is_none)
{
	static const struct {
		const char *path, *detail;
	} rows[] = {{"/switch", "Empty reply from server"}, {"/no-colon", "Header without colon"}};
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		transfer_run_init(&r, &b);
		transfer_run_launch(&r, rows[i].path);
		transfer_run_wait(&r);
		ck_assert_int_eq(r.outcome.reason, REASON_CONNECT);
		ck_row_str(rows[i].path, r.detail, rows[i].detail);
		buf_done(&r.body);
	}
	transfer_bench_end(&b);
}

/* An empty file would be made of it. */
static const char *const cuts[] = {"/cut-status", "/cut-fields", "/cut-interim"};

TEST(a_header_that_breaks_off_is_no_answer)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	transfer_run_launch(&r, cuts[_i]);
	transfer_run_wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_TRUNCATED);
	buf_done(&r.body);
	transfer_bench_end(&b);
}

/* libcurl shares the connections of a host that says HTTP/2 once, and mixes up the answers. */
TEST(no_connection_is_shared_that_can_not_be)
{
	static const char *const paths[] = {"/lie", "/slow", "/good"};
	struct transfer_run runs[9];
	struct transfer_bench b;

	transfer_bench_begin(&b, rules);
	for (int round = 0; round < 10; round++) {
		for (size_t i = 0; i < N_ROWS(runs); i++) {
			transfer_run_init(&runs[i], &b);
			transfer_run_launch(&runs[i], paths[i % 3]);
		}
		for (size_t i = 0; i < N_ROWS(runs); i++) {
			const char *want = i % 3 == 1 ? "slow" : "GIF89a";
			transfer_run_wait(&runs[i]);
			if (i % 3 == 0)
				ck_assert_int_eq(runs[i].outcome.reason, REASON_CONNECT);
			else
				ck_assert_msg(
				    runs[i].outcome.reason == REASON_NONE &&
					runs[i].body.len == strlen(want) &&
					memcmp(runs[i].body.data, want, strlen(want)) == 0,
				    "%s: %s", paths[i % 3], runs[i].detail);
			buf_done(&runs[i].body);
		}
	}
	transfer_bench_end(&b);
}

SUITE(transfer_answers)
{
	ADD_ROWS(a_header_that_breaks_off_is_no_answer, cuts);
	ADD(no_connection_is_shared_that_can_not_be);
	ADD(an_answer_is_read_without_the_one_before);
	ADD(stopped_when_it_is_resumed);
	ADD(given_up_when_it_was_stopped);
	ADD_ROWS(what_comes_unasked_is_no_answer, excesses);
	ADD(what_is_no_answer_is_none);
}
