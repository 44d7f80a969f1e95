/* The store as a whole: opening, recovery, stopping. */
#include "../unit.h"
#include "sqlite/sqlite.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "world.h"

TEST(second_store_is_refused)
{
	struct world w;
	const struct store_events events = {.arg = NULL};
	struct store *second = NULL;
	char *why = NULL;

	world_init(&w);
	world_start(&w);
	ck_assert_int_eq(
	    store_open(sqlite_backend(), w.path, w.mailbox, &events, &second, &why), ERR_BUSY);
	ck_assert_ptr_null(second);
	ck_assert_str_eq(why, "in use by another daemon");
	free(why);
	submit_job(&w, 1, 5); /* the first one goes on */
	world_stop(&w);
	world_start(&w);
	world_done(&w);
}

/* As it stands on the disk; -1: there is no such file. */
static int mode_of(const struct world *w, const char *ending)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", w->path, ending);
	return stat(path, &st) == 0 ? (int)(st.st_mode & 0777) : -1;
}

static void write_file(const struct world *w, const char *ending, const char *text, mode_t mode)
{
	char path[128];

	snprintf(path, sizeof(path), "%s%s", w->path, ending);
	FILE *file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
	ck_assert_int_eq(chmod(path, mode), 0);
}

TEST(nobody_else_reads_the_files)
{
	struct world w;
	mode_t mask = umask(0);

	world_init(&w);
	world_start(&w);
	ck_assert_int_eq(mode_of(&w, ""), 0600);
	ck_assert_int_eq(mode_of(&w, "-wal"), 0600);
	ck_assert_int_eq(mode_of(&w, "-shm"), 0600);
	world_stop(&w);
	ck_assert_int_eq(chmod(w.path, 0644), 0); /* of an older version */
	world_start(&w);
	submit_job(&w, 1, 5);
	ck_assert_int_eq(mode_of(&w, ""), 0600);
	ck_assert_int_eq(mode_of(&w, "-wal"), 0600);
	umask(mask);
	world_done(&w);
}

static const struct {
	const char *name, *database;
} losses[] = {{"missing", NULL}, {"empty", ""}};

TEST(a_log_without_its_database_is_refused)
{
	struct world w;
	char *why = NULL;

	world_init(&w);
	if (losses[_i].database != NULL)
		write_file(&w, "", losses[_i].database, 0600);
	write_file(&w, "-wal", "what was committed last", 0600);
	ck_assert_msg(world_try(&w, &why) == ERR_CONFLICT, "%s", losses[_i].name);
	ck_assert_ptr_nonnull(strstr(why, "put the database back"));
	ck_assert_int_eq(mode_of(&w, "") >= 0, losses[_i].database != NULL);
	ck_assert_int_eq(mode_of(&w, "-wal"), 0600); /* it is still there */
	free(why);
	world_done(&w);
}

/* No file can be removed to let a second daemon in, nor does another name do so. */
TEST(the_lock_is_on_the_database_itself)
{
	struct world w;
	const struct store_events events = {.arg = NULL};
	struct store *second = NULL;
	char *why = NULL, other[128];

	world_init(&w);
	world_start(&w);
	snprintf(other, sizeof(other), "%s.lock", w.path);
	ck_assert_int_ne(unlink(other), 0);
	snprintf(other, sizeof(other), "%s-link", w.path);
	ck_assert_int_eq(link(w.path, other), 0);
	ck_assert_int_eq(
	    store_open(sqlite_backend(), other, w.mailbox, &events, &second, &why), ERR_BUSY);
	unlink(other);
	free(why);
	world_done(&w);
}

static bool is_unwritable(struct world *w)
{
	return w->n_unwritable > 0;
}

static bool is_writable_again(struct world *w)
{
	return w->n_writable > 0;
}

static const char *const lost_files[] = {"", "-wal", "-shm"};

/* What is written into a file without its name would be acknowledged and lost. */
TEST(files_that_are_moved_away_are_missed)
{
	struct world w;
	char from[128], to[140];

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 1, 5);
	snprintf(from, sizeof(from), "%s%s", w.path, lost_files[_i]);
	snprintf(to, sizeof(to), "%s.away", from);
	ck_assert_int_eq(rename(from, to), 0);
	store_look(w.store);
	ck_assert(world_wait(&w, is_unwritable));
	ck_assert_int_eq(w.why, ERR_GONE);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), ERR_GONE);
	write_file(&w, lost_files[_i], "another one", 0600);
	ck_assert_int_eq(world_run(&w, make_input(STORE_SUBMIT, 0, 1, 5)), ERR_GONE);
	ck_assert_int_eq(rename(to, from), 0);
	ck_assert(world_wait(&w, is_writable_again));
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	world_done(&w);
}

