/* How hard a host is pressed: the window of what runs there at one time. */
#include "../unit.h"

#include "origin_bench.h"

#define LITERAL "http://192.0.2.7/"

enum { MANY = 100 };

/* One more for each good answer, so that a round doubles it, up to the limit of the configuration.
 */
TEST(the_window_opens)
{
	enum { START = 4, MOST = 16 };
	struct bench *b = bench_begin(1000, MOST, 0);

	queue_many(b, LITERAL, MANY);
	check_running(b, START);
	for (size_t n = START + 1; n <= MOST; n++) {
		release_oldest(b, ORIGIN_GOOD);
		check_running(b, n);
	}
	for (int i = 0; i < 10; i++) {
		release_oldest(b, ORIGIN_GOOD);
		check_running(b, MOST);
	}
	bench_end(b);
}

TEST(a_limit_below_the_first_window)
{
	struct bench *b = bench_begin(1000, 1, 0);

	queue_many(b, LITERAL, 5);
	check_running(b, 1);
	release_oldest(b, ORIGIN_GOOD);
	check_running(b, 1);
	bench_end(b);
}

TEST(what_ends_for_our_own_reasons_tells_nothing)
{
	struct bench *b = bench_begin(1000, 16, 0);

	queue_many(b, LITERAL, MANY);
	for (int i = 0; i < 20; i++) {
		check_running(b, 4);
		release_oldest(b, ORIGIN_UNKNOWN);
	}
	bench_end(b);
}

/* Open the window to `n`. */
static void open_window(struct bench *b, size_t n)
{
	check_running(b, 4);
	while (origins_running(b->origins) < n) {
		release_oldest(b, ORIGIN_GOOD);
		run_turns(b->loop, 5);
	}
	check_running(b, n);
}

TEST(congestion_halves_once_a_round)
{
	struct bench *b = bench_begin(1000, 32, 0);

	queue_many(b, LITERAL, 400);
	open_window(b, 16);
	/* all sixteen began before the window closed: the first tells of the trouble, for all */
	for (int i = 0; i < 8; i++)
		release_oldest(b, ORIGIN_CONGESTED);
	check_running(b, 8);
	for (int i = 0; i < 8; i++)
		release_oldest(b, ORIGIN_CONGESTED);
	check_running(b, 8);
	/* these eight began behind it: the trouble goes on */
	for (int i = 0; i < 8; i++)
		release_oldest(b, ORIGIN_CONGESTED);
	check_running(b, 4);
	bench_end(b);
}

TEST(never_below_one)
{
	struct bench *b = bench_begin(1000, 32, 0);

	queue_many(b, LITERAL, 200);
	check_running(b, 4);
	for (int i = 0; i < 20; i++) {
		for (size_t n = origins_running(b->origins); n > 0; n--)
			release_oldest(b, ORIGIN_CONGESTED);
		run_turns(b->loop, 5);
	}
	check_running(b, 1);
	bench_end(b);
}

/* Behind the first trouble a round of good answers makes it one wider. */
TEST(recovers_slowly)
{
	struct bench *b = bench_begin(1000, 32, 0);

	queue_many(b, LITERAL, 1000);
	open_window(b, 16);
	for (int i = 0; i < 16; i++)
		release_oldest(b, ORIGIN_CONGESTED);
	check_running(b, 8);
	for (size_t n = 8; n < 14; n++) {
		for (size_t i = 0; i < n; i++) {
			release_oldest(b, ORIGIN_GOOD);
			run_turns(b->loop, 3);
		}
		size_t got = origins_running(b->origins);
		ck_assert_msg(got == n || got == n + 1, "%zu behind a round of %zu", got, n);
	}
	ck_assert_uint_ge(origins_running(b->origins), 12);
	bench_end(b);
}

TEST(hosts_do_not_suffer_from_each_other)
{
	struct bench *b = bench_begin(1000, 32, 0);
	struct run *mine[4], *other[4];

	for (int i = 0; i < 4; i++)
		mine[i] = queue(b, "http://192.0.2.1/");
	for (int i = 0; i < 4; i++)
		other[i] = queue(b, "http://192.0.2.2/");
	queue_many(b, "http://192.0.2.1/", 50);
	queue_many(b, "http://192.0.2.2/", 50);
	check_running(b, 8);
	for (int i = 0; i < 4; i++)
		release(mine[i], ORIGIN_CONGESTED);
	check_running(b, 2 + 4);
	for (int i = 0; i < 4; i++)
		release(other[i], ORIGIN_GOOD);
	check_running(b, 2 + 8);
	bench_end(b);
}

