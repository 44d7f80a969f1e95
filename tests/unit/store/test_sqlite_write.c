/* The writing verbs: what they report and what they leave in the database. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "world.h"

static bool is_swept(struct world *w)
{
	return world_sql(w, "SELECT count(*) FROM job WHERE garbage > 0") == 0;
}

static int64_t count_input(struct world *w)
{
	return world_sql(w, "SELECT (SELECT count(*) FROM chunk) + (SELECT count(*) FROM alias)"
			    " + (SELECT count(*) FROM leader)");
}

TEST(put_to_an_unknown_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	ck_assert_int_eq(world_run(&w, make_put(77, 0, 5, JOB_RUNNING)), ERR_NOT_FOUND);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM result"), 0);
	ck_assert(store_is_writable(w.store));
	ck_assert_int_eq(w.n_unwritable, 0);
	world_done(&w);
}

/* The failure of one operation leaves the others of its transaction alone. */
TEST(failed_operation_spoils_no_other)
{
	struct world w;
	struct store_op *good[2], *bad;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 1, 10);
	world_begin(&w, make_put(no, 0, 3, JOB_RUNNING), &good[0]);
	world_begin(&w, make_put(no + 1, 3, 4, JOB_RUNNING), &bad);
	world_begin(&w, make_put(no, 4, 6, JOB_RUNNING), &good[1]);
	ck_assert(world_wait(&w, world_is_idle));
	ck_assert_int_eq(good[0]->err, OK);
	ck_assert_int_eq(bad->err, ERR_NOT_FOUND);
	ck_assert_int_eq(good[1]->err, OK);
	ck_assert_uint_eq(good[1]->u.put.totals.completed, 5);
	for (int i = 0; i < 2; i++)
		store_op_free(good[i]);
	store_op_free(bad);
	world_done(&w);
}

TEST(submit_makes_a_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *submit = make_input(STORE_SUBMIT, 0, 2, 50);
	struct id id = submit->u.input.job.id;
	submit = world_call(&w, submit);
	ck_assert_int_eq(submit->err, OK);
	ck_assert_int_gt(submit->job_no, 0);
	ck_assert_int_eq(submit->u.input.job.no, submit->job_no);
	ck_assert(!submit->u.input.is_replay);
	struct store_op *load = make_op(STORE_LOAD, 0);
	load->u.job.id = id;
	load = world_call(&w, load);
	ck_assert_int_eq(load->err, OK);
	const struct job *job = &load->u.job;
	ck_assert_int_eq(job->no, submit->job_no);
	ck_assert_int_eq(job->state, JOB_QUEUED);
	ck_assert_str_eq(job->label, "a label");
	ck_assert_uint_eq(job->total, 100);
	ck_assert_uint_eq(job->completed, 0);
	ck_assert_uint_eq(job->params.concurrency, 5);
	ck_assert_uint_eq(job->params.rate, 70);
	ck_assert_int_eq(job->params.timeout, 2 * USEC_PER_SEC);
	ck_assert_uint_eq(job->params.attempts, 3);
	ck_assert_int_eq(job->created_at, submit->u.input.job.created_at);
	store_op_free(submit);
	store_op_free(load);
	world_done(&w);
}

TEST(same_id_twice_is_a_conflict)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *first = make_input(STORE_SUBMIT, 0, 1, 5);
	struct store_op *second = make_input(STORE_SUBMIT, 0, 1, 5);
	second->u.input.job.id = first->u.input.job.id;
	ck_assert_int_eq(world_run(&w, first), OK);
	ck_assert_int_eq(world_run(&w, second), ERR_CONFLICT);
	ck_assert_int_eq(count_input(&w), 1);
	world_done(&w);
}

/* Both submissions may be in one transaction or in two. */
TEST(key_replays_the_first_job)
{
	struct world w;
	struct store_op *first, *again, *other;

	world_init(&w);
	world_start(&w);
	for (int is_apart = 0; is_apart < 2; is_apart++) {
		struct store_op *ops[3];
		for (int i = 0; i < 3; i++) {
			ops[i] = make_input(STORE_SUBMIT, 0, 1, 5);
			set_key(ops[i], is_apart ? "apart" : "together", i == 2);
		}
		struct id id = ops[0]->u.input.job.id;
		world_begin(&w, ops[0], &first);
		ck_assert(!is_apart || world_wait(&w, world_is_idle));
		world_begin(&w, ops[1], &again);
		world_begin(&w, ops[2], &other);
		ck_assert(world_wait(&w, world_is_idle));
		ck_assert(first->err == OK && !first->u.input.is_replay);
		ck_assert(again->err == OK && again->u.input.is_replay);
		ck_assert_int_eq(again->u.input.job.no, first->job_no);
		ck_assert_mem_eq(&again->u.input.job.id, &id, sizeof(id));
		ck_assert_int_eq(other->err, ERR_CONFLICT);
		ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM job"), is_apart + 1);
		store_op_free(first);
		store_op_free(again);
		store_op_free(other);
	}
	world_done(&w);
}

