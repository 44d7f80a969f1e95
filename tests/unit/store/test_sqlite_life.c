/* Pauses, and what failed with its input, in a real database. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wire/record.h"
#include "world.h"

static bool is_swept(struct world *w)
{
	return world_sql(w, "SELECT count(*) FROM job WHERE garbage > 0") == 0;
}

static enum err pause_job(struct world *w, int64_t no, bool is_paused)
{
	struct store_op *op = make_op(STORE_PAUSE, no);

	op->u.is_paused = is_paused;
	return world_run(w, op);
}

TEST(a_pause_outlives_the_store_and_not_the_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 1, 10);
	ck_assert_int_eq(pause_job(&w, no, true), OK);
	ck_assert_int_eq(pause_job(&w, no, true), OK);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 1);
	ck_assert(w.unfinished[0].job.is_paused);
	struct store_op *put = make_put(no, 0, 3, JOB_FAILED);
	put->u.put.reason = JOB_REASON_DEADLINE;
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert_int_eq(world_sql(&w, "SELECT paused FROM job"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT reason FROM job"), JOB_REASON_DEADLINE);
	ck_assert_int_eq(pause_job(&w, no, true), ERR_NOT_FOUND);
	no = submit_job(&w, 1, 10);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert_int_eq(pause_job(&w, no, true), ERR_NOT_FOUND);
	world_done(&w);
}

static struct store_op *make_cancel(int64_t no)
{
	struct store_op *op = make_op(STORE_CANCEL, no);

	op->u.put.state = JOB_CANCELLED;
	op->u.put.finished_at = 77;
	return op;
}

TEST(a_cancelled_job_keeps_its_results_and_ends_once)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 2, 10);
	ck_assert_int_eq(world_run(&w, make_put(no, 0, 3, JOB_RUNNING)), OK);
	struct store_op *op = world_call(&w, make_cancel(no));
	ck_assert(op->err == OK && op->u.put.totals.completed == 3);
	store_op_free(op);
	ck_assert_int_eq(world_run(&w, make_cancel(no)), ERR_NOT_FOUND);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT state FROM job"), JOB_CANCELLED);
	ck_assert_int_eq(world_sql(&w, "SELECT finished FROM job"), 77);
	ck_assert_int_eq(world_sql(&w, "SELECT sum(n) FROM result"), 3);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 0);
	op = world_call(&w, make_op(STORE_DELETE, no));
	ck_assert(op->err == OK && op->u.state == JOB_CANCELLED);
	store_op_free(op);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), ERR_NOT_FOUND);
	ck_assert_int_eq(world_run(&w, make_cancel(no)), ERR_NOT_FOUND);
	world_done(&w);
}

/* Make the job one of files, which no operation of these tests does. */
static int64_t submit_files(struct world *w, uint32_t n_chunks)
{
	struct store_op *op = make_input(STORE_SUBMIT, 0, n_chunks, 10);

	op->u.input.job.kind = KIND_DOWNLOADS;
	struct store_op *done = world_call(w, op);
	ck_assert_int_eq(done->err, OK);
	int64_t no = done->job_no;
	store_op_free(done);
	return no;
}

static size_t claim(struct world *w, int64_t no, uint32_t from, bool with_kept)
{
	struct store_op *op = make_op(STORE_CLAIM, no);

	op->u.claim.from = from;
	op->u.claim.max = 8;
	op->u.claim.with_kept = with_kept;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	size_t n = op->u.claim.n;
	store_op_free(op);
	return n;
}

TEST(kept_chunks_are_not_claimed_and_go_with_the_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_files(&w, 4);
	struct store_op *put = make_put(no, 0, 20, JOB_RUNNING);
	use_chunk(put, 0);
	keep_chunk(put, 1);
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert_uint_eq(claim(&w, no, 0, false), 2);
	ck_assert_uint_eq(claim(&w, no, 0, true), 3);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(w.unfinished[0].next_chunk, 2);
	put = make_put(no, 20, 40, JOB_DONE);
	keep_chunk(put, 2);
	use_chunk(put, 3);
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert_uint_eq(claim(&w, no, 0, true), 2);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 0);
	world_done(&w);
}

