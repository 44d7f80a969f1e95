/* A store in memory. */
#include "store.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "job.h"
#include "store_private.h"
#include "wire/record.h"

struct fake_job *fake_store_job_of(struct store *store, int64_t no)
{
	ck_assert(no >= 0 && no <= (int64_t)store->n_jobs);
	return no > 0 ? &store->jobs[no - 1] : NULL;
}

static struct fake_job *new_job(struct store *store, int64_t *ret_no)
{
	ck_assert_uint_lt(store->n_jobs, MAX_JOBS);
	struct fake_job *j = &store->jobs[store->n_jobs++];
	*ret_no = (int64_t)store->n_jobs;
	return j;
}

static void stage(struct store *store, struct store_op *op)
{
	struct fake_job *j = fake_store_job_of(store, op->job_no);

	fake_job_add_input(j != NULL ? j : new_job(store, &op->job_no), op);
}

static enum err submit(struct store *store, struct store_op *op)
{
	const struct idempotency *in = &op->u.input.idempotency;

	for (size_t i = 0; in->key != NULL && i < store->n_jobs; i++) {
		struct fake_job *j = &store->jobs[i];
		if (j->idempotency.key == NULL || strcmp(j->idempotency.key, in->key) != 0)
			continue;
		if (memcmp(j->idempotency.fingerprint, in->fingerprint, 16) != 0)
			return ERR_CONFLICT;
		op->u.input.is_replay = true;
		job_done(&op->u.input.job);
		op->u.input.job = job_copy(&j->job);
		return OK;
	}
	if (op->u.input.is_run) {
		enum err e = fake_schedules_serve(&store->schedules, op);
		if (e != OK)
			return e;
	}
	struct fake_job *j = fake_store_job_of(store, op->job_no);
	if (j == NULL)
		j = new_job(store, &op->job_no);
	fake_job_add_input(j, op);
	op->u.input.job.no = op->job_no;
	j->job = job_copy(&op->u.input.job);
	j->is_submitted = true;
	if (in->key != NULL) {
		j->idempotency = *in;
		j->idempotency.key = xstrdup(in->key);
	}
	ck_assert_uint_eq(j->n_aliases, op->u.input.n_aliases_in_all);
	return OK;
}

static void finish_chunk(struct store *store, struct fake_job *j, uint32_t no, bool is_kept)
{
	fake_job_finish_chunk(j, no, is_kept);
	fake_watched_forget(&store->watched, j - store->jobs + 1, no);
}

static enum err put(struct store *store, struct fake_job *j, struct store_op *op)
{
	const struct buf *block = &op->u.put.block;
	struct result r;
	size_t offset = 0;
	uint32_t n = 0;
	uint64_t counts[ITEM_N_STATUSES] = {0};

	if (j->is_deleted)
		return ERR_NOT_FOUND;
	for (; record_next(block->data, block->len, &offset, &r); n++) {
		fake_job_add_result(j, r.index, r.status, r.reason, r.name, r.name_len);
		counts[r.status]++;
	}
	ck_assert(n == op->u.put.n && offset == block->len);
	ck_assert_mem_eq(counts, op->u.put.counts, sizeof(counts));
	for (size_t i = 0; i < op->u.put.n_progress; i++) {
		const struct chunk_progress *p = &op->u.put.progress[i];
		if (p->state == CHUNK_OPEN)
			fake_job_check_progress(j, p);
		else
			finish_chunk(store, j, p->no, p->state == CHUNK_KEPT);
	}
	j->job.state = op->u.put.state;
	j->job.started_at = op->u.put.started_at;
	j->job.finished_at = op->u.put.finished_at;
	j->job.reason = op->u.put.reason;
	j->job.is_paused = j->job.is_paused && !job_state_is_ended(op->u.put.state);
	fake_job_total(j, &op->u.put.totals);
	if (job_state_is_ended(op->u.put.state) && j->job.callback_url != NULL)
		fake_outbox_add(&store->outbox, "called.test", 0);
	return OK;
}

/* Jobs count as a megabyte each. */
static void retire(struct store *store, struct store_op *op)
{
	op->u.retire.jobs = xcalloc(op->u.retire.max, sizeof(*op->u.retire.jobs));
	for (;;) {
		struct fake_job *oldest = NULL;
		for (size_t i = 0; i < store->n_jobs; i++) {
			struct fake_job *j = &store->jobs[i];
			if (j->is_deleted || !job_state_is_ended(j->job.state) ||
			    j->job.finished_at >= op->u.retire.before)
				continue;
			if (oldest == NULL || j->job.finished_at < oldest->job.finished_at)
				oldest = j;
		}
		if (oldest == NULL)
			return;
		if (op->u.retire.n == op->u.retire.max ||
		    (op->u.retire.n_bytes > 0 && op->u.retire.n_freed >= op->u.retire.n_bytes)) {
			op->u.retire.is_more = true;
			return;
		}
		oldest->is_deleted = true;
		op->u.retire.n_freed += 1000000;
		op->u.retire.jobs[op->u.retire.n++] = (struct retired_job){
		    .id = oldest->job.id, .kind = oldest->job.kind, .state = oldest->job.state};
	}
}