TEST(refuses_after_stop)
{
	struct world w;
	struct store_op *write, *read;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 1, 5);
	ck_assert(!store_refuse(w.store));
	store_stop(w.store);
	ck_assert(!store_refuse(w.store));
	world_begin(&w, make_put(no, 0, 5, JOB_DONE), &write);
	world_begin(&w, make_rows(no, 0, 0), &read);
	ck_assert_uint_eq(w.n_open, 2);
	ck_assert_uint_eq(store_n_queued(w.store), 0);
	ck_assert(store_refuse(w.store));
	ck_assert(store_refuse(w.store));
	ck_assert(!store_refuse(w.store));
	ck_assert_int_eq(write->err, ERR_BUSY);
	ck_assert_int_eq(read->err, ERR_BUSY);
	store_op_free(write);
	store_op_free(read);
	world_done(&w);
}

/* Everything started before the stop is done, though the loop doesn't turn any more. */
TEST(stop_works_everything_off)
{
	enum { N = 500 };
	struct world w;
	static struct store_op *puts[N], *reads[N];

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 1, 1000);
	for (uint32_t i = 0; i < N; i++) {
		world_begin(&w, make_put(no, i, i + 1, JOB_RUNNING), &puts[i]);
		world_begin(&w, make_rows(no, 0, 10), &reads[i]);
	}
	world_stop(&w);
	for (uint32_t i = 0; i < N; i++) {
		ck_assert_int_eq(puts[i]->err, OK);
		ck_assert_uint_eq(puts[i]->u.put.totals.completed, i + 1);
		ck_assert_int_eq(reads[i]->err, OK);
		store_op_free(puts[i]);
		store_op_free(reads[i]);
	}
	ck_assert_int_eq(world_sql(&w, "SELECT completed FROM job"), N);
	world_done(&w);
}

TEST(recovers_what_has_not_ended)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 0);
	for (int i = 0; i < 6; i++)
		ck_assert_int_eq(submit_job(&w, 3, 10), i + 1);
	struct store_op *put = make_put(2, 0, 12, JOB_RUNNING);
	use_chunk(put, 0);
	ck_assert_int_eq(world_run(&w, put), OK);
	put = make_put(3, 0, 30, JOB_RUNNING);
	for (uint32_t i = 0; i < 3; i++)
		use_chunk(put, i);
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert_int_eq(world_run(&w, make_put(4, 0, 30, JOB_DONE)), OK);
	ck_assert_int_eq(world_run(&w, make_put(5, 0, 1, JOB_CANCELLED)), OK);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, 6)), OK);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 3);
	const struct unfinished_job *u = w.unfinished;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(u[i].job.no, i + 1);
	ck_assert_int_eq(u[0].job.state, JOB_QUEUED);
	ck_assert_uint_eq(u[0].next_chunk, 0);
	ck_assert_str_eq(u[0].job.label, "a label");
	ck_assert_int_eq(u[1].job.state, JOB_RUNNING);
	ck_assert_uint_eq(u[1].next_chunk, 1);
	ck_assert_uint_eq(u[1].job.completed, 12);
	ck_assert_uint_eq(u[1].job.counts[ITEM_FOUND], 4);
	ck_assert_uint_eq(u[2].next_chunk, UINT32_MAX);
	ck_assert_uint_eq(store_count(w.store, JOB_DONE), 1);
	ck_assert_uint_eq(store_count(w.store, JOB_CANCELLED), 1);
	ck_assert_uint_eq(store_count(w.store, JOB_FAILED), 0);
	world_done(&w);
}

static bool is_empty(struct world *w)
{
	return world_sql(w, "SELECT (SELECT count(*) FROM job) + (SELECT count(*) FROM chunk)"
			    " + (SELECT count(*) FROM alias)") == 0;
}

/* As after a crash between STAGE and SUBMIT. */
TEST(staged_input_is_forgotten_at_the_next_open)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_STAGE, 0, 50, 10);
	add_alias(op, 7, 2);
	ck_assert_int_eq(world_run(&w, op), OK);
	world_stop(&w);
	ck_assert(!is_empty(&w));
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 0);
	ck_assert(world_wait(&w, is_empty));
	world_done(&w);
}

/* What a crash left of a deletion is swept at the next start. */
TEST(sweeping_goes_on_after_a_restart)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	submit_job(&w, 1000, 1);
	world_begin(&w, make_op(STORE_DELETE, 1), NULL);
	world_stop(&w);
	world_start(&w);
	ck_assert(world_wait(&w, is_empty));
	world_done(&w);
}

SUITE(store)
{
	ADD(second_store_is_refused);
	ADD(nobody_else_reads_the_files);
	ADD_ROWS(a_log_without_its_database_is_refused, losses);
	ADD(the_lock_is_on_the_database_itself);
	ADD_ROWS(files_that_are_moved_away_are_missed, lost_files);
	ADD(refuses_after_stop);
	ADD(stop_works_everything_off);
	ADD(recovers_what_has_not_ended);
	ADD(staged_input_is_forgotten_at_the_next_open);
	ADD(sweeping_goes_on_after_a_restart);
}
