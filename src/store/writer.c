/* The writing thread: it takes all operations that wait, carries them out in one transaction, and
 * hands them back. While nothing waits it does the chores of the database, a slice at a time.
 *
 *            +-- batch committed --+
 *            v                     |
 *   waiting --> writing ------------+
 *                  |
 *                  +-- the database refuses --> stuck: operations that carry results are kept, all
 * others fail; tried again each second, until a transaction succeeds
 *
 * It refuses by itself while one of the database's files is not in its place: what is written then
 * would be acknowledged and lost.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "loop/mailbox.h"
#include "store/worker.h"

enum { MAX_BATCH = 2000 };

/* After a failure nothing counts as proof of room for so long. */
#define PROBE_AFTER (USEC_PER_SEC / 2)

struct writer {
	const struct backend *backend;
	struct database *database; /* borrowed */
	struct db *db;             /* owned by the thread */
	struct mailbox *mailbox;
	struct writer_events events;
	struct chores *chores; /* owned */
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct store_op_list queue;
	size_t n_queued;
	usec_t busy_since; /* 0: it waits */
	bool is_ending, wants_look;
	/* the writing thread's own */
	struct store_op_list kept; /* operations that must not be lost */
	size_t n_kept;
	bool is_stuck, is_dead;
	bool has_garbage; /* left since the chores were told last */
	usec_t stuck_at;  /* of the failure last seen */
	enum err stuck_by;
};

struct batch_mail {
	struct mail mail;
	struct writer_events events;
	struct store_op_list ops;
	enum err err;
	char why[160];
	usec_t duration;
};

static void deliver_batch(struct mail *mail)
{
	struct batch_mail *m = (struct batch_mail *)mail;

	m->events.on_batch(&m->ops, m->err, m->why, m->duration, m->events.arg);
	free(m);
}

static void report(
    struct writer *w, struct store_op_list *ops, enum err e, const char *why, usec_t duration)
{
	struct batch_mail *m = xcalloc(1, sizeof(*m));

	m->mail.deliver = deliver_batch;
	m->events = w->events;
	STAILQ_INIT(&m->ops);
	STAILQ_CONCAT(&m->ops, ops);
	m->err = e;
	m->duration = duration;
	if (e != OK)
		strncpy(m->why, why, sizeof(m->why) - 1);
	mailbox_post(w->mailbox, &m->mail);
}

/* After a transaction that failed as a whole: keep what must not be lost, fail the rest. */
static void sort_out(struct writer *w, struct store_op_list *ops, enum err e, bool is_ending)
{
	struct store_op_list failed = STAILQ_HEAD_INITIALIZER(failed);
	struct store_op *op;

	while ((op = STAILQ_FIRST(ops)) != NULL) {
		STAILQ_REMOVE_HEAD(ops, link);
		if (store_op_must_not_be_lost(op) && !is_ending && !w->is_dead) {
			STAILQ_INSERT_TAIL(&w->kept, op, link);
			w->n_kept++;
		} else {
			op->err = e;
			STAILQ_INSERT_TAIL(&failed, op, link);
		}
	}
	STAILQ_CONCAT(ops, &failed);
}

static void write_batch(struct writer *w, struct store_op_list *ops, bool is_ending)
{
	usec_t start = clock_mono();
	struct store_op_list all = STAILQ_HEAD_INITIALIZER(all);
	struct store_op *op;

	STAILQ_CONCAT(&all, &w->kept);
	w->n_kept = 0;
	STAILQ_CONCAT(&all, ops);
	bool is_probe = STAILQ_EMPTY(&all);
	bool is_there = w->backend->is_there(w->database);
	enum err e = w->is_dead  ? ERR_FATAL
		     : !is_there ? ERR_GONE
		     : is_probe  ? OK
				 : w->backend->write(w->db, &all);
	if (e == ERR_FATAL)
		w->is_dead = true;
	if (e != OK) {
		w->stuck_at = start;
		w->stuck_by = e;
		sort_out(w, &all, e, is_ending);
	}
	enum err state = e;
	if (e == OK && w->is_stuck) /* a little went through; there may be no room for more */
		state = clock_mono() - w->stuck_at < PROBE_AFTER ? w->stuck_by
								 : w->backend->touch(w->db);
	w->is_stuck = state != OK;
	STAILQ_FOREACH (op, &all, link)
		w->has_garbage = w->has_garbage || store_op_leaves_garbage(op);
	report(w, &all, state, is_there ? w->backend->why(w->db) : "a file is not in its place",
	    clock_mono() - start);
}

static void do_chore(struct writer *w)
{
	enum err e =
	    w->backend->is_there(w->database) ? w->backend->chores_do(w->chores) : ERR_GONE;

	/* what failed is tried again, once the next transaction has shown how things are */
	w->is_stuck = e != OK;
	w->is_dead = e == ERR_FATAL;
}

