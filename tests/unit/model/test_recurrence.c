/* Due times, by clocks that are arguments: what runs when they go on, stand still and step, and
 * what a stop of the daemon leaves. */
#include "../unit.h"

#include <time.h>

#include "model/recurrence.h"

#define SECOND USEC_PER_SEC
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)
#define YEAR   (365 * DAY)

enum { MAX_RUNS = 4000 };

/* 2026-03-28T12:00:00Z */
#define NOON (INT64_C(1774699200) * SECOND)

static usec_t at(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	ck_assert_msg(end != NULL && *end == '\0', "%s", text);
	return timegm(&tm) * SECOND;
}

static struct recurrence cron_of(const char *text, const char *zone, usec_t offset)
{
	struct recurrence r = {.zone = zone_open(zone), .offset = offset};
	char fault[CRON_FAULT_SIZE];

	ck_assert_ptr_nonnull(r.zone);
	ck_assert_msg(cron_parse(text, &r.cron, fault), "%s", fault);
	return r;
}

/* What the core does: it wakes each second, looks at both clocks and serves what is due. */
struct world {
	struct recurrence r;
	struct clocks now;
	struct rhythm rhythm;
	usec_t seen; /* wall time at the last wake-up */
	size_t n;    /* runs, and when they were due and served, by both clocks */
	usec_t due[MAX_RUNS];
	struct clocks runs[MAX_RUNS];
};

static void begin(struct world *w, struct recurrence r)
{
	*w = (struct world){.r = r, .now = {.mono = 1000 * SECOND, .wall = NOON}, .seen = NOON};
	recurrence_start(&w->r, &w->now, &w->rhythm);
}

static void wake(struct world *w)
{
	usec_t due = w->rhythm.due;

	if (w->now.wall < w->seen) {
		bool is_other = recurrence_follow(&w->r, &w->now, &w->rhythm);
		ck_assert_int_eq(is_other, w->rhythm.due != due);
	}
	w->seen = w->now.wall;
	if (w->rhythm.due > recurrence_clock(&w->r, &w->now))
		return;
	ck_assert_uint_lt(w->n, MAX_RUNS);
	w->due[w->n] = w->rhythm.due;
	w->runs[w->n++] = w->now;
	recurrence_serve(&w->r, &w->now, &w->rhythm);
	ck_assert_msg(w->rhythm.due > recurrence_clock(&w->r, &w->now), "due again at once");
}

static void pass(struct world *w, usec_t duration)
{
	for (usec_t end = w->now.mono + duration; w->now.mono < end; wake(w)) {
		w->now.mono += SECOND;
		w->now.wall += SECOND;
	}
}

static void done(struct world *w)
{
	zone_close(w->r.zone);
}

static const usec_t steps[] = {0, SECOND, -SECOND, HOUR, -HOUR, DAY, -DAY, 10 * YEAR, -10 * YEAR};

TEST(no_step_moves_an_interval)
{
	struct world w;

	begin(&w, (struct recurrence){.every = MINUTE, .offset = 7 * SECOND});
	pass(&w, 90 * SECOND);
	w.now.wall += steps[_i];
	pass(&w, 10 * MINUTE);
	w.now.wall -= steps[_i];
	pass(&w, 10 * MINUTE);
	ck_assert_uint_eq(w.n, 21);
	for (size_t i = 0; i < w.n; i++)
		ck_assert_int_eq(w.runs[i].mono, 1007 * SECOND + (usec_t)(i + 1) * MINUTE);
}

/* Cron, each five minutes: runs while the clock is wrong by `step` for two hours from 12:32 on, and
 * in the two hours after it was set right again. At its first second 12:32 shows nothing due. */
static const struct {
	const char *name;
	usec_t step;
	size_t n_wrong, n_right; /* runs in the two hours */
	size_t n_repeated;       /* of all runs: due no later than an earlier one */
} cron_steps[] = {
    {"right", 0, 24, 24, 0},
    {"a second on and back", SECOND, 24, 24, 0},
    {"a second back and on", -SECOND, 24, 24, 0},
    {"two minutes on: nothing is passed", 2 * MINUTE, 24, 24, 0},
    {"three minutes on: one is", 3 * MINUTE, 25, 23, 0},
    {"two minutes back", -2 * MINUTE, 24, 24, 0},
    {"three minutes back, over one", -3 * MINUTE, 23, 25, 0},
    {"an hour on: one for twelve, and anew", HOUR, 25, 24, 12},
    {"an hour back: anew", -HOUR, 24, 25, 12},
    {"a day on: one for all, and anew", DAY, 25, 24, 24},
    {"a day back: anew", -DAY, 24, 25, 25},
    {"two days on, and anew", 2 * DAY, 25, 24, 24},
    {"two days back: anew", -2 * DAY, 24, 25, 25},
    {"ten years on, and anew", 10 * YEAR, 25, 24, 24},
    {"ten years back: anew", -10 * YEAR, 24, 25, 25},
};

