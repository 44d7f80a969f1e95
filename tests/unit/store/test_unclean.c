/* Unclean ends: how they are counted, and what of the work before them is suspect or blamed. */
#include "../unit.h"

#include "base/alloc.h"
#include "world.h"

/* Stopping the store without store_end_clean is what a crash leaves behind. */
static void die(struct world *w)
{
	world_stop(w);
	world_start(w);
}

static void stop_clean(struct world *w)
{
	store_end_clean(w->store);
	world_stop(w);
}

static void watch(struct world *w, int64_t job_no, int64_t no, uint32_t n_ends)
{
	struct store_op *op = make_op(STORE_WATCH, job_no);

	op->u.watch = (struct stored_watch){.no = no, .n_ends = n_ends, .n_begun = 3};
	ck_assert_int_eq(world_run(w, op), OK);
}

static struct store_op *make_notes(size_t n)
{
	struct store_op *op = make_op(STORE_NOTE, 0);

	op->u.notes.n = n;
	op->u.notes.all = xcalloc(n + 1, sizeof(*op->u.notes.all));
	return op;
}

/* Note one item; index 0 of job 0: none. */
static void note(struct world *w, int64_t job_no, uint32_t chunk, int64_t index)
{
	struct store_op *op = make_notes(job_no == 0 && index == 0 ? 0 : 1);

	op->u.notes.all[0] = (struct stored_note){
	    .job_no = job_no, .chunk = chunk, .index = index, .is_begun = true};
	ck_assert_int_eq(world_run(w, op), OK);
}

static bool is_suspect(struct world *w, int64_t job_no, uint32_t no)
{
	struct store_op *op = make_op(STORE_CLAIM, job_no);

	op->u.claim.from = no;
	op->u.claim.max = 1;
	op = world_call(w, op);
	ck_assert_uint_eq(op->u.claim.n, 1);
	uint32_t n = op->u.claim.chunks[0].n_suspects;
	ck_assert(n == 0 || n == 3);
	store_op_free(op);
	return n > 0;
}

static const struct store_life *life(const struct world *w)
{
	return store_life(w->store);
}

TEST(ends_are_counted_in_a_row)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	ck_assert(life(&w)->is_known);
	ck_assert_uint_eq(life(&w)->n_unclean, 0);
	for (uint32_t n = 1; n < 4; n++) {
		die(&w);
		ck_assert_uint_eq(life(&w)->n_unclean, n);
	}
	stop_clean(&w);
	world_start(&w);
	ck_assert_uint_eq(life(&w)->n_unclean, 0);
	die(&w);
	ck_assert_uint_eq(life(&w)->n_unclean, 1);
	world_done(&w);
}

TEST(a_start_that_fails_is_no_unclean_end)
{
	struct world w;
	char *why = NULL;

	world_init(&w);
	ck_assert_int_eq(world_try(&w, &why), OK);
	stop_clean(&w);
	world_start(&w);
	ck_assert_uint_eq(life(&w)->n_unclean, 0);
	world_done(&w);
}

/* Chunk 0 was open at both ends, 1 at the first, 2 at the second, 3 is new. */
TEST(what_was_open_at_two_ends_is_suspect)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 4, 5);
	watch(&w, job, 0, 0);
	watch(&w, job, 1, 0);
	die(&w);
	ck_assert_uint_eq(life(&w)->n_suspects, 0);
	watch(&w, job, 0, 0);
	watch(&w, job, 2, 0);
	die(&w);
	ck_assert_uint_eq(life(&w)->n_suspects, 1);
	for (uint32_t no = 0; no < 4; no++)
		ck_assert_int_eq(is_suspect(&w, job, no), no == 0);
	/* 1 was forgotten, for these were no two in a row */
	watch(&w, job, 1, 0);
	die(&w);
	ck_assert_int_eq(is_suspect(&w, job, 1), false);
	/* a suspicion outlives an orderly stop, a count does not */
	watch(&w, job, 1, 0);
	stop_clean(&w);
	world_start(&w);
	watch(&w, job, 1, 0);
	die(&w);
	ck_assert_int_eq(is_suspect(&w, job, 1), false);
	ck_assert_int_eq(is_suspect(&w, job, 0), true);
	world_done(&w);
}

static bool is_one_watched(struct world *w)
{
	return world_sql(w, "SELECT count(*) FROM watched") == 1;
}

TEST(what_is_settled_or_deleted_is_not_suspect)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 3, 5), deleted = submit_job(&w, 1, 5);
	for (uint32_t no = 0; no < 3; no++)
		watch(&w, job, no, 1);
	watch(&w, deleted, 0, 1);
	struct store_op *put = make_put(job, 0, 10, JOB_RUNNING);
	use_chunk(put, 0);
	keep_chunk(put, 1);
	put->u.put.is_watched = true;
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM watched"), 2);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, deleted)), OK);
	ck_assert(world_wait(&w, is_one_watched)); /* the sweep has come by */
	die(&w);
	ck_assert_uint_eq(life(&w)->n_suspects, 1);
	ck_assert(is_suspect(&w, job, 2));
	world_done(&w);
}