/* --- Waiting --- */

/* Wait for a signal, or as long; false when that time is over. */
static bool wait_at_most(struct writer *w, usec_t time)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	int64_t nsec = until.tv_nsec + time * 1000;
	until.tv_sec += nsec / 1000000000;
	until.tv_nsec = nsec % 1000000000;
	return pthread_cond_timedwait(&w->wake, &w->lock, &until) == 0;
}

/* Wait for operations or the time for a chore, a second at most while stuck; false when the thread
 * shall end and nothing is left. */
static bool take(
    struct writer *w, struct store_op_list *ops, bool *ret_may_do_chores, bool *ret_is_ending)
{
	struct store_op *op;

	pthread_mutex_lock(&w->lock);
	w->busy_since = 0;
	while (STAILQ_EMPTY(&w->queue) && !w->is_ending && !w->wants_look) {
		usec_t time = w->is_stuck ? USEC_PER_SEC : w->backend->chores_wait(w->chores);
		if (time == CHORES_NEVER)
			pthread_cond_wait(&w->wake, &w->lock);
		else if (time == 0 || (!wait_at_most(w, time) && w->is_stuck))
			break;
	}
	for (int n = 0; n < MAX_BATCH && (op = STAILQ_FIRST(&w->queue)) != NULL; n++) {
		STAILQ_REMOVE_HEAD(&w->queue, link);
		STAILQ_INSERT_TAIL(ops, op, link);
		w->n_queued--;
	}
	w->wants_look = false;
	*ret_may_do_chores = !w->is_stuck && w->backend->chores_wait(w->chores) == 0;
	*ret_is_ending = w->is_ending;
	w->busy_since = clock_mono();
	bool goes_on = !w->is_ending || !STAILQ_EMPTY(ops) || !STAILQ_EMPTY(&w->kept);
	pthread_mutex_unlock(&w->lock);
	return goes_on;
}

static void *run(void *arg)
{
	struct writer *w = arg;
	struct store_op_list ops = STAILQ_HEAD_INITIALIZER(ops);
	bool may_do_chore, is_ending;

	while (take(w, &ops, &may_do_chore, &is_ending)) {
		if (!STAILQ_EMPTY(&ops) || !STAILQ_EMPTY(&w->kept) || w->is_stuck ||
		    !w->backend->is_there(w->database))
			write_batch(w, &ops, is_ending);
		if (may_do_chore && !w->is_stuck && !is_ending)
			do_chore(w);
		w->backend->chores_look(w->chores, w->is_stuck, w->has_garbage);
		w->has_garbage = false;
	}
	return NULL;
}

/* --- Thread: of the chores --- */

static void on_change(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_lock(&w->lock);
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static void on_fatal(const char *why, void *arg)
{
	struct store_op_list no_ops = STAILQ_HEAD_INITIALIZER(no_ops);

	report(arg, &no_ops, ERR_FATAL, why, 0);
}

/* --- Thread: loop --- */

struct writer *writer_new(const struct backend *backend, struct database *database, struct db *db,
    struct mailbox *mailbox, const struct writer_events *events)
{
	struct writer *w = xcalloc(1, sizeof(*w));
	const struct chores_events chores_events = {
	    .on_change = on_change, .on_fatal = on_fatal, .arg = w};
	pthread_condattr_t attributes;

	w->backend = backend;
	w->database = database;
	w->db = db;
	w->mailbox = mailbox;
	w->events = *events;
	STAILQ_INIT(&w->queue);
	STAILQ_INIT(&w->kept);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	w->chores = backend->chores_new(database, db, &chores_events);
	if (pthread_create(&w->thread, NULL, run, w) != 0) {
		backend->chores_free(w->chores);
		backend->disconnect(db);
		free(w);
		return NULL;
	}
	return w;
}

void writer_add(struct writer *w, struct store_op *op)
{
	pthread_mutex_lock(&w->lock);
	STAILQ_INSERT_TAIL(&w->queue, op, link);
	w->n_queued++;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

void writer_look(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	w->wants_look = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

size_t writer_n_queued(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	size_t n = w->n_queued;
	pthread_mutex_unlock(&w->lock);
	return n;
}

usec_t writer_busy_since(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	usec_t since = w->busy_since;
	pthread_mutex_unlock(&w->lock);
	return since;
}

struct store_size writer_size(struct writer *w)
{
	return w->backend->chores_size(w->chores);
}

bool writer_has_chores(struct writer *w)
{
	return w->backend->chores_are_left(w->chores);
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_ending = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	pthread_join(w->thread, NULL);
	w->backend->chores_free(w->chores);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	w->backend->disconnect(w->db);
	free(w);
}