TEST(cron_follows_the_wall_clock)
{
	struct world w;
	size_t n_repeated = 0, n;
	const char *name = cron_steps[_i].name;

	begin(&w, cron_of("*/5 * * * *", "UTC", 0));
	pass(&w, 32 * MINUTE);
	ck_assert_uint_eq(w.n, 6);
	w.now.wall += cron_steps[_i].step;
	pass(&w, 2 * HOUR);
	n = w.n - 6;
	ck_assert_msg(n == cron_steps[_i].n_wrong, "%s: %zu while wrong", name, n);
	w.now.wall -= cron_steps[_i].step;
	pass(&w, 2 * HOUR);
	n = w.n - 6 - n;
	ck_assert_msg(n == cron_steps[_i].n_right, "%s: %zu when right", name, n);
	for (size_t i = 1; i < w.n; i++)
		for (size_t k = 0; k < i; k++)
			if (w.due[k] >= w.due[i]) {
				n_repeated++;
				break;
			}
	ck_assert_msg(n_repeated == cron_steps[_i].n_repeated, "%s: %zu", name, n_repeated);
	done(&w);
}

TEST(rest_behind_a_step_ends)
{
	struct world w;

	begin(&w, cron_of("0 13-15 * * *", "UTC", 0));
	pass(&w, 90 * MINUTE);
	w.now.wall -= DAY;
	pass(&w, DAY + 2 * HOUR);
	ck_assert_uint_eq(w.n, 3);
	ck_assert_int_eq(w.due[0], NOON + HOUR);
	ck_assert_int_eq(w.due[1], NOON + 2 * HOUR);
	ck_assert_int_eq(w.runs[1].wall, NOON + 2 * HOUR);
	ck_assert_int_eq(w.due[2], NOON + 3 * HOUR);
	done(&w);
}

/* What fires in every hour doesn't rest for a day because the clock had been a day ahead. */
TEST(each_hour_goes_on_behind_a_step_back)
{
	struct world w;

	begin(&w, cron_of("0 * * * *", "UTC", 0));
	pass(&w, 90 * MINUTE);
	w.now.wall -= DAY;
	pass(&w, 5 * HOUR);
	ck_assert_uint_eq(w.n, 6);
	for (usec_t i = 1; i < 6; i++)
		ck_assert_int_eq(w.due[i], NOON - DAY + (i + 1) * HOUR);
	done(&w);
}

TEST(steps_again_and_again)
{
	struct world w;

	begin(&w, cron_of("*/5 * * * *", "UTC", 0));
	for (int i = 0; i < 50; i++) { /* as when two sources of time quarrel */
		pass(&w, MINUTE);
		w.now.wall += i % 2 == 0 ? HOUR : -HOUR;
	}
	/* each five minutes, and once for what each of 25 steps forward has passed */
	ck_assert_uint_ge(w.n, 10);
	ck_assert_uint_le(w.n, 10 + 25);
	done(&w);
}

TEST(sleep_of_the_machine)
{
	struct world w;

	begin(&w, cron_of("*/5 * * * *", "UTC", 0));
	pass(&w, 12 * MINUTE);
	w.now.wall += 8 * HOUR;
	pass(&w, 10 * MINUTE);
	ck_assert_uint_eq(w.n, 5);
	ck_assert_int_eq(w.runs[2].wall, NOON + 8 * HOUR + 12 * MINUTE + SECOND);
	ck_assert_int_eq(w.runs[3].wall, NOON + 8 * HOUR + 15 * MINUTE);
	ck_assert_int_eq(w.runs[4].wall, NOON + 8 * HOUR + 20 * MINUTE);
	done(&w);
}

