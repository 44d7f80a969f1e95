/* Ways to hosts: which address is used, and what becomes of those who wait for one that is dead. */
#include "../unit.h"

#include "origin_bench.h"

#define LITERAL "http://192.0.2.7/"

static void check_address(const struct run *r, const char *want)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(&r->ticket.address, text);
	ck_assert_str_eq(text, want);
}

static bool is_tried(void *arg)
{
	return fake_races_begun() >= *(unsigned *)arg;
}

static void wait_races(struct bench *b, unsigned n)
{
	run_until(b->loop, is_tried, &n, "races");
}

/* Both families are asked for at once, and the first to try is IPv6. */
TEST(families_in_turn)
{
	struct bench *b = bench_begin(100, 10, 0);
	struct run *r = queue(b, "http://both.test/");

	wait_started(b, 1);
	ck_assert_str_eq(fake_race_order(), "2001:db8::1 192.0.2.1 ");
	check_address(r, "2001:db8::1");
	ck_assert_uint_eq(fake_dns_count(b->dns, "both.test", RR_AAAA), 1);
	bench_end(b);
}

/* A network without a route to one family loses no time with it. */
TEST(a_family_without_a_route)
{
	struct bench *b = bench_begin(100, 10, 0);

	fake_race_set("2001:db8::1", FAKE_NO_ROUTE);
	struct run *r = queue(b, "http://both.test/");
	wait_started(b, 1);
	ck_assert_str_eq(fake_race_order(), "192.0.2.1 2001:db8::1 ");
	check_address(r, "192.0.2.1");
	bench_end(b);
}

/* A name server that says nothing of one family holds nobody up. */
TEST(a_family_without_an_answer)
{
	struct bench *b = bench_begin(100, 10, 0);
	struct run *r = queue(b, "http://half.test/");

	wait_started(b, 1);
	check_address(r, "192.0.2.1");
	bench_end(b);
}

/* The one that answers is remembered, the others rest. */
TEST(the_winner_serves_all)
{
	struct bench *b = bench_begin(100, 10, 0);

	fake_race_set("2001:db8::1", FAKE_REFUSED);
	queue_many(b, "http://both.test/", 4);
	wait_started(b, 4);
	queue_many(b, "http://both.test/", 4);
	release_oldest(b, ORIGIN_GOOD);
	wait_started(b, 5);
	for (size_t i = 0; i < b->n_started; i++) {
		if (b->order[i]->ticket.is_running)
			check_address(b->order[i], "192.0.2.1");
	}
	ck_assert_uint_eq(fake_races_begun(), 1);
	/* a connection fails: all addresses are tried, and what failed before comes last */
	struct run *last = b->order[b->n_started - 1];
	fake_race_set("2001:db8::1", FAKE_REACHED);
	ticket_avoid_address(&last->ticket);
	release(last, ORIGIN_UNKNOWN);
	wait_races(b, 2);
	bench_end(b);
}

TEST(an_address_that_is_denied)
{
	struct bench *b = bench_begin(100, 10, 0);
	struct run *r;

	b->denied = "2001:db8::1";
	r = queue(b, "http://both.test/");
	wait_started(b, 1);
	check_address(r, "192.0.2.1");
	/* the policy changes: the way is another one from now on */
	b->denied = "192.0.2.1";
	r = queue(b, "http://both.test/");
	wait_started(b, 2);
	check_address(r, "2001:db8::1");
	bench_end(b);
}

TEST(all_addresses_are_denied)
{
	struct bench *b = bench_begin(100, 10, 0);
	struct run *r;

	b->denied = "192.0.2.7";
	r = queue(b, LITERAL);
	wait_failed(b, 1);
	ck_assert_int_eq(r->reason, REASON_DENIED_TARGET);
	ck_assert(!r->was_attempt);
	ck_assert_str_eq(r->detail, "denied by the test");
	bench_end(b);
}

/* One race is an attempt for all who wait; other hosts don't notice. */
TEST(found_once_for_all)
{
	enum { N = 2000 };
	struct bench *b = bench_begin(100, 10, 0);

	fake_race_set("192.0.2.7", FAKE_REFUSED);
	queue_many(b, LITERAL, N);
	struct run *other = queue(b, "http://192.0.2.8/");
	wait_failed(b, N);
	ck_assert_uint_eq(fake_races_begun(), 2);
	ck_assert_uint_eq(other->n_starts, 1);
	for (size_t i = 0; i < N; i++) {
		ck_assert(b->runs[i].was_attempt && b->runs[i].n_failures == 1);
		ck_assert_int_eq(b->runs[i].reason, REASON_CONNECT);
	}
	bench_end(b);
}

/* Who comes when all its attempts would have failed is told at once, without another try. */
TEST(spent_by_the_clock)
{
	struct bench *b = bench_begin(100, 10, 0);

	b->patience = 1;
	fake_race_set("192.0.2.7", FAKE_REFUSED);
	queue(b, LITERAL);
	wait_failed(b, 1);
	for (size_t n = 2; n < 100; n++) {
		const struct run *r = queue(b, LITERAL);
		wait_failed(b, n);
		ck_assert_int_eq(r->reason, REASON_CONNECT);
		if (!r->was_attempt)
			ck_assert_msg(
			    strncmp(r->detail, "refused (seen at 20", 19) == 0, "%s", r->detail);
	}
	ck_assert_uint_lt(fake_races_begun(), 20);
	bench_end(b);
}