static const struct {
	const char *name;
	enum job_kind kind;
	uint32_t n_results; /* item 2 is the first that fails (world.c) */
	int n_chunks;       /* left when it was cancelled and swept */
} swept[] = {
    {"names", KIND_DOMAINS, 10, 0},
    {"files that failed", KIND_DOWNLOADS, 10, 2},
    {"files, and none failed", KIND_DOWNLOADS, 1, 0},
};

TEST(input_of_an_ended_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_SUBMIT, 0, 2, 10);
	op->u.input.job.kind = swept[_i].kind;
	ck_assert_int_eq(world_run(&w, op), OK);
	op = make_put(1, 0, swept[_i].n_results, JOB_CANCELLED);
	ck_assert_int_eq(world_run(&w, op), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_msg(world_sql(&w, "SELECT count(*) FROM chunk") == swept[_i].n_chunks, "%s",
	    swept[_i].name);
	world_done(&w);
}

/* Read all that failed, at most `max` at a time; returns how many there were. */
static size_t read_failed(struct world *w, int64_t no, uint32_t max, uint32_t *ret_sum)
{
	size_t n = 0;
	uint64_t after = 0;
	bool is_more = true;

	*ret_sum = 0;
	for (int pages = 0; is_more; pages++) {
		ck_assert_int_lt(pages, 1000);
		struct store_op *op = make_op(STORE_FAILED, no);
		op->u.failed.after = after;
		op->u.failed.max = max;
		op->u.failed.wants_names = true;
		op = world_call(w, op);
		ck_assert_int_eq(op->err, OK);
		ck_assert_uint_eq(op->u.failed.n, op->u.failed.names.n);
		struct chunk_item item;
		size_t offset = 0;
		for (size_t i = 0; i < op->u.failed.n; i++, n++) {
			ck_assert(chunk_next(&op->u.failed.names, &offset, &item));
			ck_assert_int_eq(item_status_of(op->u.failed.indexes[i]), ITEM_ERROR);
			const char *name = item_name(op->u.failed.indexes[i]);
			ck_assert(
			    item.len == strlen(name) && memcmp(item.text, name, item.len) == 0);
			*ret_sum += op->u.failed.indexes[i];
		}
		after = op->u.failed.last;
		is_more = op->u.failed.is_more;
		store_op_free(op);
	}
	return n;
}

static const uint32_t sizes[] = {1, 7, 5000};

TEST(what_failed_is_read_page_by_page)
{
	struct world w;
	size_t n_wanted = 0;
	uint32_t sum, sum_wanted = 0;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 4, 100);
	for (uint32_t i = 0; i < 400; i += 50)
		ck_assert_int_eq(
		    world_run(&w, make_put(no, i, i + 50, i == 350 ? JOB_DONE : JOB_RUNNING)), OK);
	for (uint32_t i = 0; i < 400; i++) {
		if (item_status_of(i) == ITEM_ERROR) {
			n_wanted++;
			sum_wanted += i;
		}
	}
	ck_assert_uint_gt(n_wanted, 10);
	ck_assert_uint_eq(read_failed(&w, no, sizes[_i], &sum), n_wanted);
	ck_assert_uint_eq(sum, sum_wanted);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	struct store_op *op = make_op(STORE_FAILED, no);
	op->u.failed.max = 5;
	ck_assert_int_eq(world_run(&w, op), ERR_NOT_FOUND);
	world_done(&w);
}

SUITE(sqlite_life)
{
	ADD(a_cancelled_job_keeps_its_results_and_ends_once);
	ADD(a_pause_outlives_the_store_and_not_the_job);
	ADD(kept_chunks_are_not_claimed_and_go_with_the_job);
	ADD_ROWS(input_of_an_ended_job, swept);
	ADD_ROWS(what_failed_is_read_page_by_page, sizes);
}