/* The loop hangs, or the store is full: the clocks go on, nothing is served. */
TEST(late_service_keeps_the_grid)
{
	struct world w;

	begin(&w, (struct recurrence){.every = MINUTE, .offset = 7 * SECOND});
	pass(&w, 2 * MINUTE);
	w.now.mono += 10 * MINUTE + 20 * SECOND;
	w.now.wall += 10 * MINUTE + 20 * SECOND;
	pass(&w, MINUTE);
	ck_assert_uint_eq(w.n, 3);
	ck_assert_int_eq(w.runs[0].mono, 1067 * SECOND);
	ck_assert_int_eq(w.runs[1].mono, 1741 * SECOND);
	ck_assert_int_eq(w.runs[2].mono, (1007 + 13 * 60) * SECOND);
}

TEST(cron_in_a_zone_with_an_offset)
{
	struct world w;

	begin(&w, cron_of("30 2 * * *", "Europe/Berlin", 40 * SECOND));
	pass(&w, 2 * DAY);
	ck_assert_uint_eq(w.n, 2); /* 02:30 is in a gap on the 29th */
	ck_assert_int_eq(w.runs[0].wall, at("2026-03-29 01:00:40"));
	ck_assert_int_eq(w.runs[1].wall, at("2026-03-30 00:30:40"));
	done(&w);
}

/* A schedule made half a minute before its offset has passed is not late. */
TEST(the_offset_counts_at_the_start)
{
	struct recurrence r = cron_of("0 * * * *", "UTC", 40 * SECOND);
	struct clocks now = {.mono = 5, .wall = NOON + 39 * SECOND};
	struct rhythm rhythm;

	recurrence_start(&r, &now, &rhythm);
	ck_assert_int_eq(rhythm.due, NOON + 40 * SECOND);
	now.wall = NOON + 40 * SECOND;
	recurrence_start(&r, &now, &rhythm);
	ck_assert_int_eq(rhythm.due, NOON + HOUR + 40 * SECOND);
	zone_close(r.zone);
}

/* --- Stops of the daemon --- */

/* Begun at NOON, and `ran` later, runs served, stopped; `away` later by the true time started
 * again, with a wall clock that is wrong by `step` then. */
static const struct {
	const char *name;
	usec_t every; /* 0: each five minutes by cron */
	usec_t ran, away, step;
	usec_t skip, one; /* how much later it is due, with catch_up skip and one */
	usec_t then;      /* and the next one, counted from the start, when `one` was served */
} restarts[] = {
    {"interval, at once", MINUTE, 90 * SECOND, 0, 0, 37 * SECOND, 37 * SECOND, 97 * SECOND},
    {"interval, in time", MINUTE, 90 * SECOND, 36 * SECOND, 0, SECOND, SECOND, 61 * SECOND},
    {"interval, just missed", MINUTE, 90 * SECOND, 37 * SECOND, 0, MINUTE, 0, MINUTE},
    {"interval, one missed", MINUTE, 90 * SECOND, 47 * SECOND, 0, 50 * SECOND, 0, 50 * SECOND},
    {"interval, many missed", MINUTE, 90 * SECOND, DAY, 0, 37 * SECOND, 0, 37 * SECOND},
    {"interval, before the first", MINUTE, 5 * SECOND, SECOND, 0, 61 * SECOND, 61 * SECOND,
	121 * SECOND},
    {"interval, the clock went on", MINUTE, 90 * SECOND, SECOND, HOUR, 36 * SECOND, 0, 36 * SECOND},
    {"interval, it went back", MINUTE, 90 * SECOND, SECOND, -HOUR, 36 * SECOND, 36 * SECOND,
	96 * SECOND},
    {"interval, back by ten years", MINUTE, 90 * SECOND, SECOND, -10 * YEAR, 36 * SECOND,
	36 * SECOND, 96 * SECOND},
    {"a long interval, back by a day", 7 * DAY, DAY, HOUR, -DAY, 7 * DAY - HOUR + 7 * SECOND,
	7 * DAY - HOUR + 7 * SECOND, 14 * DAY - HOUR + 7 * SECOND},
    {"the longest interval, a year away", 366 * DAY, 0, YEAR, 0, DAY + 7 * SECOND, DAY + 7 * SECOND,
	367 * DAY + 7 * SECOND},
    {"cron, at once", 0, 7 * MINUTE, 0, 0, 3 * MINUTE, 3 * MINUTE, 8 * MINUTE},
    {"cron, in time", 0, 7 * MINUTE, 2 * MINUTE, 0, MINUTE, MINUTE, 6 * MINUTE},
    {"cron, just missed", 0, 7 * MINUTE, 3 * MINUTE, 0, 5 * MINUTE, 0, 5 * MINUTE},
    {"cron, many missed", 0, 7 * MINUTE, DAY, 0, 3 * MINUTE, 0, 3 * MINUTE},
    {"cron, the clock went on", 0, 7 * MINUTE, MINUTE, HOUR, 2 * MINUTE, 0, 2 * MINUTE},
    {"cron, back by an hour", 0, 7 * MINUTE, MINUTE, -HOUR, 2 * MINUTE, 2 * MINUTE, 7 * MINUTE},
    {"cron, back by a day", 0, 7 * MINUTE, MINUTE, -DAY, 2 * MINUTE, 2 * MINUTE, 7 * MINUTE},
    {"cron, back by two days", 0, 7 * MINUTE, MINUTE, -2 * DAY, 2 * MINUTE, 2 * MINUTE, 7 * MINUTE},
};

