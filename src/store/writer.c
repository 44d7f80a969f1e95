/* The writing thread: it takes all operations that wait, carries them out in one transaction, and
 * hands them back. While nothing waits it does its chores, a slice at a time: it deletes what
 * forgotten jobs left, and gives free space back. It tells the checkpointer when the log is long,
 * and does no chores before that is done: else the log, and with it the time that the checkpoint
 * keeps the disk from commits, would grow as long as there are chores.
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
#include <sys/stat.h>
#include <time.h>

#include "base/alloc.h"
#include "loop/mailbox.h"
#include "store/db_files.h"
#include "store/worker.h"

enum { MAX_BATCH = 2000, CHECKPOINT_PAGES = 1000 };

/* Free space that is given back, once it is more than a fifth of the file, until it is a twentieth:
 * what is needed again soon is not worth the writing. */
enum { MUCH_FREE = 4 << 20, MUCH_FREE_SHARE = 5, LITTLE_FREE = 1 << 20, LITTLE_FREE_SHARE = 20 };

/* Chores wait so long before they try again when reads kept the log from starting anew. */
#define CHORE_PAUSE (250 * USEC_PER_MSEC)

/* After a failure nothing counts as proof of room for so long. */
#define PROBE_AFTER (USEC_PER_SEC / 2)

struct writer {
	struct db *db; /* owned by the thread */
	const struct db_files *files;
	struct mailbox *mailbox;
	struct writer_events events;
	pthread_t thread, checkpointer;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake, wake_checkpointer;
	struct store_op_list queue;
	size_t n_queued;
	usec_t busy_since; /* 0: it waits */
	bool is_ending, wants_look;
	bool wants_checkpoint, wants_room, is_log_kept; /* kept: the last checkpoint left it */
	struct store_size size;
	bool has_chores;
	bool owes_checkpoint;  /* the one that makes the file shorter; tried until it succeeds */
	bool has_checkpointer; /* the loop's own */
	/* the writing thread's own */
	struct store_op_list kept; /* operations that must not be lost */
	size_t n_kept;
	bool is_stuck, is_dead, has_garbage, is_shrinking;
	bool is_cut;     /* the file is to get shorter with the next checkpoint */
	usec_t stuck_at; /* of the failure last seen */
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
	bool is_there = db_files_are_there(w->files);
	enum err e = w->is_dead  ? ERR_FATAL
		     : !is_there ? ERR_GONE
		     : is_probe  ? OK
				 : db_write(w->db, &all);
	if (e == ERR_FATAL)
		w->is_dead = true;
	if (e != OK) {
		w->stuck_at = start;
		w->stuck_by = e;
		sort_out(w, &all, e, is_ending);
	}
	enum err state = e;
	if (e == OK && w->is_stuck) /* a little went through; there may be no room for more */
		state = clock_mono() - w->stuck_at < PROBE_AFTER ? w->stuck_by : db_touch(w->db);
	w->is_stuck = state != OK;
	STAILQ_FOREACH (op, &all, link)
		w->has_garbage = w->has_garbage || store_op_leaves_garbage(op);
	report(w, &all, state, is_there ? db_why(w->db) : "a file is not in its place",
	    clock_mono() - start);
}

static bool is_much_free(const struct writer *w)
{
	const struct store_size *size = &w->size;
	uint64_t in_all = size->used + size->free;

	if (w->is_shrinking)
		return size->free > LITTLE_FREE && size->free > in_all / LITTLE_FREE_SHARE;
	return size->free > MUCH_FREE && size->free > in_all / MUCH_FREE_SHARE;
}

static void end_chore(struct writer *w, enum err e)
{
	/* what failed is tried again, once the next transaction has shown how things are */
	w->is_stuck = e != OK;
	w->is_dead = e == ERR_FATAL;
}

static void do_chore(struct writer *w)
{
	if (!db_files_are_there(w->files)) {
		end_chore(w, ERR_GONE);
		return;
	}
	if (w->has_garbage) {
		bool is_more = false;
		enum err e = db_sweep(w->db, &is_more);
		w->has_garbage = e != OK || is_more;
		end_chore(w, e);
	} else if (w->is_shrinking) {
		end_chore(w, db_shrink(w->db));
		w->is_cut = true;
	}
}

/* Tell how things are, and call the checkpointer when there is need: also when all free space was
 * given back, since the file gets shorter with a checkpoint only. A full disk may get room when the
 * log, which is a copy of what the database holds, is given up. */
static void look_around(struct writer *w)
{
	struct store_size size;
	bool is_known = !w->is_stuck && db_measure(w->db, &size) == OK;

	pthread_mutex_lock(&w->lock);
	if (is_known)
		w->size = size;
	w->is_shrinking = db_can_shrink(w->db) && is_much_free(w);
	w->has_chores = w->has_garbage || w->is_shrinking;
	bool is_last = w->is_cut && !w->is_shrinking;
	if (w->is_stuck || is_last || db_wal_pages(w->db) > CHECKPOINT_PAGES) {
		w->is_cut = w->is_cut && !is_last;
		w->owes_checkpoint = (w->owes_checkpoint || is_last) && w->has_checkpointer;
		w->wants_checkpoint = w->has_checkpointer;
		w->wants_room = w->is_stuck;
		pthread_cond_signal(&w->wake_checkpointer);
	}
	pthread_mutex_unlock(&w->lock);
}

