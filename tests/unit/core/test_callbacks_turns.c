/* The worker of the outbox: whose turn it is, and that nothing is delivered twice without need. */
#include "../unit.h"

#include "callbacks_bench.h"

TEST(one_host_does_not_hold_up_others)
{
	static const char *const names[] = {"a.test", "b.test", "c.test"};
	struct worker w;

	worker_begin(&w);
	for (int i = 0; i < 1000; i++)
		fake_outbox_add(w.outbox, "slow.test", callbacks_now());
	for (size_t i = 0; i < N_ROWS(names); i++)
		fake_outbox_add(w.outbox, names[i], callbacks_now() + 1);
	fake_alarm_move(1, false);
	callbacks_start(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST + N_ROWS(names));
	for (size_t i = 0; i < N_ROWS(names); i++)
		worker_answer(&w, CALLBACKS_MOST_PER_HOST + i, 200, 0);
	ck_assert_uint_eq(worker_n_left(&w), 1000);
	for (size_t i = 0; worker_n_left(&w) > 0; i++) {
		ck_assert_uint_le(fake_poster_n_open(w.poster), CALLBACKS_MOST_PER_HOST);
		if (!fake_poster_posted(w.poster, i)->is_over)
			worker_answer(&w, i, 200, 0);
	}
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1000 + N_ROWS(names));
	worker_end(&w);
}

TEST(bounds_all_deliveries)
{
	static char names[100][16];
	struct worker w;

	worker_begin(&w);
	for (size_t i = 0; i < N_ROWS(names); i++) {
		snprintf(names[i], sizeof(names[i]), "h%zu.test", i);
		fake_outbox_add(w.outbox, names[i], callbacks_now());
	}
	callbacks_start(w.callbacks);
	for (size_t i = 0; i < N_ROWS(names); i++) {
		worker_settle(&w);
		size_t left = N_ROWS(names) - i;
		ck_assert_uint_eq(
		    fake_poster_n_open(w.poster), left < CALLBACKS_MOST ? left : CALLBACKS_MOST);
		worker_answer(
		    &w, i, 503, HOUR); /* more hosts that ask for a pause than are remembered */
	}
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 0);
	worker_pass(&w, HOUR);
	ck_assert_uint_eq(fake_poster_n_open(w.poster), CALLBACKS_MOST);
	worker_end(&w);
}

/* A look that began before an attempt's end was committed still sees the row as due. */
TEST(an_old_look_delivers_nothing_twice)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2);
	fake_store_hold_reads(w.store, true);
	callbacks_wake(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_store_n_waiting(w.store, STORE_OUTBOX), 1);
	fake_outbox_look(w.outbox);
	worker_answer(&w, 0, 200, 0);
	worker_answer(&w, 1, 500, 0);
	ck_assert_uint_eq(fake_store_n_done(w.store, STORE_POSTED), 2);
	fake_store_hold_reads(w.store, false);
	worker_settle(&w);
	usec_t due = w.outbox->posts[1].due;
	ck_assert_uint_eq(fake_poster_n_started(w.poster), due > callbacks_now() ? 2 : 3);
	worker_pass(&w, due - callbacks_now());
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 3);
	worker_end(&w);
}

TEST(nothing_is_delivered_twice_while_the_store_is_full)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	fake_store_fail_writes(w.store, ERR_FULL);
	worker_answer(&w, 0, 200, 0);
	for (int i = 0; i < 10; i++)
		worker_pass(&w, 60 * SECOND);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 1);
	fake_store_fail_writes(w.store, OK);
	worker_settle(&w);
	ck_assert_uint_eq(worker_n_left(&w), 0);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 0);
	worker_end(&w);
}

TEST(reads_again_when_it_could_not)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	fake_store_fail_reads(w.store, ERR_IO);
	callbacks_start(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 0);
	fake_store_fail_reads(w.store, OK);
	worker_pass(&w, 60 * SECOND);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 1);
	worker_end(&w);
}

/* What was in flight when the daemon died is delivered by the next one, under the same id. */
TEST(a_crash_delivers_again)
{
	struct worker w;
	struct id id;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	id = fake_poster_posted(w.poster, 0)->id;
	fake_store_crash(w.store);
	callbacks_free(w.callbacks);
	worker_make(&w);
	callbacks_start(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2);
	ck_assert_mem_eq(&fake_poster_posted(w.poster, 1)->id, &id, sizeof(id));
	worker_answer(&w, 1, 200, 0);
	ck_assert_uint_eq(worker_n_left(&w), 0);
	worker_end(&w);
}

TEST(drains)
{
	struct worker w;

	worker_begin(&w);
	for (int i = 0; i < 10; i++)
		fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	callbacks_drain(w.callbacks);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), CALLBACKS_MOST_PER_HOST);
	worker_answer(&w, 0, 200, 0);
	callbacks_wake(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), CALLBACKS_MOST_PER_HOST);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), CALLBACKS_MOST_PER_HOST - 1);
	ck_assert_uint_eq(worker_n_left(&w), 9);
	worker_end(&w);
}

TEST(a_drain_drops_what_was_not_sent_yet)
{
	struct worker w;

	worker_begin(&w);
	fake_poster_set_waiting(w.poster, true);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_start(w.callbacks);
	worker_settle(&w);
	callbacks_drain(w.callbacks);
	ck_assert_uint_eq(callbacks_in_flight(w.callbacks), 0);
	ck_assert(fake_poster_posted(w.poster, 0)->is_over);
	ck_assert_uint_eq(worker_n_left(&w), 1);
	worker_end(&w);
}

TEST(does_nothing_before_its_start_or_without_rows)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now());
	callbacks_wake(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_store_n_done(w.store, STORE_OUTBOX), 0);
	callbacks_start(w.callbacks);
	worker_settle(&w);
	worker_answer(&w, 0, 200, 0);
	size_t n = fake_store_n_done(w.store, STORE_OUTBOX);
	worker_pass(&w, 30 * DAY);
	ck_assert_uint_eq(fake_store_n_done(w.store, STORE_OUTBOX), n);
	worker_end(&w);
}

SUITE(callbacks_turns)
{
	ADD(nothing_is_delivered_twice_while_the_store_is_full);
	ADD(reads_again_when_it_could_not);
	ADD(a_crash_delivers_again);
	ADD(an_old_look_delivers_nothing_twice);
	ADD(one_host_does_not_hold_up_others);
	ADD(bounds_all_deliveries);
	ADD(drains);
	ADD(a_drain_drops_what_was_not_sent_yet);
	ADD(does_nothing_before_its_start_or_without_rows);
}