static void restart(int row, enum catch_up catch_up)
{
	struct world w;
	struct rhythm again, third;
	const char *name = restarts[row].name;
	usec_t every = restarts[row].every;
	usec_t want = catch_up == CATCH_UP_ONE ? restarts[row].one : restarts[row].skip;
	usec_t then = restarts[row].skip + (every > 0 ? every : 5 * MINUTE);

	if (catch_up == CATCH_UP_ONE)
		then = restarts[row].then;
	begin(&w, every > 0 ? (struct recurrence){.every = every, .offset = 7 * SECOND}
			    : cron_of("*/5 * * * *", "UTC", 0));
	pass(&w, restarts[row].ran);
	usec_t stored = recurrence_stored(&w.r, &w.now, &w.rhythm);
	w.now.mono = 3 * SECOND; /* the machine was started anew */
	w.now.wall += restarts[row].away + restarts[row].step;
	recurrence_restart(&w.r, &w.now, stored, catch_up, &again);
	usec_t start = recurrence_clock(&w.r, &w.now), wait = again.due - start;
	ck_assert_msg(want == 0 ? wait <= 0 : wait == want, "%s: %lld ms", name,
	    (long long)(wait / USEC_PER_MSEC));
	/* a crash before the service changes nothing */
	stored = recurrence_stored(&w.r, &w.now, &again);
	recurrence_restart(&w.r, &w.now, stored, catch_up, &third);
	ck_assert_msg(third.due == again.due, "%s: the second time", name);
	w.now.mono += want;
	w.now.wall += want;
	recurrence_serve(&w.r, &w.now, &again);
	wait = again.due - start;
	ck_assert_msg(wait == then, "%s: then %lld ms", name, (long long)(wait / USEC_PER_MSEC));
	done(&w);
}

TEST(restarts_and_skips)
{
	restart(_i, CATCH_UP_SKIP);
}

TEST(restarts_and_catches_up)
{
	restart(_i, CATCH_UP_ONE);
}

/* Thousands of starts, each after another time: the grid is never left, nothing runs twice. */
TEST(a_daemon_that_dies_often)
{
	struct world w;
	usec_t away = 1;

	begin(&w, (struct recurrence){.every = MINUTE, .offset = 7 * SECOND});
	for (int i = 0; i < 2000; i++) {
		usec_t stored = recurrence_stored(&w.r, &w.now, &w.rhythm);
		away = away * 7919 % (5 * MINUTE);
		w.now.mono = away / 3;
		w.now.wall += away;
		recurrence_restart(&w.r, &w.now, stored, (enum catch_up)(i % 2), &w.rhythm);
		pass(&w, 30 * SECOND);
		usec_t due = w.rhythm.due + w.now.wall - w.now.mono;
		ck_assert_int_eq((due - NOON - 7 * SECOND) % MINUTE, 0);
	}
	for (size_t i = 1; i < w.n; i++)
		ck_assert_int_gt((w.runs[i].wall - NOON - 7 * SECOND) / MINUTE,
		    (w.runs[i - 1].wall - NOON - 7 * SECOND) / MINUTE);
	ck_assert_uint_gt(w.n, 500);
}

/* --- What is shown, and how starts are spread --- */

TEST(lists_the_next_times_of_an_interval)
{
	struct world w;
	usec_t times[10];

	begin(&w, (struct recurrence){.every = 90 * SECOND, .offset = 7 * SECOND});
	pass(&w, 100 * SECOND);
	w.now.wall += HOUR; /* is seen, and moves nothing else */
	ck_assert_uint_eq(recurrence_list(&w.r, &w.now, &w.rhythm, times, 10), 10);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(times[i], NOON + HOUR + (187 + 90 * i) * SECOND);
	ck_assert_uint_eq(recurrence_list(&w.r, &w.now, &w.rhythm, times, 0), 0);
}