/* --- Waiting --- */

static bool may_do_chores(const struct writer *w)
{
	return w->has_chores && !w->is_stuck && !w->wants_checkpoint && !w->is_log_kept;
}

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
	while (STAILQ_EMPTY(&w->queue) && !w->is_ending && !w->wants_look && !may_do_chores(w)) {
		if (w->is_stuck && !wait_at_most(w, USEC_PER_SEC))
			break;
		if (!w->is_stuck && w->is_log_kept && (w->has_chores || w->owes_checkpoint)) {
			(void)wait_at_most(w, CHORE_PAUSE);
			w->is_log_kept = false;
			w->wants_checkpoint = w->owes_checkpoint;
			pthread_cond_signal(&w->wake_checkpointer);
		} else if (!w->is_stuck) {
			pthread_cond_wait(&w->wake, &w->lock);
		}
	}
	for (int n = 0; n < MAX_BATCH && (op = STAILQ_FIRST(&w->queue)) != NULL; n++) {
		STAILQ_REMOVE_HEAD(&w->queue, link);
		STAILQ_INSERT_TAIL(ops, op, link);
		w->n_queued--;
	}
	w->wants_look = false;
	*ret_may_do_chores = may_do_chores(w);
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
		    !db_files_are_there(w->files))
			write_batch(w, &ops, is_ending);
		if (may_do_chore && !w->is_stuck && !is_ending)
			do_chore(w);
		look_around(w);
	}
	return NULL;
}

static void *run_checkpointer(void *arg)
{
	struct writer *w = arg;
	struct store_op_list no_ops = STAILQ_HEAD_INITIALIZER(no_ops);
	struct db *db = NULL;
	char *why = NULL;

	pthread_mutex_lock(&w->lock);
	for (;;) {
		while (!w->wants_checkpoint && !w->is_ending)
			pthread_cond_wait(&w->wake_checkpointer, &w->lock);
		if (w->is_ending)
			break;
		bool wants_room = w->wants_room;
		pthread_mutex_unlock(&w->lock);
		if (db == NULL && db_files_are_there(w->files) &&
		    db_open(db_path(w->db), false, &db, &why) != OK)
			free(why);
		/* a full disk shows in the commits too; after a failed sync the log may not start
		 * anew */
		enum err e = db != NULL ? db_checkpoint(db, wants_room) : ERR_BUSY;
		if (e == ERR_FATAL)
			report(w, &no_ops, ERR_FATAL, db_why(db), 0);
		pthread_mutex_lock(&w->lock);
		w->wants_checkpoint = false;
		w->is_log_kept = e != OK;
		if (e == OK)
			w->size.log = 0;
		w->owes_checkpoint = w->owes_checkpoint && e != OK;
		pthread_cond_signal(&w->wake); /* chores may go on */
	}
	pthread_mutex_unlock(&w->lock);
	db_close(db);
	return NULL;
}

/* Say whether the file has what was given back before the last daemon's end. */
static bool is_longer_than_it_should_be(const struct writer *w)
{
	struct stat st;

	return stat(db_path(w->db), &st) == 0 && (uint64_t)st.st_size > w->size.used + w->size.free;
}

struct writer *writer_new(struct db *db, const struct db_files *files, struct mailbox *mailbox,
    const struct writer_events *events)
{
	struct writer *w = xcalloc(1, sizeof(*w));
	pthread_condattr_t attributes;

	w->db = db;
	w->files = files;
	w->mailbox = mailbox;
	w->events = *events;
	/* a daemon that was killed may have been in the midst of these */
	w->has_garbage = w->is_shrinking = w->has_chores = true;
	if (db_measure(db, &w->size) != OK)
		w->size = (struct store_size){0};
	w->is_cut = is_longer_than_it_should_be(w);
	STAILQ_INIT(&w->queue);
	STAILQ_INIT(&w->kept);
	pthread_mutex_init(&w->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&w->wake, &attributes);
	pthread_cond_init(&w->wake_checkpointer, &attributes);
	pthread_condattr_destroy(&attributes);
	pthread_mutex_lock(&w->lock); /* the one thread asks whether there is the other */
	bool good = pthread_create(&w->thread, NULL, run, w) == 0;
	w->has_checkpointer =
	    good && pthread_create(&w->checkpointer, NULL, run_checkpointer, w) == 0;
	pthread_mutex_unlock(&w->lock);
	if (!good) {
		db_close(db);
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
	pthread_mutex_lock(&w->lock);
	struct store_size size = w->size;
	pthread_mutex_unlock(&w->lock);
	return size;
}

bool writer_has_chores(struct writer *w)
{
	pthread_mutex_lock(&w->lock);
	bool has_chores = w->has_chores;
	pthread_mutex_unlock(&w->lock);
	return has_chores;
}

void writer_free(struct writer *w)
{
	if (w == NULL)
		return;
	pthread_mutex_lock(&w->lock);
	w->is_ending = true;
	pthread_cond_signal(&w->wake);
	pthread_cond_signal(&w->wake_checkpointer);
	pthread_mutex_unlock(&w->lock);
	if (w->has_checkpointer)
		pthread_join(w->checkpointer, NULL);
	pthread_join(w->thread, NULL);
	pthread_cond_destroy(&w->wake);
	pthread_cond_destroy(&w->wake_checkpointer);
	pthread_mutex_destroy(&w->lock);
	db_close(w->db);
	free(w);
}