/* What was learnt of a host serves the next job. */
TEST(a_window_is_remembered)
{
	struct bench *b = bench_begin(1000, 32, 0);

	queue_many(b, LITERAL, MANY);
	open_window(b, 16);
	for (size_t i = 0; i < b->n_runs; i++)
		release(&b->runs[i], ORIGIN_UNKNOWN);
	check_running(b, 0);
	queue_many(b, LITERAL, MANY);
	check_running(b, 16);
	bench_end(b);
}

/* The settings are read again: what runs goes on, what waits begins as the new limits say. */
TEST(limits_that_change)
{
	struct bench *b = bench_begin(1000, 16, 0);

	queue_many(b, LITERAL, MANY);
	open_window(b, 16);
	origins_set_limits(b->origins, 1000, 3, 0);
	check_running(b, 16);
	for (size_t n = 16; n > 3; n--)
		release_oldest(b, ORIGIN_UNKNOWN);
	check_running(b, 3);
	origins_set_limits(b->origins, 5, 16, 0);
	check_running(b, 5);
	origins_set_limits(b->origins, 1000, 16, 0);
	run_turns(b->loop, 10);
	ck_assert_uint_gt(origins_running(b->origins), 5);
	bench_end(b);
}

TEST(a_rate_that_changes)
{
	struct bench *b = bench_begin(1000, 16, 0.001); /* the second would come in 1,000 seconds */

	queue_many(b, LITERAL, 3);
	check_running(b, 1);
	origins_set_limits(b->origins, 1000, 16, 0);
	check_running(b, 3);
	bench_end(b);
}

/* Open the window as wide as it goes; all answers come by this version. */
static void open_widely(struct bench *b, bool is_http2)
{
	for (int i = 0; i < 100; i++) {
		run_turns(b->loop, 3);
		size_t at = 0;
		while (!b->order[at]->ticket.is_running)
			at++;
		ticket_note_answer(&b->order[at]->ticket, is_http2);
		release(b->order[at], ORIGIN_GOOD);
	}
}

/* A host that speaks HTTP/2 has a limit of its own, over two connections; another of its ports that
 * does not has not. */
TEST(streams_are_no_connections)
{
	struct bench *b = bench_begin(1000, 8, 0);

	queue_many(b, LITERAL, 300);
	open_widely(b, true);
	check_running(b, 40);
	ck_assert_uint_eq(ticket_most_connections(&b->order[b->n_started - 1]->ticket), 2);
	for (size_t i = 0; i < b->n_runs; i++)
		release(&b->runs[i], ORIGIN_GOOD);
	queue_many(b, "http://192.0.2.7:81/", 100);
	check_running(b, 8);
	ck_assert_uint_eq(ticket_most_connections(&b->order[b->n_started - 1]->ticket), 0);
	bench_end(b);
}

TEST(streams_that_the_server_allows)
{
	struct bench *b = bench_begin(1000, 8, 0);

	queue_many(b, LITERAL, 900);
	open_widely(b, true);
	check_running(b, 40);
	for (size_t n = 40; n > 20; n--) { /* 20 there is no stream for */
		size_t at = 0;
		while (!b->order[at]->ticket.is_running)
			at++;
		ticket_is_crowded(&b->order[at]->ticket);
		release(b->order[at], ORIGIN_UNKNOWN);
	}
	check_running(b, 20);
	open_widely(b, true);
	check_running(b, 20);
	/* it is another server now */
	open_widely(b, false);
	check_running(b, 8);
	bench_end(b);
}

SUITE(origin_window)
{
	ADD(streams_are_no_connections);
	ADD(streams_that_the_server_allows);
	ADD(the_window_opens);
	ADD(a_limit_below_the_first_window);
	ADD(what_ends_for_our_own_reasons_tells_nothing);
	ADD(congestion_halves_once_a_round);
	ADD(never_below_one);
	ADD(recovers_slowly);
	ADD(hosts_do_not_suffer_from_each_other);
	ADD(a_window_is_remembered);
	ADD(limits_that_change);
	ADD(a_rate_that_changes);
}