TEST(lists_the_next_times_of_cron)
{
	struct world w;
	usec_t times[10];

	begin(&w, cron_of("0 0,12 * * *", "Europe/Berlin", 5 * SECOND));
	ck_assert_uint_eq(recurrence_list(&w.r, &w.now, &w.rhythm, times, 10), 10);
	ck_assert_int_eq(times[0], w.rhythm.due);
	ck_assert_int_eq(times[0], at("2026-03-28 23:00:05"));
	ck_assert_int_eq(times[1], at("2026-03-29 10:00:05"));
	ck_assert_int_eq(times[9], at("2026-04-02 10:00:05"));
	done(&w);
}

TEST(lists_what_there_is)
{
	struct recurrence r = cron_of("0 12 * * *", "UTC", 0);
	struct clocks now = {.mono = 5, .wall = at("9999-12-30 00:00:00")};
	struct rhythm rhythm;
	usec_t times[10];

	recurrence_start(&r, &now, &rhythm);
	ck_assert_uint_eq(recurrence_list(&r, &now, &rhythm, times, 10), 2);
	now.wall = times[1];
	recurrence_serve(&r, &now, &rhythm);
	ck_assert(rhythm.due == RECURRENCE_NEVER);
	ck_assert_uint_eq(recurrence_list(&r, &now, &rhythm, times, 10), 0);
	recurrence_restart(&r, &now, recurrence_stored(&r, &now, &rhythm), CATCH_UP_ONE, &rhythm);
	ck_assert(rhythm.due == RECURRENCE_NEVER);
	zone_close(r.zone);
}

static const struct {
	const char *name;
	usec_t every, jitter;
} jitters[] = {
    {"cron", 0, 0},
    {"a second", SECOND, 100 * USEC_PER_MSEC},
    {"a minute", MINUTE, 6 * SECOND},
    {"ten minutes", 10 * MINUTE, MINUTE},
    {"more", DAY, MINUTE},
};

TEST(jitter_is_a_tenth)
{
	ck_assert_msg(recurrence_default_jitter(jitters[_i].every) == jitters[_i].jitter, "%s",
	    jitters[_i].name);
}

TEST(offsets_are_spread)
{
	enum { N_IDS = 10000, N_PARTS = 10 };
	unsigned n[N_PARTS] = {0};

	for (int i = 0; i < N_IDS; i++) {
		struct id id = id_new(NOON); /* one after the other in the same millisecond */
		usec_t offset = recurrence_offset(&id, 6 * SECOND);
		ck_assert(offset >= 0 && offset < 6 * SECOND);
		ck_assert_int_eq(recurrence_offset(&id, 6 * SECOND), offset);
		ck_assert_int_eq(recurrence_offset(&id, 0), 0);
		ck_assert_int_eq(recurrence_offset(&id, 1), 0);
		n[offset * N_PARTS / (6 * SECOND)]++;
	}
	for (int i = 0; i < N_PARTS; i++) /* ten standard deviations on either side */
		ck_assert_msg(n[i] > 700 && n[i] < 1300, "%u in part %d", n[i], i);
}

TEST(serves_only_what_is_due)
{
	struct world w;

	begin(&w, (struct recurrence){.every = MINUTE});
	recurrence_serve(&w.r, &w.now, &w.rhythm);
}

SUITE(recurrence)
{
	ADD_ROWS(no_step_moves_an_interval, steps);
	ADD_ROWS(cron_follows_the_wall_clock, cron_steps);
	ADD(rest_behind_a_step_ends);
	ADD(each_hour_goes_on_behind_a_step_back);
	ADD(steps_again_and_again);
	ADD(sleep_of_the_machine);
	ADD(late_service_keeps_the_grid);
	ADD(cron_in_a_zone_with_an_offset);
	ADD(the_offset_counts_at_the_start);
	ADD_ROWS(restarts_and_skips, restarts);
	ADD_ROWS(restarts_and_catches_up, restarts);
	ADD(a_daemon_that_dies_often);
	ADD(lists_the_next_times_of_an_interval);
	ADD(lists_the_next_times_of_cron);
	ADD(lists_what_there_is);
	ADD_ROWS(jitter_is_a_tenth, jitters);
	ADD(offsets_are_spread);
	ADD_ABORTING(serves_only_what_is_due);
}