static struct store_op *last_row(struct world *w, int64_t job, uint64_t after)
{
	struct store_op *op = make_rows(job, after, 0);

	op->u.rows.format = FORMAT_NDJSON;
	op = world_call(w, op);
	ck_assert_uint_eq(op->u.rows.n, 1);
	return op;
}

TEST(what_was_noted_is_blamed)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 2, 5);
	ck_assert_int_eq(world_run(&w, make_put(job, 0, 3, JOB_RUNNING)), OK);
	note(&w, job, 1, 7);
	die(&w);
	ck_assert_int_eq(life(&w)->crashed, CRASHED_ITEM);
	ck_assert_int_eq(life(&w)->crashed_kind, KIND_DOMAINS);
	ck_assert_uint_eq(life(&w)->crashed_index, 7);
	ck_assert_uint_eq(w.n_unfinished, 1);
	const struct job *j = &w.unfinished[0].job;
	ck_assert_mem_eq(&life(&w)->crashed_id, &j->id, sizeof(j->id));
	ck_assert(j->state == JOB_RUNNING && j->started_at > 0 && j->completed == 4);
	ck_assert_uint_eq(j->counts[ITEM_ERROR], 2); /* item 2 failed too */
	struct store_op *op = last_row(&w, job, 3);
	ck_assert_ptr_nonnull(strstr(op->u.rows.text.data, "\"index\":7"));
	ck_assert_ptr_nonnull(strstr(op->u.rows.text.data, "name7.example"));
	ck_assert_ptr_nonnull(
	    strstr(op->u.rows.text.data, "\"status\":\"error\",\"reason\":\"crashed\""));
	store_op_free(op);
	/* once: the next end has no note */
	die(&w);
	ck_assert_int_eq(life(&w)->crashed, CRASHED_NOTHING);
	ck_assert_uint_eq(w.unfinished[0].job.completed, 4);
	world_done(&w);
}

enum innocence { HAS_RESULT, STOPPED, CLEARED, DELETED, ENDED, NO_CHUNK, NO_ITEM };

static const struct {
	const char *name;
	enum innocence why;
} innocents[] = {
    {"it has its result", HAS_RESULT},
    {"an orderly stop", STOPPED},
    {"a note of nothing", CLEARED},
    {"the job was deleted", DELETED},
    {"the job has ended", ENDED},
    {"no such chunk", NO_CHUNK},
    {"no such item", NO_ITEM},
};

TEST(nobody_else_is_blamed)
{
	enum innocence why = innocents[_i].why;
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 1, 5);
	note(&w, job, why == NO_CHUNK ? 1 : 0, why == NO_ITEM ? 5 : 2);
	if (why == HAS_RESULT) {
		struct store_op *put = make_put(job, 2, 3, JOB_RUNNING);
		mark_chunk(put, 0, 2, 3);
		ck_assert_int_eq(world_run(&w, put), OK);
	}
	if (why == CLEARED)
		note(&w, 0, 0, 0);
	if (why == DELETED)
		ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, job)), OK);
	if (why == ENDED)
		ck_assert_int_eq(world_run(&w, make_put(job, 0, 0, JOB_CANCELLED)), OK);
	if (why == STOPPED) {
		stop_clean(&w);
		world_start(&w);
	} else {
		die(&w);
	}
	ck_assert_msg(life(&w)->crashed == CRASHED_NOTHING, "%s", innocents[_i].name);
	ck_assert_int_eq(
	    world_sql(&w, "SELECT coalesce(sum(error), 0) FROM job"), why == HAS_RESULT ? 1 : 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM noted"), 0);
	world_done(&w);
}

TEST(the_fate_of_a_first_item_is_its_aliases_too)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 3);
	add_alias(op, 2, 1);
	op = world_call(&w, op);
	int64_t job = op->job_no;
	store_op_free(op);
	note(&w, job, 0, 1);
	die(&w);
	struct store_op *put = make_put(job, 0, 1, JOB_RUNNING);
	use_chunk(put, 0);
	put->u.put.has_aliases = true;
	ck_assert_int_eq(world_run(&w, put), OK);
	op = make_op(STORE_COPY, job);
	op->u.copy.max = 10;
	op = world_call(&w, op);
	ck_assert(op->err == OK && op->u.copy.n == 1 && op->u.copy.counts[ITEM_ERROR] == 1);
	store_op_free(op);
	world_done(&w);
}

/* Of several none is blamed; each is to be the only one. One of them settles; another one is begun
 * alone and is the only one then. */
