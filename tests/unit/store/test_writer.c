/* The writing thread: order, and what becomes of operations when the database can't be written. */
#include "../unit.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "world.h"

/* Let no file be written behind its first page, or let all be written again. As long as files are
 * so short nothing may be asserted: the framework keeps what it notes in a file. */
static void set_room(bool has_room)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = has_room ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_FSIZE, &limit);
}

static bool is_writable(struct world *w)
{
	return store_is_writable(w->store);
}

static bool is_unwritable(struct world *w)
{
	return w->n_unwritable > 0;
}

static bool is_writable_again(struct world *w)
{
	return w->n_writable > 0;
}

static void open_full_world(struct world *w, int64_t *ret_no)
{
	world_init(w);
	world_start(w);
	*ret_no = submit_job(w, 3, 10);
	ck_assert(store_is_writable(w->store));
}

TEST(without_room_submissions_fail)
{
	struct world w;
	int64_t no;
	struct store_op *submit, *stage, *delete;

	open_full_world(&w, &no);
	set_room(false);
	world_begin(&w, make_input(STORE_SUBMIT, 0, 3, 10), &submit);
	world_begin(&w, make_input(STORE_STAGE, 0, 3, 10), &stage);
	world_begin(&w, make_op(STORE_DELETE, no), &delete);
	bool is_idle = world_wait(&w, world_is_idle);
	bool was_writable = store_is_writable(w.store);
	set_room(true);
	ck_assert(is_idle && !was_writable);
	ck_assert_int_eq(submit->err, ERR_IO);
	ck_assert_int_eq(stage->err, ERR_IO);
	ck_assert_int_eq(delete->err, ERR_IO);
	ck_assert_int_eq(w.n_unwritable, 1);
	ck_assert_int_eq(w.why, ERR_IO);
	ck_assert(world_wait(&w, is_writable_again));
	ck_assert(world_wait(&w, is_writable));
	ck_assert_int_eq(w.n_fatal, 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM job"), 1);
	submit_job(&w, 3, 10);
	store_op_free(submit);
	store_op_free(stage);
	store_op_free(delete);
	world_done(&w);
}

static bool has_read(struct world *w)
{
	return w->n_done == 2; /* the submission is the first */
}

TEST(without_room_results_are_kept)
{
	struct world w;
	int64_t no;
	struct store_op *puts[6] = {NULL}, *done = NULL;

	open_full_world(&w, &no);
	set_room(false);
	for (uint32_t i = 0; i < 3; i++)
		world_begin(&w, make_put(no, i, i + 1, JOB_RUNNING), &puts[i]);
	bool did_report = world_wait(&w, is_unwritable);
	for (uint32_t i = 3; i < 6; i++)
		world_begin(&w, make_put(no, i, i + 1, JOB_RUNNING), &puts[i]);
	world_begin(&w, make_rows(no, 0, 0), &done);
	bool can_read = world_wait(&w, has_read);
	size_t n_open = w.n_open;
	set_room(true);
	ck_assert(did_report && can_read);
	ck_assert_uint_eq(n_open, 6);
	ck_assert(done->err == OK && done->u.rows.n == 0);
	store_op_free(done);
	ck_assert(world_wait(&w, world_is_idle));
	ck_assert(world_wait(&w, is_writable));
	ck_assert_int_eq(w.n_writable, 1);
	ck_assert_int_eq(w.n_unwritable, 1);
	for (uint32_t i = 0; i < 6; i++) { /* each once, in order */
		ck_assert_int_eq(puts[i]->err, OK);
		ck_assert_uint_eq(puts[i]->u.put.totals.completed, i + 1);
		store_op_free(puts[i]);
	}
	ck_assert_int_eq(world_sql(&w, "SELECT completed FROM job"), 6);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM result"), 6);
	world_done(&w);
}

/* At the end there is no second try: the next run asks those items again. */
TEST(stop_gives_up_what_cannot_be_written)
{
	struct world w;
	int64_t no;
	struct store_op *put;

	open_full_world(&w, &no);
	set_room(false);
	world_begin(&w, make_put(no, 0, 10, JOB_RUNNING), &put);
	bool did_report = world_wait(&w, is_unwritable);
	store_stop(w.store);
	mailbox_deliver(w.mailbox);
	set_room(true);
	ck_assert(did_report);
	ck_assert_uint_eq(w.n_open, 0);
	ck_assert_int_eq(put->err, ERR_IO);
	store_op_free(put);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 1);
	ck_assert_uint_eq(w.unfinished[0].job.completed, 0);
	world_done(&w);
}

static bool is_swept(struct world *w)
{
	return world_sql(w, "SELECT count(*) FROM job") == 0;
}

