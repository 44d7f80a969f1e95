/* Suspects of which several were begun at a crash. */
#include "../unit.h"

#include "bench.h"

static struct fake_watched *watched(struct bench *b)
{
	return fake_store_watched(b->store);
}

static size_t n_in_flight(const struct bench *b)
{
	return checker_in_flight(b->checker);
}

/* When suspects may begin beside each other, the crash leaves those in doubt, and the next one
 * tells. */
TEST(slow_suspects_let_others_begin)
{
	struct bench b;

	bench_begin(&b, 100);
	b.patience = 0;
	bench_submit_many(&b, "n", 20);
	bench_die_twice(&b, 20);
	bench_wait_started(&b, 40 + 5);
	bench_die(&b);
	const struct store_life *life = &watched(&b)->life;
	size_t n_doubts = life->n_doubts;
	ck_assert_uint_ge(n_doubts, 5);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->n_results, 0);
	for (size_t i = 0; i < n_doubts - 1; i++) {
		bench_wait_started(&b, fake_checks_n_started(b.checker) + (i == 0 ? 1 : 0));
		run_turns(b.loop, 20);
		ck_assert_uint_eq(n_in_flight(&b), 1);
		ck_assert_int_eq(watched(&b)->noted_index, (int64_t)i);
		ck_assert(fake_checks_finish(b.checker, NULL, ITEM_FOUND));
		run_turns(b.loop, 20);
	}
	bench_die(&b); /* by the last of them */
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert_uint_eq(j->job.counts[ITEM_ERROR], 1);
	ck_assert_uint_eq(j->results[n_doubts - 1].index, n_doubts - 1);
	ck_assert_int_eq(j->results[n_doubts - 1].reason, REASON_CRASHED);
	bench_end(&b);
}

/* Many in doubt: a part of them is begun beside each other, and after one more crash that is few
 * enough to be begun alone. */
TEST(many_in_doubt_become_few)
{
	struct bench b;
	const struct store_life *life;

	bench_begin(&b, 200);
	b.patience = 0;
	bench_submit_many(&b, "n", 100);
	bench_die_twice(&b, 100);
	bench_wait_started(&b, 200 + 63);
	bench_die(&b);
	life = &watched(&b)->life;
	ck_assert_uint_ge(life->n_doubts, 63);
	size_t n_begun = fake_checks_n_started(b.checker);
	bench_wait_started(&b, n_begun + 8);
	run_turns(b.loop, 50);
	ck_assert_uint_lt(n_in_flight(&b), 12);
	bench_die(&b);
	ck_assert(life->n_doubts >= 8 && life->n_doubts < 12);
	for (size_t most = life->n_doubts; life->n_doubts > 8; most = life->n_doubts) {
		bench_wait_started(&b, fake_checks_n_started(b.checker) + 2);
		run_turns(b.loop, 50);
		bench_die(&b);
		ck_assert_uint_lt(life->n_doubts, most);
	}
	bench_wait_started(&b, fake_checks_n_started(b.checker) + 1);
	run_turns(b.loop, 50);
	ck_assert_uint_eq(n_in_flight(&b), 1);
	int64_t index = watched(&b)->noted_index;
	bench_die(&b);
	fake_checks_answer_all(b.checker);
	bench_finish(&b, 0);
	const struct fake_job *j = fake_store_job(b.store, 0);
	ck_assert_uint_eq(j->job.counts[ITEM_ERROR], 1);
	for (size_t i = 0; i < j->n_results; i++)
		ck_assert((j->results[i].reason == REASON_CRASHED) ==
			  (j->results[i].index == (uint32_t)index));
	bench_end(&b);
}

SUITE(doubts)
{
	ADD(slow_suspects_let_others_begin);
	ADD(many_in_doubt_become_few);
}