/* One tries again, while the others end. */
TEST(a_host_that_comes_back)
{
	struct bench *b = bench_begin(100, 10, 0);

	fake_race_set("192.0.2.7", FAKE_REFUSED);
	queue(b, LITERAL);
	wait_failed(b, 1);
	fake_race_set("192.0.2.7", FAKE_REACHED);
	queue_many(b, LITERAL, 3);
	wait_started(b, 3);
	ck_assert_uint_eq(fake_races_begun(), 2);
	bench_end(b);
}

TEST(one_stays_to_try_again)
{
	struct bench *b = bench_begin(100, 10, 0);

	b->patience = 1;
	fake_race_set("192.0.2.7", FAKE_SILENT);
	struct run *prober = queue(b, LITERAL);
	wait_races(b, 1);
	fake_races_time_out();
	wait_failed(b, 1);
	ck_assert(prober->was_attempt && prober->reason == REASON_TIMEOUT);
	/* it rests: who comes now ends at once; when the rest is over one tries */
	size_t n_failed = 1;
	do {
		queue_at(b, prober, LITERAL);
		run_turns(b->loop, 3);
		n_failed += fake_races_begun() < 2;
		ck_assert_uint_eq(b->n_failed, n_failed);
	} while (fake_races_begun() < 2);
	queue_many(b, LITERAL, 5);
	wait_failed(b, n_failed + 5);
	ck_assert_ptr_nonnull(prober->ticket.origin);
	ck_assert_uint_eq(fake_races_begun(), 2);
	fake_races_time_out();
	wait_failed(b, n_failed + 6);
	bench_end(b);
}

/* What TLS refuses is found by transfers: three, and then one at a time. */
TEST(tls_is_refused)
{
	enum { N = 1000 };
	struct bench *b = bench_begin(100, 10, 0);

	queue_many(b, LITERAL, N);
	wait_started(b, 4);
	while (b->n_failed + b->n_started < N) {
		for (size_t i = 0; i < b->n_started; i++) {
			struct run *r = b->order[i];
			if (!r->ticket.is_running)
				continue;
			ticket_blame(&r->ticket, REASON_TLS, "expired");
			release(r, ORIGIN_UNKNOWN);
		}
		run_turns(b->loop, 1);
	}
	ck_assert_uint_le(b->n_started, 20);
	ck_assert_uint_ge(b->n_started, 4);
	/* an answer: all is well again */
	struct run *r = new_run(b);
	do {
		queue_at(b, r, LITERAL);
		run_turns(b->loop, 3);
	} while (r->n_starts == 0);
	size_t n = b->n_started;
	ticket_note_answer(&r->ticket, false);
	release(r, ORIGIN_GOOD);
	queue_many(b, LITERAL, 4);
	wait_started(b, n + 4);
	bench_end(b);
}

TEST(released_while_its_way_is_looked_for)
{
	struct bench *b = bench_begin(100, 10, 0);

	fake_race_set("192.0.2.7", FAKE_SILENT);
	struct run *r = queue(b, LITERAL);
	wait_races(b, 1);
	release(r, ORIGIN_UNKNOWN);
	ck_assert_uint_eq(fake_races_open(), 0);
	bench_end(b);
}

/* Before it was told that it failed. */
TEST(released_when_it_has_failed)
{
	struct bench *b = bench_begin(100, 10, 0);

	fake_race_set("192.0.2.7", FAKE_SILENT);
	queue_many(b, LITERAL, 3);
	wait_races(b, 1);
	fake_races_time_out();
	release(&b->runs[0], ORIGIN_UNKNOWN);
	wait_failed(b, 2);
	run_turns(b->loop, 5);
	ck_assert_uint_eq(b->runs[0].n_failures, 0);
	bench_end(b);
}

/* Hosts that don't answer leave half of the places to others. */
TEST(many_dead_hosts)
{
	char url[64];
	struct bench *b = bench_begin(10, 10, 0);

	for (int i = 1; i <= 20; i++) {
		snprintf(url, sizeof(url), "192.0.2.%d", i);
		fake_race_set(url, FAKE_SILENT);
		snprintf(url, sizeof(url), "http://192.0.2.%d/", i);
		queue(b, url);
	}
	run_turns(b->loop, 10);
	unsigned n = fake_races_open();
	ck_assert_uint_lt(n, 10);
	while (b->n_failed < 20) {
		fake_races_time_out();
		run_turns(b->loop, 5);
	}
	bench_end(b);
}

SUITE(way)
{
	ADD(families_in_turn);
	ADD(a_family_without_a_route);
	ADD(a_family_without_an_answer);
	ADD(the_winner_serves_all);
	ADD(an_address_that_is_denied);
	ADD(all_addresses_are_denied);
	ADD(found_once_for_all);
	ADD(spent_by_the_clock);
	ADD(a_host_that_comes_back);
	ADD(one_stays_to_try_again);
	ADD(tls_is_refused);
	ADD(released_while_its_way_is_looked_for);
	ADD(released_when_it_has_failed);
	ADD(many_dead_hosts);
}
