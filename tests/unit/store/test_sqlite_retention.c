/* Jobs are forgotten in the right order, swept with all that belongs to them, and the file shrinks.
 */
#include "../unit.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "world.h"

/* Make a job that ended at this time, with results of `n` items in blocks of `n_each`. */
static int64_t end_job(struct world *w, usec_t finished_at, uint32_t n, uint32_t n_each)
{
	struct store_op *submit = make_input(STORE_SUBMIT, 0, 1, n < 1000 ? n : 1000);
	char key[32];

	snprintf(key, sizeof(key), "key %lld", (long long)finished_at);
	set_key(submit, key, 1);
	submit = world_call(w, submit);
	int64_t no = submit->job_no;
	ck_assert_int_eq(submit->err, OK);
	store_op_free(submit);
	for (uint32_t i = 0; i < n; i += n_each) {
		bool is_last = i + n_each >= n;
		struct store_op *put =
		    make_put(no, i, is_last ? n : i + n_each, is_last ? JOB_DONE : JOB_RUNNING);
		put->u.put.finished_at = is_last ? finished_at : 0;
		if (is_last)
			use_chunk(put, 0);
		ck_assert_int_eq(world_run(w, put), OK);
	}
	return no;
}

static struct store_op *retire(struct world *w, usec_t before, uint64_t n_bytes, uint32_t max)
{
	struct store_op *op = make_op(STORE_RETIRE, 0);

	op->u.retire.before = before;
	op->u.retire.n_bytes = n_bytes;
	op->u.retire.max = max;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	return op;
}

static bool is_swept(struct world *w)
{
	return world_sql(w, "SELECT count(*) FROM job WHERE garbage > 0") == 0;
}

TEST(the_oldest_are_forgotten)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t third = end_job(&w, 3000, 5, 5), first = end_job(&w, 1000, 5, 5);
	int64_t live = submit_job(&w, 1, 5);
	int64_t second = end_job(&w, 2000, 5, 5);
	struct store_op *op = retire(&w, 3000, 0, 1);
	ck_assert_uint_eq(op->u.retire.n, 1);
	ck_assert(op->u.retire.is_more);
	ck_assert_int_eq(op->u.retire.jobs[0].state, JOB_DONE);
	ck_assert_int_eq(op->u.retire.jobs[0].kind, KIND_DOMAINS);
	store_op_free(op);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT min(no) FROM job"), third);
	char sql[128];
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM job WHERE no = %lld", (long long)first);
	ck_assert_int_eq(world_sql(&w, sql), 0);
	op = retire(&w, 3000, 0, 10);
	ck_assert_uint_eq(op->u.retire.n, 1);
	ck_assert(!op->u.retire.is_more);
	store_op_free(op);
	ck_assert(world_wait(&w, is_swept));
	snprintf(sql, sizeof(sql), "SELECT count(*) FROM job WHERE no = %lld", (long long)second);
	ck_assert_int_eq(world_sql(&w, sql), 0);
	op = retire(&w, CLOCK_WALL_MAX, 0, 10);
	ck_assert_uint_eq(op->u.retire.n, 1);
	store_op_free(op);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT no FROM job"), live);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM result"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM idempotency"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 1);
	world_done(&w);
}

/* With the commit it is gone for all, long before it is swept. */
TEST(a_forgotten_job_is_gone_at_once)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = end_job(&w, 1000, 5, 5);
	struct store_op *op = retire(&w, 2000, 0, 10), *load = make_op(STORE_LOAD, 0);
	load->u.job.id = op->u.retire.jobs[0].id;
	ck_assert_int_eq(world_run(&w, load), ERR_NOT_FOUND);
	ck_assert_int_eq(world_run(&w, make_put(no, 5, 6, JOB_RUNNING)), ERR_NOT_FOUND);
	store_op_free(op);
	world_done(&w);
}

