/* The rate of a registry's host, under a clock that the test moves. */
#include "../unit.h"

#include "registration/budget.h"

enum { START = 1000000 };

/* Take all there is from `*now` on for `duration`; returns how many. */
static unsigned take_for(struct budget *b, usec_t *now, usec_t duration)
{
	usec_t end = *now + duration;
	unsigned n = 0;

	while (*now < end) {
		if (budget_take(b, *now)) {
			n++;
			continue;
		}
		usec_t wait = budget_wait(b, *now);
		ck_assert_int_gt(wait, 0);
		*now += wait;
	}
	return n;
}

TEST(never_over_the_rate)
{
	struct budget b;
	usec_t now = START;

	budget_init(&b, 50, 50, 1, now);
	unsigned n = take_for(&b, &now, 100 * USEC_PER_SEC);
	ck_assert_uint_le(n, 5001);
	ck_assert_uint_ge(n, 4990);
}

TEST(saves_up_no_more_than_its_burst)
{
	struct budget b;
	usec_t now = START;

	budget_init(&b, 1, 1, 5, now);
	now += 3600 * USEC_PER_SEC;
	unsigned n = 0;
	while (budget_take(&b, now))
		n++;
	ck_assert_uint_eq(n, 5);
}

TEST(grows_with_clean_answers_up_to_its_most)
{
	struct budget b;

	budget_init(&b, 1, 1.15, 1, START);
	for (int i = 0; i < 100; i++)
		budget_on_answer(&b, START);
	ck_assert_double_eq_tol(b.rate, 1.1, 1e-9);
	for (int i = 0; i < 200; i++)
		budget_on_answer(&b, START);
	ck_assert_double_eq_tol(b.rate, 1.15, 1e-9);
}

TEST(refusals_under_way_together_are_one)
{
	struct budget b;

	budget_init(&b, 8, 8, 1, START);
	for (int i = 0; i < 10; i++)
		budget_on_refusal(&b, START, 0);
	ck_assert_double_eq_tol(b.rate, 4, 1e-9);
	ck_assert(!budget_is_resting(&b, START));
	ck_assert(!budget_take(&b, START + 29 * USEC_PER_SEC));
	ck_assert(budget_take(&b, START + 31 * USEC_PER_SEC));
}

static const struct {
	const char *name;
	usec_t retry_after, hold;
} holds[] = {
    {"none", 0, 30},
    {"short", 5, 30},
    {"obeyed", 120, 120},
    {"longest", 3600, 3600},
    {"too long", 1000000000, 3600},
};

TEST(retry_after)
{
	struct budget b;

	budget_init(&b, 8, 8, 1, START);
	budget_on_refusal(&b, START, holds[_i].retry_after * USEC_PER_SEC);
	usec_t wait = budget_wait(&b, START);
	ck_assert_msg(
	    wait == holds[_i].hold * USEC_PER_SEC, "%s: %lld", holds[_i].name, (long long)wait);
}

TEST(rests_after_three_refusals_in_an_hour)
{
	struct budget b;
	usec_t now = START;

	budget_init(&b, 8, 8, 1, now);
	for (int i = 0; i < 3; i++) {
		budget_on_refusal(&b, now, 0);
		now += 31 * USEC_PER_SEC;
	}
	ck_assert(budget_is_resting(&b, now));
	ck_assert(!budget_take(&b, now + 3500 * USEC_PER_SEC));
	ck_assert(budget_take(&b, now + 3600 * USEC_PER_SEC));
	ck_assert(!budget_is_resting(&b, now + 3600 * USEC_PER_SEC));
}

TEST(never_slower_than_one_a_minute)
{
	struct budget b;
	usec_t now = START;

	budget_init(&b, 0.1, 1, 1, now);
	for (int i = 0; i < 50; i++) {
		budget_on_refusal(&b, now, 0);
		now += 2 * 3600 * USEC_PER_SEC;
	}
	ck_assert_double_eq_tol(b.rate, 1.0 / 60, 1e-9);
}

enum { WALL = 1800000000 };

