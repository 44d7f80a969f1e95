/* Files that are no database of ours, and the one that is made. */
#include "../unit.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "world.h"

static void check_refused(struct world *w, enum err want, const char *want_why)
{
	char *why = NULL;
	enum err e = world_try(w, &why);

	ck_assert_msg(e == want, "%s: %s", err_str(e), why);
	ck_assert_ptr_nonnull(why);
	ck_assert_msg(strstr(why, want_why) != NULL, "%s", why);
	ck_assert_ptr_null(w->store);
	free(why);
}

TEST(refuses_a_file_that_is_no_database)
{
	struct world w;

	world_init(&w);
	FILE *f = fopen(w.path, "we");
	ck_assert_ptr_nonnull(f);
	for (int i = 0; i < 1000; i++)
		fputs("and.dev\nor.dev\n", f);
	ck_assert_int_eq(fclose(f), 0);
	check_refused(&w, ERR_FATAL, "not a database");
	/* what was there is left alone */
	struct stat st;
	ck_assert_int_eq(stat(w.path, &st), 0);
	ck_assert_int_eq(st.st_size, 15000);
	world_done(&w);
}

TEST(refuses_a_newer_version)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t version = world_sql(&w, "PRAGMA user_version");
	ck_assert_int_ge(version, 1);
	world_stop(&w);
	world_sql(&w, "PRAGMA user_version = 1000");
	check_refused(&w, ERR_INVALID, "newer version");
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 1000);
	world_done(&w);
}

TEST(refuses_tables_that_are_not_ours)
{
	struct world w;

	world_init(&w);
	world_sql(&w, "CREATE TABLE job(name TEXT)");
	check_refused(&w, ERR_IO, "job already exists");
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM sqlite_schema"), 1);
	world_done(&w);
}

TEST(refuses_a_directory_that_is_not_there)
{
	struct world w;

	world_init(&w);
	char *end = strrchr(w.path, '/');
	memcpy(end, "/x/y", sizeof("/x/y"));
	check_refused(&w, ERR_SYSTEM, "No such file");
	world_done(&w);
}

TEST(is_made_once)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t n = world_sql(&w, "SELECT count(*) FROM sqlite_schema");
	ck_assert_int_gt(n, 0);
	world_stop(&w);
	world_start(&w);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM sqlite_schema"), n);
	world_done(&w);
}

/* The database of the first release, with a job that has ended and one in the middle of its work:
 * two names, of which the first has its result, in the form that records had then. */
static const char version_1[] =
    "CREATE TABLE job(no INTEGER PRIMARY KEY AUTOINCREMENT, id BLOB NOT NULL UNIQUE, state INT NOT "
    "NULL,"
    " garbage INT NOT NULL DEFAULT 0, kind INT NOT NULL DEFAULT 0, checked INT NOT NULL DEFAULT 0,"
    " label TEXT, concurrency INT NOT NULL DEFAULT 0, rate INT NOT NULL DEFAULT 0,"
    " timeout INT NOT NULL DEFAULT 0, attempts INT NOT NULL DEFAULT 0, total INT NOT NULL DEFAULT "
    "0,"
    " completed INT NOT NULL DEFAULT 0, found INT NOT NULL DEFAULT 0, not_found INT NOT NULL "
    "DEFAULT 0,"
    " error INT NOT NULL DEFAULT 0, aliases INT NOT NULL DEFAULT 0, low_seq INT NOT NULL DEFAULT 0,"
    " created INT NOT NULL, started INT NOT NULL DEFAULT 0, finished INT NOT NULL DEFAULT 0) "
    "STRICT;"
    "CREATE INDEX job_state ON job(state, id);"
    "CREATE INDEX job_garbage ON job(no) WHERE garbage > 0;"
    "CREATE TABLE chunk(job INT NOT NULL, no INT NOT NULL, first INT NOT NULL, n INT NOT NULL,"
    " items BLOB NOT NULL, PRIMARY KEY(job, no)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE result(job INT NOT NULL, seq INT NOT NULL, n INT NOT NULL, records BLOB NOT NULL,"
    " PRIMARY KEY(job, seq)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE alias(job INT NOT NULL, idx INT NOT NULL, first INT NOT NULL,"
    " PRIMARY KEY(job, idx)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE leader(job INT NOT NULL, idx INT NOT NULL, seq INT, PRIMARY KEY(job, idx))"
    " STRICT, WITHOUT ROWID;"
    "CREATE TABLE idempotency(key TEXT PRIMARY KEY, fingerprint BLOB NOT NULL, job INT NOT NULL,"
    " created INT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_job ON idempotency(job);"
    "CREATE INDEX idempotency_created ON idempotency(created);"
    "CREATE TABLE touch(one INTEGER PRIMARY KEY, filler BLOB NOT NULL) STRICT;"
    "INSERT INTO job(no, id, state, label, rate, total, completed, found, created, started)"
    " VALUES(3, x'0193fd1ca9c07abc8def0123456789af', 1, 'old', 70, 2, 1, 1, 1000, 2000);"
    "INSERT INTO job(no, id, state, total, completed, not_found, error, created, started, finished)"
    " VALUES(1, x'0193fd1ca9c07abc8def0123456789ae', 2, 5, 5, 3, 2, 1000, 2000, 3000);"
    "INSERT INTO chunk VALUES(3, 0, 0, 2, x'010600612e74657374010600622e74657374');"
    "INSERT INTO result VALUES(3, 1, 1, x'000000019003e80300000000000006612e74657374"
    "0104c0000201ac02010000900304"
    "7f0000010035');"
    "PRAGMA user_version = 1";

