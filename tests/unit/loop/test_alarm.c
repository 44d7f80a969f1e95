/* Alarms by the wall clock. That they are called when the clock is set can't be tried without
 * setting it, and is left to the system. */
#include "../unit.h"

#include "loop/alarm.h"

struct ring {
	struct loop *loop;
	struct alarm alarm;
	struct timer end;
	unsigned n_rung;
	usec_t rung_at;
	usec_t again; /* set anew for so much later, once; 0: not */
};

static void on_time(void *arg)
{
	struct ring *r = arg;

	r->n_rung++;
	r->rung_at = alarm_now(&r->alarm);
	if (r->again > 0) {
		alarm_start(&r->alarm, r->rung_at + r->again);
		r->again = 0;
	}
}

static void on_end(void *arg)
{
	loop_stop(((struct ring *)arg)->loop, 0);
}

static void begin(struct ring *r)
{
	*r = (struct ring){.loop = loop_new()};
	ck_assert_int_eq(alarm_init(&r->alarm, r->loop, on_time, r), OK);
	timer_init(&r->end, r->loop, on_end, r);
}

static void run_for(struct ring *r, usec_t time)
{
	timer_start(&r->end, time);
	loop_run(r->loop);
}

static void end(struct ring *r)
{
	alarm_done(&r->alarm);
	loop_free(r->loop);
}

TEST(rings_once_and_not_early)
{
	struct ring r;

	begin(&r);
	usec_t due = alarm_now(&r.alarm) + 30 * USEC_PER_MSEC;
	alarm_start(&r.alarm, due);
	run_for(&r, 100 * USEC_PER_MSEC);
	ck_assert_uint_eq(r.n_rung, 1);
	ck_assert_int_ge(r.rung_at, due);
	end(&r);
}

static const struct {
	const char *name;
	usec_t due;
} past[] = {{"long ago", 1000}, {"at the beginning of time", 0}, {"before it", -5}};

TEST(rings_at_once_when_the_time_has_passed)
{
	struct ring r;

	begin(&r);
	alarm_start(&r.alarm, past[_i].due);
	run_for(&r, 20 * USEC_PER_MSEC);
	ck_assert_msg(r.n_rung == 1, "%s", past[_i].name);
	end(&r);
}

TEST(is_set_anew_by_its_callback)
{
	struct ring r;

	begin(&r);
	r.again = 10 * USEC_PER_MSEC;
	alarm_start(&r.alarm, 1);
	run_for(&r, 60 * USEC_PER_MSEC);
	ck_assert_uint_eq(r.n_rung, 2);
	end(&r);
}

TEST(the_last_time_set_counts)
{
	struct ring r;

	begin(&r);
	alarm_start(&r.alarm, alarm_now(&r.alarm) + 3600 * USEC_PER_SEC);
	alarm_start(&r.alarm, alarm_now(&r.alarm) + 5 * USEC_PER_MSEC);
	run_for(&r, 40 * USEC_PER_MSEC);
	ck_assert_uint_eq(r.n_rung, 1);
	alarm_start(&r.alarm, alarm_now(&r.alarm) + 5 * USEC_PER_MSEC);
	alarm_cancel(&r.alarm);
	run_for(&r, 30 * USEC_PER_MSEC);
	ck_assert_uint_eq(r.n_rung, 1);
	alarm_start(&r.alarm, CLOCK_WALL_MAX);
	run_for(&r, 10 * USEC_PER_MSEC);
	ck_assert_uint_eq(r.n_rung, 1);
	end(&r);
}

SUITE(alarm)
{
	ADD(rings_once_and_not_early);
	ADD_ROWS(rings_at_once_when_the_time_has_passed, past);
	ADD(is_set_anew_by_its_callback);
	ADD(the_last_time_set_counts);
}