TEST(key_is_forgotten)
{
	static const struct {
		usec_t age;
		bool is_deleted, is_replay;
	} rows[] = {{0, false, true}, {23 * 3600 * USEC_PER_SEC, false, true},
	    {25 * 3600 * USEC_PER_SEC, false, false}, {0, true, false}};
	struct world w;

	world_init(&w);
	world_start(&w);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct store_op *first = make_input(STORE_SUBMIT, 0, 1, 5);
		struct store_op *again = make_input(STORE_SUBMIT, 0, 1, 5);
		char key[16];
		snprintf(key, sizeof(key), "key %zu", i);
		set_key(first, key, 1);
		set_key(again, key, 1);
		again->u.input.job.created_at += rows[i].age;
		first = world_call(&w, first);
		ck_assert_int_eq(first->err, OK);
		if (rows[i].is_deleted)
			ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, first->job_no)), OK);
		again = world_call(&w, again);
		ck_assert_int_eq(again->err, OK);
		ck_assert_msg(again->u.input.is_replay == rows[i].is_replay, "row %zu", i);
		store_op_free(first);
		store_op_free(again);
	}
	world_done(&w);
}

/* Stage two chunks; returns the number that the job will have. */
static int64_t stage_two(struct world *w)
{
	struct store_op *op = world_call(w, make_input(STORE_STAGE, 0, 1, 10));
	int64_t no = op->job_no;

	ck_assert_int_eq(op->err, OK);
	ck_assert_int_gt(no, 0);
	store_op_free(op);
	op = make_input(STORE_STAGE, 1, 1, 10);
	op->job_no = no;
	add_alias(op, 15, 3);
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	ck_assert_int_eq(op->job_no, no);
	store_op_free(op);
	return no;
}

TEST(staged_input_becomes_a_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = stage_two(&w);
	struct store_op *list = make_op(STORE_LIST, 0);
	memset(&list->u.list.before, 0xff, sizeof(list->u.list.before));
	list->u.list.limit = 10;
	list = world_call(&w, list);
	ck_assert_uint_eq(list->u.list.n, 0); /* nobody sees it yet */
	store_op_free(list);
	struct store_op *submit = make_input(STORE_SUBMIT, 2, 1, 10);
	submit->job_no = no;
	submit->u.input.n_aliases_in_all = 1;
	submit = world_call(&w, submit);
	ck_assert_int_eq(submit->err, OK);
	ck_assert_int_eq(submit->u.input.job.no, no);
	store_op_free(submit);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 3);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 1);
	ck_assert_int_eq(w.unfinished[0].job.no, no);
	ck_assert_uint_eq(w.unfinished[0].n_aliases, 1);
	ck_assert_uint_eq(w.unfinished[0].job.total, 30);
	world_done(&w);
}