/* Stop, and go on `pause` seconds later with a monotonic clock that began anew. */
static void restart(struct budget *b, usec_t now, usec_t pause, double start, double most)
{
	struct budget_note note;

	budget_describe(b, now, WALL * USEC_PER_SEC, &note);
	budget_init(b, start, most, 5, START);
	budget_resume(b, &note, START, (WALL + pause) * USEC_PER_SEC);
}

TEST(a_restart_begins_without_a_burst)
{
	struct budget b;
	usec_t now = START;

	budget_init(&b, 2, 2, 5, now);
	restart(&b, now, 1000, 2, 2);
	ck_assert(!budget_take(&b, now));
	now += USEC_PER_SEC / 2 + 1;
	ck_assert(budget_take(&b, now));
	ck_assert(!budget_take(&b, now));
}

TEST(a_restart_keeps_the_rate_and_the_hold)
{
	struct budget b;

	budget_init(&b, 8, 16, 1, START);
	budget_on_refusal(&b, START, 100 * USEC_PER_SEC);
	restart(&b, START + 10 * USEC_PER_SEC, 20, 8, 16);
	ck_assert_double_eq_tol(b.rate, 4, 1e-9);
	ck_assert_int_eq(budget_wait(&b, START), 70 * USEC_PER_SEC);
	/* another limit, another beginning; the hold stays */
	restart(&b, START, 0, 2, 2);
	ck_assert_double_eq_tol(b.rate, 2, 1e-9);
	ck_assert_int_eq(budget_wait(&b, START), 70 * USEC_PER_SEC);
	/* never over the operator's limit */
	budget_init(&b, 8, 16, 1, START);
	restart(&b, START, 0, 8, 8);
	ck_assert_double_le(b.rate, 8);
}

TEST(a_restart_keeps_the_strikes)
{
	struct budget b;
	usec_t now = START;

	budget_init(&b, 8, 8, 1, now);
	budget_on_refusal(&b, now, 0);
	budget_on_refusal(&b, now + 31 * USEC_PER_SEC, 0);
	restart(&b, now + 62 * USEC_PER_SEC, 10, 8, 8);
	ck_assert(!budget_is_resting(&b, now));
	budget_on_refusal(&b, now, 0);
	ck_assert(budget_is_resting(&b, now));
	restart(&b, now, 1800, 8, 8);
	ck_assert(budget_is_resting(&b, now + 1799 * USEC_PER_SEC));
	ck_assert(!budget_is_resting(&b, now + 1801 * USEC_PER_SEC));
	/* they are forgotten after an hour */
	budget_init(&b, 8, 8, 1, now);
	budget_on_refusal(&b, now, 0);
	budget_on_refusal(&b, now + 31 * USEC_PER_SEC, 0);
	restart(&b, now + 62 * USEC_PER_SEC, 3600, 8, 8);
	budget_on_refusal(&b, now, 0);
	ck_assert(!budget_is_resting(&b, now));
}

TEST(a_clock_that_was_set_holds_no_longer_than_an_hour)
{
	struct budget b;

	budget_init(&b, 8, 8, 1, START);
	budget_on_refusal(&b, START, 0);
	restart(&b, START, -100000, 8, 8);
	ck_assert_int_le(budget_wait(&b, START), 3600 * USEC_PER_SEC);
	budget_init(&b, 8, 8, 1, START);
	budget_on_refusal(&b, START, 0);
	restart(&b, START, 100000, 8, 8);
	ck_assert_int_le(budget_wait(&b, START), USEC_PER_SEC);
}

SUITE(budget)
{
	ADD(never_over_the_rate);
	ADD(saves_up_no_more_than_its_burst);
	ADD(grows_with_clean_answers_up_to_its_most);
	ADD(refusals_under_way_together_are_one);
	ADD_ROWS(retry_after, holds);
	ADD(rests_after_three_refusals_in_an_hour);
	ADD(never_slower_than_one_a_minute);
	ADD(a_restart_begins_without_a_burst);
	ADD(a_restart_keeps_the_rate_and_the_hold);
	ADD(a_restart_keeps_the_strikes);
	ADD(a_clock_that_was_set_holds_no_longer_than_an_hour);
}
