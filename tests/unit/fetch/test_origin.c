/* Hosts: where they are, whose turn it is, rates and holds. */
#include "../unit.h"

#include "origin_bench.h"

#define LITERAL "http://192.0.2.7/"

static const struct {
	const char *url;
	enum reason reason;
	const char *detail;
} lost[] = {
    {"http://none.test/", REASON_DNS_NOT_FOUND, "nxdomain"},
    {"http://nodata.test/", REASON_DNS_NOT_FOUND, "no_address"},
    {"http://servfail.test/", REASON_DNS_ERROR, "servfail"},
    {"http://refused.test/", REASON_DNS_ERROR, "refused"},
};

TEST(a_host_without_address)
{
	struct bench *b = bench_begin(100, 10, 0);

	queue_many(b, lost[_i].url, 20);
	struct run *other = queue(b, LITERAL);
	wait_failed(b, 20);
	for (size_t i = 0; i < 20; i++) {
		const struct run *r = &b->runs[i];
		ck_assert_msg(r->n_failures == 1 && r->n_starts == 0, "%s", lost[_i].url);
		ck_assert_msg(r->reason == lost[_i].reason, "%s: %d", lost[_i].url, r->reason);
		ck_row_str(lost[_i].url, r->detail, lost[_i].detail);
	}
	ck_assert_uint_eq(other->n_starts, 1);
	ck_assert_uint_eq(origins_running(b->origins), 1);
	bench_end(b);
}

/* One that fails may queue another, at the same host too, which is asked for anew. */
TEST(a_host_is_asked_for_again)
{
	struct bench *b = bench_begin(100, 10, 0);
	struct run *first = queue(b, "http://later.test/"), *next = new_run(b);

	first->next = next;
	wait_failed(b, 1);
	wait_started(b, 1);
	ck_assert(first->n_failures == 1 && next->n_starts == 1);
	bench_end(b);
}

TEST(released_while_it_waits)
{
	struct bench *b = bench_begin(100, 2, 0);

	/* for an address that never comes, and for a place */
	queue_many(b, "http://silent.test/", 3);
	queue_many(b, LITERAL, 4);
	wait_started(b, 2);
	for (size_t i = 0; i < 3; i++)
		release(&b->runs[i], ORIGIN_UNKNOWN);
	release(&b->runs[5], ORIGIN_UNKNOWN);
	release(&b->runs[5], ORIGIN_UNKNOWN);
	release(&b->runs[3], ORIGIN_GOOD);
	wait_started(b, 3);
	check_running(b, 2);
	ck_assert_uint_eq(b->runs[5].n_starts, 0);
	ck_assert_uint_eq(b->runs[6].n_starts, 1);
	ck_assert_uint_eq(b->n_failed, 0);
	bench_end(b);
}

TEST(freed_while_a_name_is_asked_for)
{
	struct bench *b = bench_begin(100, 2, 0);
	struct run *r = queue(b, "http://silent.test/");

	run_turns(b->loop, 5);
	release(r, ORIGIN_UNKNOWN);
	bench_end(b);
}

TEST(released_at_its_start)
{
	struct bench *b = bench_begin(100, 3, 0);

	queue_many(b, LITERAL, 50);
	for (size_t i = 0; i < 50; i++)
		b->runs[i].is_over_at_start = true;
	wait_started(b, 50);
	check_running(b, 0);
	bench_end(b);
}

TEST(one_question_a_host)
{
	struct bench *b = bench_begin(100, 10, 0);

	queue_many(b, "http://a.test/x", 30);
	queue(b, "https://a.test:8443/y");
	wait_started(b, 4);
	ck_assert_uint_eq(fake_dns_count(b->dns, "a.test", RR_A), 1);
	ck_assert_mem_eq(b->order[0]->ticket.address.bytes, "\xc0\0\2\1", 4);
	while (b->n_started < 31) {
		release_oldest(b, ORIGIN_GOOD);
		run_turns(b->loop, 3);
	}
	ck_assert_uint_eq(fake_dns_count(b->dns, "a.test", RR_A), 1);
	bench_end(b);
}

static const struct {
	const char *url, *want;
} literals[] = {{"http://192.0.2.7:8080/", "192.0.2.7"}, {"http://[2001:db8::7]/", "2001:db8::7"},
    {"http://[::ffff:192.0.2.7]/", "::ffff:192.0.2.7"}, {"http://0xc0.0x207/", "192.0.2.7"}};