/* About as many as hold the bytes, by the size of their first block. */
TEST(enough_bytes_end_it)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	for (int i = 0; i < 10; i++)
		end_job(&w, 1000 + i, 1000, 100);
	int64_t one = world_sql(&w, "SELECT sum(length(records)) FROM result") / 10;
	struct store_op *op = retire(&w, CLOCK_WALL_MAX, (uint64_t)one * 3, 10);
	ck_assert_uint_ge(op->u.retire.n, 2);
	ck_assert_uint_le(op->u.retire.n, 4);
	ck_assert_uint_ge(op->u.retire.n_freed, (uint64_t)one * 3);
	ck_assert(op->u.retire.is_more);
	store_op_free(op);
	world_done(&w);
}

/* A cancelled job gives its input up and stays; of what failed, the input is kept. */
TEST(input_goes_before_the_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 5, 100);
	world_sql(&w, "UPDATE chunk SET is_kept = 1 WHERE no = 3");
	ck_assert_int_eq(world_run(&w, make_put(no, 0, 10, JOB_CANCELLED)), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT no FROM chunk"), 3);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM result"), 1);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 0);
	world_done(&w);
}

static int64_t file_bytes(const struct world *w)
{
	struct stat st;

	return stat(w->path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* The file gets shorter with each checkpoint, also before all space was given back. */
static bool is_shrunk(struct world *w)
{
	return !store_has_chores(w->store) && store_size(w->store).free <= 1 << 20 &&
	       file_bytes(w) < 2 << 20; /* a mebibyte may stay free */
}

static void fill(struct world *w, int64_t *ret_no)
{
	*ret_no = end_job(w, 1000, 300000, 3000);
	/* a part of it is in the log still */
	ck_assert_int_gt((int64_t)store_size(w->store).used, 8 << 20);
}

TEST(the_file_shrinks)
{
	struct world w;
	int64_t no;

	world_init(&w);
	world_start(&w);
	ck_assert(store_can_shrink(w.store));
	ck_assert_int_eq(world_sql(&w, "PRAGMA auto_vacuum"), 2);
	fill(&w, &no);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert(world_wait(&w, is_shrunk));
	ck_assert_uint_lt(store_size(w.store).used, 1 << 20);
	ck_assert_int_eq(
	    world_sql(&w, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
	ck_assert_int_eq(w.n_unwritable, 0);
	world_done(&w);
}

/* Commits go on while a read holds the log; chores rest, and go on when it is over. */
TEST(a_long_read_holds_up_no_commit)
{
	struct world w;
	int64_t no;
	sqlite3 *reader;

	world_init(&w);
	world_start(&w);
	fill(&w, &no);
	ck_assert_int_eq(sqlite3_open(w.path, &reader), SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_exec(reader, "BEGIN; SELECT count(*) FROM job", NULL, NULL, NULL), SQLITE_OK);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	usec_t slowest = 0;
	for (int i = 0; i < 100; i++) {
		usec_t start = clock_mono();
		submit_job(&w, 1, 5);
		usec_t took = clock_mono() - start;
		slowest = took > slowest ? took : slowest;
	}
	ck_assert_msg(slowest < 2 * USEC_PER_SEC, "%lld us", (long long)slowest);
	sqlite3_close(reader); /* its statement was run to its end */
	ck_assert(world_wait(&w, is_shrunk));
	world_done(&w);
}

/* --- Copies --- */

struct copying {
	struct world *world;
	bool is_done;
	struct store_copy copy;
};

static void on_copied(const struct store_copy *copy, void *arg)
{
	struct copying *c = arg;

	c->is_done = true;
	c->copy = *copy;
	loop_stop(c->world->loop, 0);
}

static struct copying *copying;

static bool is_copied(struct world *w)
{
	(void)w;
	return copying->is_done;
}

static int64_t sum_results(const struct store_copy *copy)
{
	sqlite3 *handle;
	sqlite3_stmt *s;
	unsigned char *bytes = sqlite3_malloc64(copy->n_bytes);

	ck_assert_int_eq(pread(copy->fd, bytes, copy->n_bytes, 0), (ssize_t)copy->n_bytes);
	ck_assert_int_eq(sqlite3_open(":memory:", &handle), SQLITE_OK);
	ck_assert_int_eq(sqlite3_deserialize(handle, "main", bytes, (sqlite3_int64)copy->n_bytes,
			     (sqlite3_int64)copy->n_bytes, SQLITE_DESERIALIZE_FREEONCLOSE),
	    SQLITE_OK);
	ck_assert_int_eq(
	    sqlite3_prepare_v2(handle, "SELECT sum(n) FROM result", -1, &s, NULL), SQLITE_OK);
	ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
	int64_t sum = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(handle);
	return sum;
}

TEST(a_copy_is_whole_and_has_no_name)
{
	struct world w;
	struct copying c = {.world = &w}, second = {.world = &w};
	char path[128], head[16];

	world_init(&w);
	world_start(&w);
	end_job(&w, 1000, 5000, 500);
	copying = &c;
	ck_assert_int_eq(store_copy_start(w.store, on_copied, &c), OK);
	ck_assert(!c.is_done);
	ck_assert_int_eq(store_copy_start(w.store, on_copied, &second), ERR_BUSY);
	ck_assert(world_wait(&w, is_copied));
	ck_assert_int_eq(c.copy.err, OK);
	ck_assert_int_eq(pread(c.copy.fd, head, sizeof(head), 0), sizeof(head));
	ck_assert_str_eq(head, "SQLite format 3");
	ck_assert_uint_eq(c.copy.n_bytes % 4096, 0);
	snprintf(path, sizeof(path), "%s.copy", w.path);
	ck_assert_int_ne(access(path, F_OK), 0);
	struct stat st;
	ck_assert_int_eq(fstat(c.copy.fd, &st), 0);
	ck_assert(st.st_nlink == 0 && (st.st_mode & 0777) == 0600);
	ck_assert_int_eq(sum_results(&c.copy), 5000);
	close(c.copy.fd);
	c.is_done = false;
	ck_assert_int_eq(store_copy_start(w.store, on_copied, &c), OK); /* and another */
	ck_assert(world_wait(&w, is_copied));
	close(c.copy.fd);
	world_done(&w);
}

TEST(the_stop_ends_a_copy)
{
	struct world w;
	struct copying c = {.world = &w};
	int64_t no;

	world_init(&w);
	world_start(&w);
	fill(&w, &no);
	ck_assert_int_eq(store_copy_start(w.store, on_copied, &c), OK);
	store_stop(w.store);
	ck_assert(!c.is_done);
	ck_assert_int_eq(store_copy_start(w.store, on_copied, &c), ERR_BUSY);
	mailbox_deliver(w.mailbox);
	ck_assert(c.is_done);
	if (c.copy.err == OK) /* it was quick */
		close(c.copy.fd);
	else
		ck_assert_int_eq(c.copy.err, ERR_BUSY);
	world_done(&w);
}

TEST(a_copy_needs_its_place)
{
	struct world w;
	struct copying c = {.world = &w};
	char path[128];

	world_init(&w);
	world_start(&w);
	snprintf(path, sizeof(path), "%s.copy", w.path);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	copying = &c;
	ck_assert_int_eq(store_copy_start(w.store, on_copied, &c), OK);
	ck_assert(world_wait(&w, is_copied));
	ck_assert_int_eq(c.copy.err, ERR_READ_ONLY);
	ck_assert_int_eq(c.copy.fd, -1);
	rmdir(path);
	world_done(&w);
}

SUITE(sqlite_retention)
{
	ADD(the_oldest_are_forgotten);
	ADD(a_forgotten_job_is_gone_at_once);
	ADD(enough_bytes_end_it);
	ADD(input_goes_before_the_job);
	ADD(the_file_shrinks);
	ADD(a_long_read_holds_up_no_commit);
	ADD(a_copy_is_whole_and_has_no_name);
	ADD(the_stop_ends_a_copy);
	ADD(a_copy_needs_its_place);
}