static void forget_removal(struct store *store, const struct id *id)
{
	for (size_t k = 0; k < store->n_jobs; k++) {
		if (memcmp(&store->jobs[k].job.id, id, sizeof(*id)) == 0)
			store->jobs[k].is_removed = true;
	}
}

static enum err carry_out(struct store *store, struct store_op *op)
{
	struct fake_job *j = fake_store_job_of(store, op->job_no);

	switch (op->verb) {
	case STORE_STAGE:
		stage(store, op);
		return OK;
	case STORE_SUBMIT:
		return submit(store, op);
	case STORE_UNSTAGE:
	case STORE_DELETE:
		if (j->is_deleted)
			return ERR_NOT_FOUND;
		op->u.state = j->job.state;
		j->is_deleted = true;
		return OK;
	case STORE_CANCEL:
		return fake_job_cancel(j, op);
	case STORE_PUT:
		return put(store, j, op);
	case STORE_COPY:
		return fake_job_copy(j, op);
	case STORE_RETIRE:
		retire(store, op);
		return OK;
	case STORE_PAUSE:
		return fake_job_pause(j, op);
	case STORE_SCHEDULE_ADD:
	case STORE_SCHEDULE_EDIT:
	case STORE_SCHEDULE_PASS:
	case STORE_SCHEDULE_REMOVE:
	case STORE_SCHEDULE_LOAD:
		return fake_schedules_carry_out(&store->schedules, op);
	case STORE_CLAIM:
		fake_job_claim(j, op);
		for (size_t i = 0; i < op->u.claim.n; i++)
			op->u.claim.chunks[i].n_suspects = fake_watched_suspects(
			    &store->watched, op->job_no, op->u.claim.chunks[i].no);
		return OK;
	case STORE_LIST:
		fake_store_list(store, op);
		return OK;
	case STORE_FAILED:
		return fake_job_find_failed(j, op);
	case STORE_FOLDERS:
		fake_store_folders(store, op);
		return OK;
	case STORE_REMOVED:
		forget_removal(store, &op->u.folders.removed[0]);
		return OK;
	case STORE_OUTBOX:
		fake_outbox_read(&store->outbox, op);
		fake_watched_judge(&store->watched, &op->u.outbox);
		return OK;
	case STORE_POSTED:
		fake_outbox_settle(&store->outbox, op);
		if (op->u.attempt.is_watched)
			fake_watched_forget(&store->watched, 0, op->u.attempt.no);
		return OK;
	case STORE_WATCH:
	case STORE_NOTE:
		fake_watched_write(&store->watched, op);
		return OK;
	default:
		ck_abort_msg("the core does not ask for this");
	}
}

static void give_back(struct store *store, struct store_op *op)
{
	STAILQ_REMOVE(&store->ops, op, store_op, link);
	if (op->on_done != NULL)
		op->on_done(op);
	store_op_free(op);
}

/* Complete one operation; false when none can be. */
static bool step(struct store *store)
{
	struct store_op *op;

	STAILQ_FOREACH (op, &store->ops, link) {
		enum err e = store_op_writes(op) ? store->write_error : store->read_error;
		e = store->verb_errors[op->verb] != OK ? store->verb_errors[op->verb] : e;
		if (e != OK && e != ERR_DAMAGED && store_op_must_not_be_lost(op))
			continue; /* tried again later */
		if (!store_op_writes(op) && store->is_holding_reads)
			continue;
		if (e != OK &&
		    op->verb == STORE_STAGE) /* the number of a row that is rolled back */
			op->job_no = (int64_t)store->n_jobs;
		op->err = e != OK ? e : carry_out(store, op);
		store->n_done[op->verb] += op->err == OK;
		give_back(store, op);
		return true;
	}
	return false;
}

static void on_turn(void *arg)
{
	struct store *store = arg;

	while (!store->is_holding && step(store))
		;
}

struct store *fake_store_new(struct loop *loop)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->watched.life.is_known = true;
	STAILQ_INIT(&store->ops);
	defer_init(&store->turn, loop, on_turn, store);
	return store;
}