TEST(several_are_in_doubt)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 1, 6);
	struct store_op *op = make_notes(3);
	for (size_t i = 0; i < 3; i++)
		op->u.notes.all[i] =
		    (struct stored_note){.job_no = job, .index = (int64_t)i + 1, .is_begun = true};
	ck_assert_int_eq(world_run(&w, op), OK);
	die(&w);
	ck_assert_int_eq(life(&w)->crashed, CRASHED_NOTHING);
	ck_assert_uint_eq(life(&w)->n_doubts, 3);
	for (size_t i = 0; i < 3; i++)
		ck_assert(
		    life(&w)->doubts[i].index == (int64_t)i + 1 && !life(&w)->doubts[i].is_begun);
	die(&w); /* before any of them was begun */
	ck_assert_uint_eq(life(&w)->n_doubts, 3);
	struct store_op *put = make_put(job, 1, 2, JOB_RUNNING);
	mark_chunk(put, 0, 1, 2);
	ck_assert_int_eq(world_run(&w, put), OK);
	op = make_notes(3);
	for (size_t i = 0; i < 3; i++)
		op->u.notes.all[i] = (struct stored_note){
		    .job_no = job, .index = 3 - (int64_t)i, .is_begun = i == 0};
	ck_assert_int_eq(world_run(&w, op), OK);
	die(&w);
	ck_assert_int_eq(life(&w)->crashed, CRASHED_ITEM);
	ck_assert_uint_eq(life(&w)->crashed_index, 3);
	ck_assert(life(&w)->n_doubts == 1 && life(&w)->doubts[0].index == 2);
	stop_clean(&w);
	world_start(&w);
	ck_assert_uint_eq(life(&w)->n_doubts, 0);
	world_done(&w);
}

/* When several are begun at the end, those that were in doubt and not begun are so no more. */
TEST(doubts_become_fewer)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 1, 6);
	for (size_t n_begun = 5; n_begun > 1; n_begun--) {
		struct store_op *op = make_notes(5);
		for (size_t i = 0; i < 5; i++)
			op->u.notes.all[i] = (struct stored_note){
			    .job_no = job, .index = (int64_t)i, .is_begun = i < n_begun};
		ck_assert_int_eq(world_run(&w, op), OK);
		die(&w);
		ck_assert_int_eq(life(&w)->crashed, CRASHED_NOTHING);
		ck_assert_uint_eq(life(&w)->n_doubts, n_begun);
	}
	world_done(&w);
}

/* A callback is dropped; its job stays as it is. */
TEST(a_callback_is_blamed)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 1);
	op->u.input.job.callback_url = xstrdup("http://one.test/");
	op = world_call(&w, op);
	int64_t job = op->job_no;
	store_op_free(op);
	struct store_op *put = make_put(job, 0, 1, JOB_DONE);
	use_chunk(put, 0);
	ck_assert_int_eq(world_run(&w, put), OK);
	int64_t no = world_sql(&w, "SELECT no FROM outbox");
	watch(&w, 0, no, 1);
	die(&w);
	op = make_op(STORE_OUTBOX, 0);
	op->u.outbox.now = clock_wall();
	op->u.outbox.max = 5;
	op = world_call(&w, op);
	ck_assert(op->u.outbox.n == 1 && op->u.outbox.posts[0].is_suspect);
	struct id id = op->u.outbox.posts[0].id;
	store_op_free(op);
	op = make_op(STORE_OUTBOX, 0);
	op->u.outbox.now = clock_wall();
	op->u.outbox.max = 5;
	op->u.outbox.without_suspects = true;
	op = world_call(&w, op);
	ck_assert(op->u.outbox.n == 0 && op->u.outbox.n_waiting == 1);
	store_op_free(op);
	note(&w, 0, 0, no);
	die(&w);
	ck_assert_int_eq(life(&w)->crashed, CRASHED_POST);
	ck_assert_mem_eq(&life(&w)->crashed_id, &id, sizeof(id));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM outbox"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM watched"), 0);
	world_done(&w);
}

/* What can't be counted doesn't keep the daemon from its work. */
TEST(a_database_that_cannot_be_written_is_opened)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 1, 5);
	note(&w, job, 0, 2);
	world_stop(&w);
	world_sql(
	    &w, "CREATE TRIGGER full BEFORE UPDATE ON life BEGIN SELECT raise(ABORT, 'full'); END");
	world_start(&w);
	ck_assert(!life(&w)->is_known && life(&w)->crashed == CRASHED_NOTHING);
	ck_assert_uint_eq(w.unfinished[0].job.completed, 0);
	world_stop(&w);
	world_sql(&w, "DROP TRIGGER full");
	world_start(&w);
	ck_assert_int_eq(life(&w)->crashed, CRASHED_ITEM);
	world_done(&w);
}

SUITE(unclean)
{
	ADD(ends_are_counted_in_a_row);
	ADD(a_start_that_fails_is_no_unclean_end);
	ADD(what_was_open_at_two_ends_is_suspect);
	ADD(what_is_settled_or_deleted_is_not_suspect);
	ADD(what_was_noted_is_blamed);
	ADD_ROWS(nobody_else_is_blamed, innocents);
	ADD(the_fate_of_a_first_item_is_its_aliases_too);
	ADD(several_are_in_doubt);
	ADD(doubts_become_fewer);
	ADD(a_callback_is_blamed);
	ADD(a_database_that_cannot_be_written_is_opened);
}