static struct world *full_world;

static void on_deleted(struct store_op *op)
{
	(void)op;
	set_room(false);
	full_world->n_open--;
	loop_stop(full_world->loop, 0);
}

/* A slice that could not be deleted is tried again. */
TEST(sweeping_goes_on_when_there_is_room_again)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	full_world = &w;
	int64_t no = submit_job(&w, 8000, 2);
	struct store_op *op = make_op(STORE_DELETE, no);
	op->on_done = on_deleted;
	w.n_open++;
	store_start(w.store, op);
	world_wait(&w, world_is_idle);
	world_begin(&w, make_rows(no, 0, 0), NULL); /* gives it time for a slice */
	world_wait(&w, world_is_idle);
	world_begin(&w, make_input(STORE_SUBMIT, 0, 1, 10), NULL); /* is refused */
	bool did_report = world_wait(&w, is_unwritable);
	set_room(true);
	ck_assert(did_report);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(w.n_fatal, 0);
	world_done(&w);
}

/* A file system of its own that is full, where the process may mount one. */
TEST(full_file_system)
{
	struct world w;
	struct store_op *op = NULL;

	world_init(&w);
	if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
	    mount("none", w.dir, "tmpfs", 0, "size=1m") != 0) {
		world_done(&w);
		return;
	}
	world_start(&w);
	int64_t no = submit_job(&w, 1, 10);
	for (int i = 0; i < 100 && w.n_unwritable == 0; i++) {
		store_op_free(op);
		op = world_call(&w, make_input(STORE_SUBMIT, 0, 50, 1000));
	}
	ck_assert_int_eq(w.n_unwritable, 1);
	ck_assert_int_eq(op->err, ERR_FULL);
	store_op_free(op);
	world_begin(&w, make_put(no, 0, 10, JOB_DONE), &op);
	ck_assert_int_eq(mount("none", w.dir, "tmpfs", MS_REMOUNT, "size=64m"), 0);
	ck_assert(world_wait(&w, world_is_idle));
	ck_assert_int_eq(op->err, OK);
	ck_assert(world_wait(&w, is_writable)); /* once there is proof of room */
	store_op_free(op);
	world_stop(&w);
	umount(w.dir);
	world_done(&w);
}

/* Much at once, from several jobs, with readers beside. What was reported is there to be read. */
TEST(writes_in_order_beside_reads)
{
	enum { N_JOBS = 4, N = 1500 };
	struct world w;
	int64_t nos[N_JOBS];
	static struct store_op *puts[N_JOBS][N];

	world_init(&w);
	world_start(&w);
	for (int k = 0; k < N_JOBS; k++)
		nos[k] = submit_job(&w, 2, 1000);
	for (uint32_t i = 0; i < N; i++) {
		for (int k = 0; k < N_JOBS; k++)
			world_begin(&w, make_put(nos[k], i, i + 1, JOB_RUNNING), &puts[k][i]);
		world_begin(&w, make_rows(nos[i % N_JOBS], 0, 50), NULL);
		if (i % 100 == 0)
			submit_job(&w, 1, 1000);
	}
	ck_assert(world_wait(&w, world_is_idle));
	ck_assert_uint_eq(store_n_queued(w.store), 0);
	for (int k = 0; k < N_JOBS; k++) {
		for (uint32_t i = 0; i < N; i++) {
			ck_assert(puts[k][i]->err == OK);
			ck_assert(puts[k][i]->u.put.totals.completed == i + 1);
			store_op_free(puts[k][i]);
		}
	}
	struct store_op *rows = world_call(&w, make_rows(nos[0], 0, 0));
	ck_assert_uint_eq(rows->u.rows.n, N);
	store_op_free(rows);
	world_done(&w);
}

static bool is_checkpointed(struct world *w)
{
	struct stat st;

	return stat(w->path, &st) == 0 && st.st_size > 1000 * 4096;
}

/* A long log is carried back into the database while the store runs. */
TEST(long_log_is_carried_back)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	for (int i = 0; i < 8; i++)
		submit_job(&w, 50, 1000);
	ck_assert(world_wait(&w, is_checkpointed));
	submit_job(&w, 1, 10);
	ck_assert_int_eq(w.n_unwritable, 0);
	world_done(&w);
}

SUITE(writer)
{
	ADD(without_room_submissions_fail);
	ADD(without_room_results_are_kept);
	ADD(stop_gives_up_what_cannot_be_written);
	ADD(sweeping_goes_on_when_there_is_room_again);
	ADD(full_file_system);
	ADD(long_log_is_carried_back);
	ADD(writes_in_order_beside_reads);
}
