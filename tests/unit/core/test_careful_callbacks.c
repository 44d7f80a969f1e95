/* Callbacks after unclean ends. */
#include "../unit.h"

#include "callbacks_bench.h"

static bool has_note(void *arg)
{
	return fake_store_watched(((struct worker *)arg)->store)->noted_index > 0;
}

static void wait_note(struct worker *w)
{
	run_until(w->loop, has_note, w, "a note");
	worker_settle(w);
}

TEST(suspect_callbacks_go_one_at_a_time)
{
	struct worker w;

	worker_begin(&w);
	fake_outbox_add(w.outbox, "one.test", callbacks_now() - 1);
	fake_outbox_add(w.outbox, "two.test", callbacks_now() - 1);
	callbacks_start(w.callbacks);
	worker_settle(&w);
	worker_crash(&w);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 2 + 2);
	worker_crash(&w);
	worker_settle(&w);
	fake_outbox_add(w.outbox, "new.test", callbacks_now());
	callbacks_wake(w.callbacks);
	worker_settle(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 4 + 1); /* the new one alone */
	wait_note(&w);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 5 + 1);
	ck_assert_str_eq(fake_poster_posted(w.poster, 5)->url, "http://one.test/");
	worker_crash(&w); /* it was that one */
	worker_settle(&w);
	ck_assert(w.outbox->posts[0].is_over);
	ck_assert_uint_eq(fake_poster_n_started(w.poster), 6 + 1);
	wait_note(&w);
	ck_assert_str_eq(fake_poster_posted(w.poster, 7)->url, "http://two.test/");
	worker_answer(&w, 7, 500, 0); /* it was worked on without a crash */
	ck_assert_ptr_null(fake_watched_find(fake_store_watched(w.store), 0, 2));
	ck_assert_int_eq(fake_store_watched(w.store)->noted_index, 0);
	worker_answer(&w, 6, 204, 0);
	ck_assert_uint_eq(worker_n_left(&w), 1);
	worker_end(&w);
}

SUITE(careful_callbacks)
{
	ADD(suspect_callbacks_go_one_at_a_time);
}
