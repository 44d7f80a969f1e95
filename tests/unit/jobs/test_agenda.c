/* The heap of times: what is due is told in order, once, and nothing else is. */
#include "../unit.h"

#include <stdlib.h>

#include "../../fake/alarm.h"
#include "../../fake/runner.h"
#include "base/alloc.h"
#include "jobs/agenda.h"
#include "jobs/live.h"

enum { MANY = 100000 };

#define EARLY (1000 * USEC_PER_SEC) /* longer than any machine takes for the preparation */

static struct agenda agenda;
static size_t n_told;
static usec_t last_due;
static bool is_in_order = true;
static struct live_job *victim; /* taken out by the first that is told */

static void on_due(struct live_job *live)
{
	n_told++;
	is_in_order =
	    is_in_order && live->agenda_entry.key >= last_due && live->agenda_entry.heap == NULL;
	last_due = live->agenda_entry.key;
	if (victim != NULL)
		agenda_set(&agenda, victim, 0);
	victim = NULL;
}

static struct loop *begin(void)
{
	struct loop *loop = loop_new();

	n_told = 0;
	last_due = 0;
	ck_assert_int_eq(agenda_init(&agenda, loop, on_due), OK);
	return loop;
}

static void end(struct loop *loop)
{
	agenda_done(&agenda);
	loop_free(loop);
}

static bool are_all_told(void *arg)
{
	return n_told >= *(size_t *)arg;
}

/* Each second of ten has its runs; every third is set anew, every seventh taken out. */
TEST(many_are_told_in_order)
{
	struct loop *loop = begin();
	struct live_job *runs = xcalloc(MANY, sizeof(*runs));
	usec_t now = agenda_now(&agenda);
	usec_t limit = now + EARLY + 5 * USEC_PER_SEC;
	size_t n_wanted = 0, n_left = 0;
	unsigned chance = 99;

	for (size_t i = 0; i < MANY; i++) {
		chance = chance * 1103515245 + 12345;
		agenda_set(&agenda, &runs[i], now + EARLY + (usec_t)(chance >> 8) % 10000 * 1000);
	}
	for (size_t i = 0; i < MANY; i += 3)
		agenda_set(&agenda, &runs[i], now + EARLY + (usec_t)(MANY - i) * 100);
	for (size_t i = 0; i < MANY; i += 7)
		agenda_set(&agenda, &runs[i], 0);
	/* one alarm, set when another one came first */
	ck_assert_uint_lt(fake_alarm_n_starts(), 200);
	run_turns(loop, 3);
	ck_assert_uint_eq(n_told, 0);
	for (size_t i = 0; i < MANY; i++)
		n_wanted += i % 7 != 0 && runs[i].agenda_entry.key <= limit;
	fake_alarm_move(limit - agenda_now(&agenda), false);
	run_until(loop, are_all_told, &n_wanted, "the first half");
	for (size_t i = 0; i < MANY; i++)
		n_left += runs[i].agenda_entry.heap != NULL && runs[i].agenda_entry.key <= limit;
	ck_assert(is_in_order);
	ck_assert_uint_eq(n_left, 0);
	fake_alarm_move(60 * USEC_PER_SEC, false);
	n_wanted = MANY - (MANY + 6) / 7;
	run_until(loop, are_all_told, &n_wanted, "the second half");
	ck_assert(is_in_order);
	ck_assert_uint_eq(agenda.heap.n, 0);
	free(runs);
	end(loop);
}

TEST(one_taken_out_while_others_are_told_is_not_told)
{
	struct loop *loop = begin();
	struct live_job runs[3] = {{.core = NULL}};
	usec_t now = agenda_now(&agenda);

	for (int i = 0; i < 3; i++)
		agenda_set(&agenda, &runs[i], now + (i + 1) * USEC_PER_SEC);
	victim = &runs[1];
	fake_alarm_move(10 * USEC_PER_SEC, false);
	run_turns(loop, 5);
	ck_assert_uint_eq(n_told, 2);
	ck_assert_uint_eq(agenda.heap.n, 0);
	end(loop);
}

static const struct {
	const char *name;
	usec_t step; /* seconds */
	size_t n_told;
} steps[] = {{"forward past it", 3600, 1}, {"forward, not as far", 5, 0}, {"back", -3600, 0}};

TEST(a_step_of_the_clock_counts)
{
	struct loop *loop = begin();
	struct live_job live = {.core = NULL};

	agenda_set(&agenda, &live, agenda_now(&agenda) + 60 * USEC_PER_SEC);
	fake_alarm_move(steps[_i].step * USEC_PER_SEC, true);
	run_turns(loop, 5);
	ck_assert_msg(n_told == steps[_i].n_told, "%s", steps[_i].name);
	if (n_told == 0) { /* and the alarm still runs */
		fake_alarm_move((61 - steps[_i].step) * USEC_PER_SEC, false);
		run_turns(loop, 5);
	}
	ck_assert_uint_eq(n_told, 1);
	end(loop);
}

SUITE(agenda)
{
	ADD(many_are_told_in_order);
	ADD(one_taken_out_while_others_are_told_is_not_told);
	ADD_ROWS(a_step_of_the_clock_counts, steps);
}
