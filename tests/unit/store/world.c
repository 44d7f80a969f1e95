/* See world.h. */
#include "world.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../unit.h"
#include "base/alloc.h"
#include "base/metrics.h"
#include "sqlite/sqlite.h"
#include "wire/record.h"

#define TICK     (2 * USEC_PER_MSEC)
#define DEADLINE (20 * USEC_PER_SEC)
#define NOON     ((usec_t)1795348800123456)

enum { N_STATUSES_OF_NAMES = 3 }; /* all but ok */

static void on_tick(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, 0);
}

void world_init(struct world *w)
{
	*w = (struct world){.n_open = 0};
	snprintf(w->dir, sizeof(w->dir), "%.40s/store-XXXXXX", unit_folder());
	ck_assert_ptr_nonnull(mkdtemp(w->dir));
	snprintf(w->path, sizeof(w->path), "%s/db", w->dir);
	w->loop = loop_new();
	w->mailbox = mailbox_new(w->loop);
	ck_assert_ptr_nonnull(w->mailbox);
	timer_init(&w->tick, w->loop, on_tick, w);
}

static void forget_unfinished(struct world *w)
{
	for (size_t i = 0; i < w->n_unfinished; i++)
		job_done(&w->unfinished[i].job);
	w->n_unfinished = 0;
}

void world_done(struct world *w)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	char path[128];

	world_stop(w);
	forget_unfinished(w);
	mailbox_free(w->mailbox);
	timer_cancel(&w->tick);
	loop_free(w->loop);
	metrics_done();
	for (size_t i = 0; i < N_ROWS(endings); i++) {
		snprintf(path, sizeof(path), "%s%s", w->path, endings[i]);
		unlink(path);
	}
	rmdir(w->dir);
}

static void on_writable(bool is_writable, enum err why, void *arg)
{
	struct world *w = arg;

	*(is_writable ? &w->n_writable : &w->n_unwritable) += 1;
	w->why = why;
}

static void on_fatal(const char *why, void *arg)
{
	struct world *w = arg;

	(void)why;
	w->n_fatal++;
}

enum err world_try(struct world *w, char **ret_why)
{
	const struct store_events events = {on_writable, on_fatal, w};

	return store_open(sqlite_backend(), w->path, w->mailbox, &events, &w->store, ret_why);
}

static void on_job(struct unfinished_job *job, void *arg)
{
	struct world *w = arg;

	ck_assert_uint_lt(w->n_unfinished, MAX_JOBS);
	w->unfinished[w->n_unfinished++] = *job;
}

void world_start(struct world *w)
{
	char *why = NULL;
	enum err e = world_try(w, &why);

	ck_assert_msg(e == OK, "%s: %s", err_str(e), why);
	forget_unfinished(w);
	ck_assert_int_eq(store_recover(w->store, on_job, w), OK);
}

void world_stop(struct world *w)
{
	if (w->store == NULL)
		return;
	store_stop(w->store);
	while (mailbox_deliver(w->mailbox) || store_refuse(w->store))
		continue;
	ck_assert_uint_eq(w->n_open, 0);
	store_free(TAKE(w->store));
}

struct call {
	struct world *world;
	struct store_op **ret_op; /* NULL: not kept */
};

static void on_done(struct store_op *op)
{
	struct call *call = op->arg;
	struct world *w = call->world;

	if (call->ret_op != NULL) {
		struct store_op *copy = store_op_new(op->verb, NULL, NULL);
		*copy = *op;
		memset(&op->u, 0, sizeof(op->u)); /* the copy owns it now */
		*call->ret_op = copy;
	}
	free(call);
	w->n_open--;
	w->n_done++;
	loop_stop(w->loop, 0);
}

void world_begin(struct world *w, struct store_op *op, struct store_op **ret_op)
{
	struct call *call = xcalloc(1, sizeof(*call));

	*call = (struct call){.world = w, .ret_op = ret_op};
	op->on_done = on_done;
	op->arg = call;
	w->n_open++;
	store_start(w->store, op);
}

bool world_wait(struct world *w, bool (*is_true)(struct world *w))
{
	usec_t start = clock_mono();

	while (!is_true(w)) {
		if (clock_mono() - start > DEADLINE)
			return false;
		timer_start(&w->tick, TICK);
		loop_run(w->loop);
	}
	timer_cancel(&w->tick);
	return true;
}

bool world_is_idle(struct world *w)
{
	return w->n_open == 0;
}

struct store_op *world_call(struct world *w, struct store_op *op)
{
	struct store_op *done = NULL;

	world_begin(w, op, &done);
	ck_assert(world_wait(w, world_is_idle));
	return done;
}

enum err world_run(struct world *w, struct store_op *op)
{
	struct store_op *done = world_call(w, op);
	enum err e = done->err;

	store_op_free(done);
	return e;
}

int64_t world_sql(struct world *w, const char *sql)
{
	sqlite3 *handle;
	sqlite3_stmt *s;

	ck_assert_int_eq(sqlite3_open(w->path, &handle), SQLITE_OK);
	sqlite3_busy_timeout(handle, 5000);
	ck_assert_msg(sqlite3_prepare_v2(handle, sql, -1, &s, NULL) == SQLITE_OK, "%s: %s", sql,
	    sqlite3_errmsg(handle));
	int code = sqlite3_step(s);
	ck_assert_msg(
	    code == SQLITE_ROW || code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(handle));
	int64_t n = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : -1;
	sqlite3_finalize(s);
	sqlite3_close(handle);
	return n;
}