TEST(unstaged_input_goes)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = stage_two(&w);
	ck_assert_int_gt(count_input(&w), 0);
	ck_assert_int_eq(world_run(&w, make_op(STORE_UNSTAGE, no)), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(count_input(&w), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM job"), 0);
	world_done(&w);
}

/* What was staged for a submission that turns out to be known isn't needed. */
TEST(replay_forgets_what_was_staged)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *first = make_input(STORE_SUBMIT, 0, 1, 10);
	set_key(first, "key", 1);
	ck_assert_int_eq(world_run(&w, first), OK);
	int64_t no = stage_two(&w);
	struct store_op *again = make_input(STORE_SUBMIT, 2, 1, 10);
	again->job_no = no;
	set_key(again, "key", 1);
	again = world_call(&w, again);
	ck_assert(again->err == OK && again->u.input.is_replay);
	ck_assert_int_ne(again->u.input.job.no, no);
	store_op_free(again);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(count_input(&w), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM job"), 1);
	world_done(&w);
}

TEST(put_counts_and_uses_chunks_up)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 2, 10);
	struct store_op *put = make_put(no, 0, 4, JOB_RUNNING);
	put = world_call(&w, put);
	ck_assert_int_eq(put->err, OK);
	ck_assert_uint_eq(put->u.put.totals.completed, 4);
	store_op_free(put);
	put = make_put(no, 4, 12, JOB_RUNNING);
	mark_chunk(put, 1, 0, 2);
	use_chunk(put, 0);
	put = world_call(&w, put);
	ck_assert_uint_eq(put->u.put.totals.completed, 12);
	const struct job_totals put_totals = put->u.put.totals;
	store_op_free(put);
	ck_assert_int_eq(world_sql(&w, "SELECT min(seq) FROM result"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT max(seq) FROM result"), 5);
	ck_assert_uint_eq(put_totals.counts[ITEM_FOUND], 4);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM progress WHERE no = 1"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT found FROM job"), 4);
	ck_assert_int_eq(world_sql(&w, "SELECT not_found FROM job"), 4);
	ck_assert_int_eq(world_sql(&w, "SELECT error FROM job"), 4);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT no FROM chunk"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT state FROM job"), JOB_RUNNING);
	put = make_put(no, 0, 0, JOB_CANCELLED);
	put = world_call(&w, put);
	ck_assert_uint_eq(put->u.put.totals.completed, 12);
	store_op_free(put);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(count_input(&w), 0); /* a cancelled job needs no input */
	ck_assert_int_eq(world_sql(&w, "SELECT state FROM job"), JOB_CANCELLED);
	ck_assert_int_gt(world_sql(&w, "SELECT finished FROM job"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT sum(n) FROM result"), 12);
	world_done(&w);
}

/* A job of 20 items, of which four have the names of earlier ones, with results of the others. */
static int64_t submit_aliases(struct world *w)
{
	struct store_op *op = make_input(STORE_SUBMIT, 0, 2, 10);

	add_alias(op, 5, 0);
	add_alias(op, 6, 1);
	add_alias(op, 12, 0);
	add_alias(op, 19, 8);
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	int64_t no = op->job_no;
	store_op_free(op);
	struct store_op *put = make_put(no, 7, 12, JOB_RUNNING);
	for (uint32_t i = 0; i < 5; i++)
		add_result(put, i);
	put->u.put.has_aliases = true;
	ck_assert_int_eq(world_run(w, put), OK);
	put = make_put(no, 13, 19, JOB_RUNNING);
	put->u.put.has_aliases = true;
	use_chunk(put, 0);
	use_chunk(put, 1);
	ck_assert_int_eq(world_run(w, put), OK);
	return no;
}

static struct store_op *copy_some(struct world *w, int64_t no, uint32_t max)
{
	struct store_op *op = make_op(STORE_COPY, no);

	op->u.copy.max = max;
	return world_call(w, op);
}

TEST(copy_gives_aliases_their_results)
{
	static const char want[] = "+ name0.example\n  name1.example\n"
				   "+ name0.example\n? name8.example timeout\n";
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_aliases(&w);
	struct store_op *copy = copy_some(&w, no, 3);
	ck_assert_int_eq(copy->err, OK);
	ck_assert_uint_eq(copy->u.copy.n, 3);
	ck_assert_uint_eq(copy->u.copy.totals.completed, 19);
	ck_assert_uint_eq(copy->u.copy.counts[ITEM_FOUND], 2);
	ck_assert_uint_eq(copy->u.copy.counts[ITEM_NOT_FOUND], 1);
	store_op_free(copy);
	copy = copy_some(&w, no, 3);
	ck_assert_uint_eq(copy->u.copy.n, 1);
	ck_assert_uint_eq(copy->u.copy.totals.completed, 20);
	store_op_free(copy);
	copy = copy_some(&w, no, 3);
	ck_assert(copy->err == OK && copy->u.copy.n == 0);
	store_op_free(copy);
	struct store_op *rows = world_call(&w, make_rows(no, 16, 0));
	ck_assert_str_eq(rows->u.rows.text.data, want);
	store_op_free(rows);
	ck_assert_int_eq(world_sql(&w, "SELECT aliases FROM job"), 0);
	struct store_op *put = make_put(no, 0, 0, JOB_DONE);
	put->u.put.has_aliases = true;
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(count_input(&w), 0);
	world_done(&w);
}

TEST(copy_of_an_unfinished_first_item_changes_nothing)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 10);
	add_alias(op, 5, 0);
	op = world_call(&w, op);
	struct store_op *copy = copy_some(&w, op->job_no, 10);
	ck_assert_int_eq(copy->err, ERR_NOT_FOUND);
	ck_assert_int_eq(world_sql(&w, "SELECT completed FROM job"), 0);
	store_op_free(copy);
	store_op_free(op);
	world_done(&w);
}

/* An open read of the writer would keep the log from ever starting anew. */
TEST(copy_leaves_the_log_free)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	store_op_free(copy_some(&w, submit_aliases(&w), 10));
	/* it may be sweeping just now, for a moment */
	ck_assert(world_wait(&w, world_log_is_free));
	world_done(&w);
}

TEST(deleted_job_is_gone_and_its_rows_go)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t other = submit_job(&w, 1, 10);
	int64_t no = submit_job(&w, 100, 10);
	for (uint32_t i = 0; i < 200; i++)
		world_begin(&w, make_put(no, i, i + 1, JOB_RUNNING), NULL);
	ck_assert(world_wait(&w, world_is_idle));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM result"), 200);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert_int_eq(world_run(&w, make_put(no, 200, 201, JOB_RUNNING)), ERR_NOT_FOUND);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM result"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT no FROM job"), other);
	world_done(&w);
}

SUITE(sqlite_write)
{
	ADD(put_to_an_unknown_job);
	ADD(failed_operation_spoils_no_other);
	ADD(same_id_twice_is_a_conflict);
	ADD(copy_of_an_unfinished_first_item_changes_nothing);
	ADD(submit_makes_a_job);
	ADD(key_replays_the_first_job);
	ADD(key_is_forgotten);
	ADD(staged_input_becomes_a_job);
	ADD(unstaged_input_goes);
	ADD(replay_forgets_what_was_staged);
	ADD(put_counts_and_uses_chunks_up);
	ADD(copy_gives_aliases_their_results);
	ADD(copy_leaves_the_log_free);
	ADD(deleted_job_is_gone_and_its_rows_go);
}