static void make_version_1(struct world *w)
{
	sqlite3 *handle;
	char *why = NULL;

	ck_assert_int_eq(sqlite3_open(w->path, &handle), SQLITE_OK);
	ck_assert_msg(sqlite3_exec(handle, version_1, NULL, NULL, &why) == SQLITE_OK, "%s", why);
	sqlite3_close(handle);
}

TEST(a_database_of_version_1_goes_on)
{
	struct world w;

	world_init(&w);
	make_version_1(&w);
	world_start(&w);
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 10);
	ck_assert_uint_eq(store_count(w.store, JOB_DONE), 1);
	ck_assert(store_can_shrink(w.store)); /* the file was made anew */
	ck_assert_int_eq(world_sql(&w, "PRAGMA auto_vacuum"), 2);
	ck_assert_uint_eq(w.n_unfinished, 1);
	const struct job *job = &w.unfinished[0].job;
	ck_assert_int_eq(job->no, 3);
	ck_assert_str_eq(job->label, "old");
	ck_assert_int_eq(job->kind, KIND_DOMAINS);
	ck_assert_uint_eq(job->params.rate, 70);
	ck_assert_uint_eq(job->counts[ITEM_FOUND], 1);
	ck_assert_uint_eq(job->counts[ITEM_OK], 0);
	ck_assert(job->created_at == 1000 && job->started_at == 2000 && job->finished_at == 0);
	struct store_op *op = world_call(&w, make_rows(3, 0, 0));
	ck_assert_str_eq(op->u.rows.text.data, "+ a.test\n");
	store_op_free(op);
	/* which of its items are done was told by its results */
	op = make_op(STORE_CLAIM, 3);
	op->u.claim.max = 1;
	op = world_call(&w, op);
	ck_assert(op->err == OK && op->u.claim.n == 1);
	ck_assert(chunk_mask_has(&op->u.claim.chunks[0].done, 0));
	ck_assert(!chunk_mask_has(&op->u.claim.chunks[0].done, 1));
	ck_assert(!op->u.claim.chunks[0].has_failed);
	store_op_free(op);
	struct store_op *put = make_put(3, 1, 2, JOB_DONE);
	use_chunk(put, 0);
	op = world_call(&w, put);
	ck_assert(op->err == OK && op->u.put.totals.completed == 2);
	store_op_free(op);
	op = make_op(STORE_FILES, 3);
	op->u.files.max = 5;
	op = world_call(&w, op);
	ck_assert(op->err == OK && op->u.files.n == 0);
	store_op_free(op);
	world_done(&w);
}

static const char *const columns_9_10[] = {"ALTER TABLE job DROP COLUMN registered",
    "ALTER TABLE job DROP COLUMN available", "ALTER TABLE job DROP COLUMN reserved",
    "ALTER TABLE job DROP COLUMN unknown", "ALTER TABLE job DROP COLUMN unchanged"};

