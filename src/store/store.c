/* The store's face: it sends operations to the thread that carries them out, and hands them back.
 */
#include "store/store.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/damage.h"
#include "store/worker.h"

enum { N_READERS = 2 };

struct store {
	struct store_events events;
	const struct backend *backend;
	struct database *database; /* owned */
	struct db *first;          /* until the threads run */
	struct mailbox *mailbox;
	struct writer *writer;
	struct reader *reader;
	struct copier *copier;
	bool is_writable, is_gone, is_stopped, can_shrink;
	struct store_op_list refused; /* started after the stop */
	uint64_t counts[JOB_N_STATES];
	struct store_life life;
	struct id identity;
	struct damage_log damage_log;
	struct metric_cell *commit_duration, *batch_size, *errors;
};

static void finish(struct store *store, struct store_op *op)
{
	if (op->damage.what != DAMAGED_NOTHING || op->err == ERR_DAMAGED)
		damage_note(&store->damage_log, op);
	if (op->on_done != NULL)
		op->on_done(op);
	store_op_free(op);
}

static void set_writable(struct store *store, bool is_writable, enum err why)
{
	store->is_gone = why == ERR_GONE;
	if (store->is_writable == is_writable)
		return;
	store->is_writable = is_writable;
	store->events.on_writable(is_writable, why, store->events.arg);
}

static void on_batch(
    struct store_op_list *ops, enum err e, const char *why, usec_t duration, void *arg)
{
	struct store *store = arg;
	struct store_op *op;
	uint64_t n = 0;

	STAILQ_FOREACH (op, ops, link)
		n++;
	if (e == OK) {
		metric_observe(store->commit_duration, (double)duration / USEC_PER_SEC);
		metric_observe(store->batch_size, (double)n);
	} else {
		metric_add(store->errors, 1);
		log_debug("store_failed", "error=%s why=%s", err_str(e), log_quote(why));
	}
	if (e == ERR_FATAL)
		store->events.on_fatal(why, store->events.arg);
	else
		set_writable(store, e == OK, e);
	while ((op = STAILQ_FIRST(ops)) != NULL) {
		STAILQ_REMOVE_HEAD(ops, link);
		finish(store, op);
	}
}

static void on_read(struct store_op *op, void *arg)
{
	finish(arg, op);
}

METRIC_GETTER(get_queued, struct store, store_n_queued(self))
METRIC_GETTER(get_writable, struct store, store_is_writable(self))
METRIC_GETTER(get_used, struct store, store_size(self).used)
METRIC_GETTER(get_free, struct store, store_size(self).free)
METRIC_GETTER(get_log, struct store, store_size(self).log)

static void add_metrics(struct store *store)
{
	store->commit_duration = metrics_cell(METRIC_STORE_COMMIT_DURATION);
	store->batch_size = metrics_cell(METRIC_STORE_BATCH_SIZE);
	store->errors = metrics_cell(METRIC_STORE_ERRORS);
	damage_init(&store->damage_log);
	metrics_getter(METRIC_STORE_QUEUE, get_queued, store);
	metrics_getter(METRIC_STORE_WRITABLE, get_writable, store);
	metrics_getter(METRIC_STORE_BYTES, get_used, store, "used");
	metrics_getter(METRIC_STORE_BYTES, get_free, store, "free");
	metrics_getter(METRIC_STORE_BYTES, get_log, store, "log");
}

static enum err start_readers(struct store *store, char **ret_why)
{
	struct db *dbs[N_READERS];

	for (size_t i = 0; i < N_READERS; i++) {
		enum err e = store->backend->connect(store->database, &dbs[i], ret_why);
		if (e != OK) {
			while (i-- > 0)
				store->backend->disconnect(dbs[i]);
			return e;
		}
	}
	store->reader = reader_new(store->backend, dbs, N_READERS, store->mailbox, on_read, store);
	if (store->reader == NULL)
		*ret_why = xstrdup("no thread could be started");
	return store->reader != NULL ? OK : ERR_SYSTEM;
}

/* What is asked of a store that is open. */
static enum err read_numbers(struct store *store, char **ret_why)
{
	enum err e = store->backend->identity(store->first, &store->identity);

	for (int i = 0; e == OK && i < JOB_N_STATES; i++) {
		if (job_state_is_ended((enum job_state)i))
			e = store->backend->count(
			    store->first, (enum job_state)i, &store->counts[i]);
	}
	if (e != OK)
		*ret_why = xstrdup(store->backend->why(store->first));
	return e;
}