const char *item_name(uint32_t index)
{
	static char name[32];

	snprintf(name, sizeof(name), "name%u.example", index);
	return name;
}

enum item_status item_status_of(uint32_t index)
{
	return (enum item_status)(index % N_STATUSES_OF_NAMES);
}

struct store_op *make_op(enum store_verb verb, int64_t job_no)
{
	struct store_op *op = store_op_new(verb, NULL, NULL);

	op->job_no = job_no;
	return op;
}

static void fill_chunk(struct stored_chunk *c, uint32_t no, uint32_t n)
{
	c->no = no;
	chunk_init(&c->chunk, no * n);
	for (uint32_t i = 0; i < n; i++) {
		const char *name = item_name(no * n + i);
		chunk_add(&c->chunk, name, strlen(name), true);
	}
}

struct store_op *make_input(
    enum store_verb verb, uint32_t first_no, uint32_t n_chunks, uint32_t n_each)
{
	struct store_op *op = make_op(verb, 0);
	struct job *job = &op->u.input.job;

	op->u.input.n_chunks = n_chunks;
	op->u.input.chunks = xcalloc(n_chunks, sizeof(*op->u.input.chunks));
	for (uint32_t i = 0; i < n_chunks; i++)
		fill_chunk(&op->u.input.chunks[i], first_no + i, n_each);
	if (verb == STORE_STAGE)
		return op;
	job->id = id_new(NOON);
	job->kind = KIND_DOMAINS;
	job->check = CHECK_RESOLVE;
	job->state = JOB_QUEUED;
	job->label = xstrdup("a label");
	job->params = (struct job_params){
	    .concurrency = 5, .rate = 70, .timeout = 2 * USEC_PER_SEC, .attempts = 3};
	job->total = (uint64_t)(first_no + n_chunks) * n_each;
	job->created_at = NOON;
	return op;
}

void set_key(struct store_op *op, const char *key, int fingerprint)
{
	op->u.input.idempotency.key = xstrdup(key);
	memset(op->u.input.idempotency.fingerprint, fingerprint, 16);
}

void add_alias(struct store_op *op, uint32_t index, uint32_t first)
{
	size_t n = op->u.input.n_aliases++;

	op->u.input.n_aliases_in_all++;
	op->u.input.aliases = xrealloc(op->u.input.aliases, (n + 1) * sizeof(*op->u.input.aliases));
	op->u.input.aliases[n] = (struct alias){index, first};
}

void add_result(struct store_op *put, uint32_t index)
{
	struct result r = {.index = index,
	    .attempts = 1,
	    .status = item_status_of(index),
	    .finished_at = NOON + index};

	r.reason = r.status == ITEM_FOUND       ? REASON_NONE
		   : r.status == ITEM_NOT_FOUND ? REASON_NXDOMAIN
						: REASON_TIMEOUT;
	r.name = item_name(index);
	r.name_len = strlen(r.name);
	record_add(&put->u.put.block, &r);
	put->u.put.counts[r.status]++;
	put->u.put.n++;
}

struct store_op *make_put(int64_t job_no, uint32_t from, uint32_t to, enum job_state state)
{
	struct store_op *op = make_op(STORE_PUT, job_no);

	buf_init(&op->u.put.block, SIZE_MAX / 2);
	for (uint32_t i = from; i < to; i++)
		add_result(op, i);
	op->u.put.state = state;
	op->u.put.started_at = NOON + 1;
	op->u.put.finished_at = job_state_is_ended(state) ? NOON + 2 : 0;
	return op;
}

static void add_progress(struct store_op *put, const struct chunk_progress *progress)
{
	size_t n = put->u.put.n_progress++;

	put->u.put.progress = xrealloc(put->u.put.progress, (n + 1) * sizeof(*progress));
	put->u.put.progress[n] = *progress;
}

void use_chunk(struct store_op *put, uint32_t no)
{
	add_progress(put, &(struct chunk_progress){.no = no, .state = CHUNK_FINISHED});
}

void keep_chunk(struct store_op *put, uint32_t no)
{
	add_progress(put, &(struct chunk_progress){.no = no, .state = CHUNK_KEPT});
}

void mark_chunk(struct store_op *put, uint32_t no, uint32_t from, uint32_t to)
{
	struct chunk_progress progress = {.no = no, .state = CHUNK_OPEN};

	for (uint32_t place = from; place < to; place++)
		chunk_mask_add(&progress.done, place);
	add_progress(put, &progress);
}

struct store_op *make_rows(int64_t job_no, uint64_t after, uint64_t limit)
{
	struct store_op *op = make_op(STORE_ROWS, job_no);

	op->u.rows.after = after;
	op->u.rows.limit = limit;
	op->u.rows.max_bytes = SIZE_MAX;
	op->u.rows.format = FORMAT_TEXT;
	op->u.rows.table = row_table_of(KIND_DOMAINS, CHECK_RESOLVE);
	op->u.rows.is_first = true;
	return op;
}

int64_t submit_job(struct world *w, uint32_t n_chunks, uint32_t n_each)
{
	struct store_op *op = world_call(w, make_input(STORE_SUBMIT, 0, n_chunks, n_each));
	int64_t no = op->job_no;

	ck_assert_int_eq(op->err, OK);
	store_op_free(op);
	return no;
}

bool world_log_is_free(struct world *w)
{
	return world_sql(w, "PRAGMA wal_checkpoint(TRUNCATE)") == 0;
}