/* The versions after the third add tables and columns. A daemon of the third left no word of how it
 * ended, which counts as an orderly stop. */
TEST(a_database_of_version_3_goes_on)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t job = submit_job(&w, 2, 5);
	world_stop(&w);
	world_sql(&w, "DROP TABLE life");
	world_sql(&w, "DROP TABLE watched");
	world_sql(&w, "ALTER TABLE result DROP COLUMN sum");
	world_sql(&w, "ALTER TABLE chunk DROP COLUMN sum");
	world_sql(&w, "ALTER TABLE job ADD COLUMN low_seq INT NOT NULL DEFAULT 0");
	world_sql(&w, "DROP TABLE progress");
	world_sql(&w, "DROP TABLE identity");
	world_sql(&w, "DROP TABLE removal");
	world_sql(&w, "DROP TABLE noted");
	world_sql(&w, "DROP TABLE copy");
	world_sql(&w, "ALTER TABLE job DROP COLUMN asked");
	for (size_t i = 0; i < N_ROWS(columns_9_10); i++)
		world_sql(&w, columns_9_10[i]);
	world_sql(&w, "PRAGMA user_version = 3");
	world_start(&w);
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 10);
	ck_assert(store_life(w.store)->is_known && store_life(w.store)->n_unclean == 0);
	ck_assert_uint_eq(w.n_unfinished, 1);
	struct store_op *op = make_op(STORE_WATCH, job);
	op->u.watch.n_ends = 1;
	ck_assert_int_eq(world_run(&w, op), OK);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(store_life(w.store)->n_unclean, 1);
	ck_assert_uint_eq(store_life(w.store)->n_suspects, 1);
	world_done(&w);
}

/* What can't be made anew, because someone else has it open, goes on as it is. */
TEST(a_database_in_use_is_not_made_anew)
{
	struct world w;
	sqlite3 *other;
	struct stat before, after;

	world_init(&w);
	make_version_1(&w);
	ck_assert_int_eq(sqlite3_open(w.path, &other), SQLITE_OK);
	ck_assert_int_eq(sqlite3_exec(other, "PRAGMA journal_mode = WAL; SELECT count(*) FROM job",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	ck_assert_int_eq(stat(w.path, &before), 0);
	world_start(&w);
	ck_assert(!store_can_shrink(w.store));
	ck_assert_int_eq(stat(w.path, &after), 0);
	ck_assert_uint_eq(before.st_ino, after.st_ino);
	ck_assert_uint_eq(store_count(w.store, JOB_DONE), 1);
	submit_job(&w, 1, 5);
	world_stop(&w);
	sqlite3_close(other);
	world_start(&w);
	ck_assert(store_can_shrink(w.store));
	ck_assert_uint_eq(w.n_unfinished, 2);
	ck_assert_int_eq(stat(w.path, &after), 0);
	ck_assert(before.st_ino != after.st_ino && (after.st_mode & 0777) == 0600);
	world_done(&w);
}

/* The second step fails: the database stays one of the first version, as it was. */
TEST(a_migration_is_made_whole_or_not_at_all)
{
	struct world w;

	world_init(&w);
	make_version_1(&w);
	world_sql(&w, "CREATE TABLE file(x)");
	check_refused(&w, ERR_IO, "file already exists");
	ck_assert_int_eq(world_sql(&w, "PRAGMA user_version"), 1);
	ck_assert_int_eq(
	    world_sql(&w, "SELECT count(*) FROM pragma_table_info('job') WHERE name = 'ok'"), 0);
	world_sql(&w, "DROP TABLE file");
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 1);
	world_done(&w);
}

SUITE(schema)
{
	ADD(refuses_a_file_that_is_no_database);
	ADD(refuses_a_newer_version);
	ADD(refuses_tables_that_are_not_ours);
	ADD(refuses_a_directory_that_is_not_there);
	ADD(a_migration_is_made_whole_or_not_at_all);
	ADD(a_database_of_version_1_goes_on);
	ADD(a_database_of_version_3_goes_on);
	ADD(a_database_in_use_is_not_made_anew);
	ADD(is_made_once);
}