enum err store_open(const struct backend *backend, const char *place, struct mailbox *mailbox,
    const struct store_events *events, struct store **ret_store, char **ret_why)
{
	struct store *store = xcalloc(1, sizeof(*store));

	store->backend = backend;
	STAILQ_INIT(&store->refused);
	store->mailbox = mailbox;
	store->events = *events;
	store->is_writable = true;
	enum err e = backend->open(place, &store->database, &store->first, ret_why);
	if (e == OK)
		store->can_shrink = backend->can_shrink(store->first);
	if (e == OK)
		e = start_readers(store, ret_why);
	if (e == OK)
		e = read_numbers(store, ret_why);
	if (e == OK && backend->begin_life(store->first, &store->life) == ERR_FATAL) {
		*ret_why = xstrdup(backend->why(store->first));
		e = ERR_FATAL;
	}
	if (e != OK) {
		store_free(store);
		return e;
	}
	store->copier = copier_new(backend, store->database, mailbox);
	add_metrics(store);
	*ret_store = store;
	return OK;
}

enum err store_each_schedule(
    struct store *store, void (*on_schedule)(const struct schedule *schedule, void *arg), void *arg)
{
	return store->backend->each_schedule(store->first, on_schedule, arg);
}

enum err store_recover(
    struct store *store, void (*on_job)(struct unfinished_job *job, void *arg), void *arg)
{
	const struct writer_events events = {.on_batch = on_batch, .arg = store};
	enum err e = store->backend->recover(store->first, on_job, arg);

	if (e != OK)
		return e;
	store->writer = writer_new(
	    store->backend, store->database, TAKE(store->first), store->mailbox, &events);
	return store->writer != NULL ? OK : ERR_SYSTEM;
}

const struct id *store_id(const struct store *store)
{
	return &store->identity;
}

const struct store_life *store_life(const struct store *store)
{
	return &store->life;
}

void store_end_clean(struct store *store)
{
	if (store->writer != NULL)
		store_start(store, store_op_new(STORE_CLEAN, NULL, NULL));
	else if (store->first != NULL &&
		 store->backend->end_life(store->first) != OK) /* the start failed */
		log_debug("end_life", "why=%s", log_quote(store->backend->why(store->first)));
}

uint64_t store_count(const struct store *store, enum job_state state)
{
	return store->counts[state];
}

void store_stop(struct store *store)
{
	copier_stop(store->copier); /* first: it would miss files that the others' end removes */
	writer_free(TAKE(store->writer));
	reader_free(TAKE(store->reader));
	store->is_stopped = true;
}

bool store_refuse(struct store *store)
{
	struct store_op *op = STAILQ_FIRST(&store->refused);

	if (op == NULL)
		return false;
	STAILQ_REMOVE_HEAD(&store->refused, link);
	op->err = ERR_BUSY;
	finish(store, op);
	return true;
}

void store_free(struct store *store)
{
	if (store == NULL)
		return;
	store_stop(store);
	copier_free(store->copier);
	store->backend->disconnect(store->first);
	store->backend->close(store->database);
	free(store);
}

void store_start(struct store *store, struct store_op *op)
{
	if (store->is_stopped)
		STAILQ_INSERT_TAIL(&store->refused, op, link);
	else if (!store_op_writes(op))
		reader_add(store->reader, op);
	else
		writer_add(store->writer, op);
}

bool store_is_gone(const struct store *store)
{
	return store->is_gone;
}

void store_look(struct store *store)
{
	if (store->writer != NULL)
		writer_look(store->writer);
}

bool store_is_writable(const struct store *store)
{
	return store->is_writable;
}

struct store_size store_size(const struct store *store)
{
	return store->writer != NULL ? writer_size(store->writer) : (struct store_size){0};
}

bool store_has_chores(const struct store *store)
{
	return store->writer != NULL && writer_has_chores(store->writer);
}

enum err store_copy_start(struct store *store, store_copied_fn *on_done, void *arg)
{
	return store->is_stopped ? ERR_BUSY : copier_start(store->copier, on_done, arg);
}

bool store_can_shrink(const struct store *store)
{
	return store->can_shrink;
}

size_t store_n_queued(const struct store *store)
{
	return store->writer != NULL ? writer_n_queued(store->writer) : 0;
}

usec_t store_write_age(const struct store *store)
{
	usec_t since = store->writer != NULL ? writer_busy_since(store->writer) : 0;

	return since > 0 ? clock_mono() - since : 0;
}