void store_free(struct store *store)
{
	ck_assert_msg(STAILQ_EMPTY(&store->ops), "an operation is open");
	fake_schedules_done(&store->schedules);
	defer_cancel(&store->turn);
	for (size_t i = 0; i < store->n_jobs; i++) {
		struct fake_job *j = &store->jobs[i];
		while (j->n_chunks > 0)
			chunk_done(&j->chunks[--j->n_chunks].chunk);
		free(j->chunks);
		while (j->n_kept > 0)
			chunk_done(&j->kept[--j->n_kept].chunk);
		free(j->kept);
		free(j->aliases);
		free(j->results);
		free(j->has_result);
		free(j->idempotency.key);
		job_done(&j->job);
	}
	free(store);
}

void fake_store_crash(struct store *store)
{
	struct store_op *op;

	while ((op = STAILQ_FIRST(&store->ops)) != NULL) {
		op->err = ERR_BUSY;
		give_back(store, op);
	}
}

void fake_store_hold(struct store *store, bool is_holding)
{
	store->is_holding = is_holding;
	defer_start(&store->turn);
}

void fake_store_hold_reads(struct store *store, bool is_holding)
{
	store->is_holding_reads = is_holding;
	defer_start(&store->turn);
}

void fake_store_release(struct store *store, size_t n)
{
	while (n-- > 0)
		ck_assert_msg(step(store), "no operation waits");
}

size_t fake_store_n_waiting(const struct store *store, enum store_verb verb)
{
	const struct store_op *op;
	size_t n = 0;

	STAILQ_FOREACH (op, &store->ops, link)
		n += op->verb == verb;
	return n;
}

void fake_store_fail_writes(struct store *store, enum err e)
{
	store->write_error = e;
	defer_start(&store->turn);
}

void fake_store_fail_verb(struct store *store, enum store_verb verb, enum err e)
{
	store->verb_errors[verb] = e;
	defer_start(&store->turn);
}

void fake_store_fail_reads(struct store *store, enum err e)
{
	store->read_error = e;
}

void fake_store_set_size(struct store *store, uint64_t used, bool has_chores)
{
	store->size.used = used;
	store->has_chores = has_chores;
}

struct store_size store_size(const struct store *store)
{
	return store->size;
}

bool store_has_chores(const struct store *store)
{
	return store->has_chores;
}

void fake_store_add_ended(struct store *store, const struct job *job)
{
	int64_t no;
	struct fake_job *j = new_job(store, &no);

	j->job = *job;
	j->is_submitted = true;
}

const struct fake_job *fake_store_job(const struct store *store, size_t i)
{
	return i < store->n_jobs ? &store->jobs[i] : NULL;
}

struct fake_outbox *fake_store_outbox(struct store *store)
{
	return &store->outbox;
}

struct fake_watched *fake_store_watched(struct store *store)
{
	return &store->watched;
}

const struct store_life *store_life(const struct store *store)
{
	return &store->watched.life;
}

size_t fake_store_n_done(const struct store *store, enum store_verb verb)
{
	return store->n_done[verb];
}

enum err store_each_schedule(
    struct store *store, void (*on_schedule)(const struct schedule *schedule, void *arg), void *arg)
{
	for (size_t i = 0; i < store->schedules.n; i++) {
		if (!store->schedules.is_gone[i])
			on_schedule(&store->schedules.rows[i], arg);
	}
	return store->read_error;
}

struct fake_schedules *fake_store_schedules(struct store *store)
{
	return &store->schedules;
}

enum err store_recover(
    struct store *store, void (*on_job)(struct unfinished_job *job, void *arg), void *arg)
{
	if (store->read_error != OK)
		return store->read_error;
	for (size_t i = 0; i < store->n_jobs; i++) {
		const struct fake_job *j = &store->jobs[i];
		if (!j->is_submitted || j->is_deleted || job_state_is_ended(j->job.state))
			continue;
		struct unfinished_job u = {.job = job_copy(&j->job),
		    .n_aliases = j->n_aliases,
		    .next_chunk = j->n_chunks > 0 ? j->chunks[0].no : UINT32_MAX};
		on_job(&u, arg);
		job_done(&u.job);
	}
	return OK;
}

uint64_t store_count(const struct store *store, enum job_state state)
{
	uint64_t n = 0;

	for (size_t i = 0; i < store->n_jobs; i++)
		n += store->jobs[i].job.state == state && !store->jobs[i].is_deleted &&
		     job_state_is_ended(state);
	return n;
}

void store_start(struct store *store, struct store_op *op)
{
	STAILQ_INSERT_TAIL(&store->ops, op, link);
	defer_start(&store->turn);
}

bool store_is_writable(const struct store *store)
{
	return store->write_error == OK;
}