TEST(an_address_is_not_asked_for)
{
	struct bench *b = bench_begin(100, 10, 0);
	char text[ADDRESS_TEXT_SIZE];

	struct run *r = queue(b, literals[_i].url);
	wait_started(b, 1);
	address_format(&r->ticket.address, text);
	ck_row_str(literals[_i].url, text, literals[_i].want);
	ck_assert_uint_eq(fake_dns_count(b->dns, NULL, RR_A), 0);
	ck_assert_int_eq(r->ticket.resolve, 0);
	bench_end(b);
}

TEST(tells_how_long_the_name_took)
{
	struct bench *b = bench_begin(100, 10, 0);
	struct run *first = queue(b, "http://slow.test/");

	wait_started(b, 1);
	ck_assert_int_ge(first->ticket.resolve, 15 * USEC_PER_MSEC);
	struct run *second = queue(b, "http://slow.test/");
	wait_started(b, 2);
	ck_assert_int_eq(second->ticket.resolve, 0);
	bench_end(b);
}

TEST(at_most_so_many_in_all)
{
	char url[64];
	struct bench *b = bench_begin(7, 32, 0);

	for (int i = 0; i < 20; i++) {
		snprintf(url, sizeof(url), "http://192.0.2.%d/", i);
		queue_many(b, url, 3);
	}
	check_running(b, 7);
	for (size_t n = 8; n <= 60; n++) {
		release_oldest(b, ORIGIN_GOOD);
		run_turns(b->loop, 3);
		ck_assert_uint_eq(b->n_started, n);
		ck_assert_uint_eq(origins_running(b->origins), 7);
	}
	bench_end(b);
}

/* A host with few does not wait behind one with many. */
TEST(hosts_take_turns)
{
	struct bench *b = bench_begin(2, 32, 0);
	size_t n_others = 0;

	queue_many(b, "http://192.0.2.1/", 200);
	wait_started(b, 2);
	for (int i = 0; i < 5; i++)
		queue(b, "http://192.0.2.2/");
	for (size_t i = 200; i < 205; i++) {
		while (b->runs[i].n_starts == 0) {
			release_oldest(b, ORIGIN_GOOD);
			run_turns(b->loop, 3);
			ck_assert_msg(++n_others < 20, "waits behind the others");
		}
	}
	ck_assert_uint_le(n_others, 2 * 5 + 2);
	bench_end(b);
}

TEST(more_than_one_turn_has_time_for)
{
	char url[64];
	struct bench *b = bench_begin(2000, 4, 0);

	for (int i = 0; i < 1000; i++) {
		snprintf(url, sizeof(url), "http://10.0.%d.%d/", i / 250, i % 250);
		queue(b, url);
	}
	wait_started(b, 1000);
	check_running(b, 1000);
	bench_end(b);
}

TEST(a_rate_is_kept)
{
	enum { N = 12, RATE = 50 };
	struct bench *b = bench_begin(1000, 100, RATE);
	usec_t start = clock_mono();

	queue_many(b, "http://192.0.2.1/", N);
	queue_many(b, "http://192.0.2.2/", N);
	for (size_t n = 1; n <= 2 * N; n++) {
		wait_started(b, n);
		release_oldest(b, ORIGIN_GOOD);
	}
	/* the first at once, and a burst of 2.5 besides; both hosts at the same time */
	usec_t took = clock_mono() - start, least = (N - 1 - 3) * USEC_PER_SEC / RATE;
	ck_assert_msg(took >= least, "%jd usec", (intmax_t)took);
	bench_end(b);
}

TEST(a_rate_of_its_own_for_each_host)
{
	struct bench *b = bench_begin(1000, 100, 0.01); /* the second would come in 100 seconds */

	for (int i = 1; i <= 3; i++) {
		queue(b, i == 1   ? "http://192.0.2.1/"
			 : i == 2 ? "http://192.0.2.2/"
				  : "http://a.test/");
		wait_started(b, (size_t)i);
	}
	queue(b, "http://192.0.2.1/");
	check_running(b, 3);
	bench_end(b);
}

TEST(a_host_that_asked_for_time_has_it)
{
	const usec_t hold = 60 * USEC_PER_MSEC;
	struct bench *b = bench_begin(1000, 100, 0);
	struct run *first = queue(b, "http://192.0.2.1/");

	wait_started(b, 1);
	usec_t start = clock_mono();
	ticket_hold_origin(&first->ticket, hold);
	ticket_hold_origin(&first->ticket, 1); /* the longer one counts */
	release(first, ORIGIN_GOOD);
	struct run *held = queue(b, "http://192.0.2.1/"), *other = queue(b, "http://192.0.2.2/");
	wait_started(b, 2);
	ck_assert_uint_eq(other->n_starts, 1);
	wait_started(b, 3);
	ck_assert_int_ge(held->at - start, hold);
	bench_end(b);
}

/* Retry-After is for the port that said so, the limit is for the host. */
TEST(ports_are_held_by_themselves)
{
	struct bench *b = bench_begin(1000, 2, 0);
	struct run *first = queue(b, "http://192.0.2.1:81/");

	wait_started(b, 1);
	ticket_hold_origin(&first->ticket, 3600 * USEC_PER_SEC);
	release(first, ORIGIN_GOOD);
	struct run *held = queue(b, "http://192.0.2.1:81/");
	queue_many(b, "http://192.0.2.1:82/", 5);
	wait_started(b, 3);
	check_running(b, 2);
	ck_assert_uint_eq(held->n_starts, 0);
	bench_end(b);
}

TEST(released_while_its_host_is_held)
{
	struct bench *b = bench_begin(1000, 100, 0);
	struct run *first = queue(b, LITERAL);

	wait_started(b, 1);
	ticket_hold_origin(&first->ticket, 20 * USEC_PER_MSEC);
	release(first, ORIGIN_GOOD);
	struct run *gone = queue(b, LITERAL), *held = queue(b, LITERAL);
	run_turns(b->loop, 5);
	release(gone, ORIGIN_UNKNOWN);
	wait_started(b, 2);
	ck_assert(gone->n_starts == 0 && held->n_starts == 1);
	bench_end(b);
}

TEST(connections_worth_keeping)
{
	struct bench *b = bench_begin(1000, 100, 0);
	struct run *first = queue(b, "http://192.0.2.1/");

	wait_started(b, 1);
	ck_assert(!ticket_keeps_connection(&first->ticket)); /* the only one there may ever be */
	struct run *second = queue(b, "http://192.0.2.1/");
	ck_assert(ticket_keeps_connection(&first->ticket)); /* another waits */
	wait_started(b, 2);
	ck_assert(ticket_keeps_connection(&first->ticket)); /* another runs */
	release(second, ORIGIN_GOOD);
	ck_assert(ticket_keeps_connection(&first->ticket)); /* there was one before */
	bench_end(b);
}

/* Hosts without anything to do are remembered, but not without end; those at work always. */
TEST(idle_hosts_are_forgotten)
{
	enum { N = 3000, MOST = 2048 };
	char url[64];
	struct bench *b = bench_begin(N + 10, 4, 0);
	struct run *stays = queue(b, "http://a.test/");

	wait_started(b, 1);
	for (int i = 0; i < N; i++) {
		snprintf(url, sizeof(url), "http://10.0.%d.%d/", i / 250, i % 250);
		queue(b, url);
	}
	wait_started(b, N + 1);
	ck_assert_uint_eq(origins_count(b->origins), N + 1);
	for (size_t i = 1; i <= N; i++)
		release(&b->runs[i], ORIGIN_GOOD);
	ck_assert_uint_le(origins_count(b->origins), MOST + 1);
	ck_assert_uint_ge(origins_count(b->origins), MOST);
	release(stays, ORIGIN_GOOD);
	queue(b, "http://10.0.0.0/"); /* the first that was forgotten */
	queue(b, "http://a.test/");
	wait_started(b, N + 3);
	ck_assert_uint_eq(fake_dns_count(b->dns, "a.test", RR_A), 1);
	bench_end(b);
}

SUITE(origin)
{
	ADD_ROWS(a_host_without_address, lost);
	ADD(a_host_is_asked_for_again);
	ADD(released_while_it_waits);
	ADD(freed_while_a_name_is_asked_for);
	ADD(released_at_its_start);
	ADD(ports_are_held_by_themselves);
	ADD(released_while_its_host_is_held);
	ADD(one_question_a_host);
	ADD_ROWS(an_address_is_not_asked_for, literals);
	ADD(tells_how_long_the_name_took);
	ADD(at_most_so_many_in_all);
	ADD(hosts_take_turns);
	ADD(more_than_one_turn_has_time_for);
	ADD(a_rate_is_kept);
	ADD(a_rate_of_its_own_for_each_host);
	ADD(a_host_that_asked_for_time_has_it);
	ADD(connections_worth_keeping);
	ADD(idle_hosts_are_forgotten);
}
