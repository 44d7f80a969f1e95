/* Maintenance of the database in small steps while nothing else waits: rows of removed jobs are
 * deleted and free space is returned. A thread checkpoints a long write-ahead log. No other
 * maintenance runs until the checkpoint has ended; otherwise the log, and the time for which the
 * checkpoint delays commits, would keep growing. */
#include "sqlite/chores.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "sqlite/files.h"

enum { CHECKPOINT_PAGES = 1000 };

/* Free space that is given back, once it is more than a fifth of the file, until it is a twentieth:
 * what is needed again soon is not worth the writing. */
enum { MUCH_FREE = 4 << 20, MUCH_FREE_SHARE = 5, LITTLE_FREE = 1 << 20, LITTLE_FREE_SHARE = 20 };

/* Delay before the next attempt if reads kept the log from being reset. */
#define CHORE_PAUSE (250 * USEC_PER_MSEC)

struct chores {
	struct db *db; /* borrowed; the writing thread's */
	const struct db_files *files;
	struct chores_events events;
	/* the writing thread's own */
	bool has_garbage, is_shrinking;
	bool is_cut; /* the file is to get shorter with the next checkpoint */
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	struct store_size size;
	bool is_ending, has_chores, wants_checkpoint, wants_room;
	bool owes_checkpoint; /* the one that makes the file shorter; tried until it succeeds */
	usec_t retry_at;      /* 0: the last checkpoint has left no log */
};

static bool is_much_free(const struct chores *c)
{
	const struct store_size *size = &c->size;
	uint64_t in_all = size->used + size->free;

	if (c->is_shrinking)
		return size->free > LITTLE_FREE && size->free > in_all / LITTLE_FREE_SHARE;
	return size->free > MUCH_FREE && size->free > in_all / MUCH_FREE_SHARE;
}

/* --- Thread: the writer's --- */

enum err chores_do(struct chores *c)
{
	enum err e = OK;

	if (c->has_garbage) {
		bool is_more = false;
		e = db_sweep(c->db, &is_more);
		c->has_garbage = e != OK || is_more;
	} else if (c->is_shrinking) {
		e = db_shrink(c->db);
		c->is_cut = true;
	}
	return e;
}

/* The thread is called also when all free space was given back, since the file gets shorter with a
 * checkpoint only. A full disk may get room when the log, which is a copy of what the database
 * holds, is given up. */
void chores_look(struct chores *c, bool is_stuck, bool has_garbage)
{
	struct store_size size;
	bool is_known = !is_stuck && db_measure(c->db, &size) == OK;

	c->has_garbage = c->has_garbage || has_garbage;
	pthread_mutex_lock(&c->lock);
	if (is_known)
		c->size = size;
	c->is_shrinking = db_can_shrink(c->db) && is_much_free(c);
	c->has_chores = c->has_garbage || c->is_shrinking;
	bool is_last = c->is_cut && !c->is_shrinking;
	if (is_stuck || is_last || db_wal_pages(c->db) > CHECKPOINT_PAGES) {
		c->is_cut = c->is_cut && !is_last;
		c->owes_checkpoint = (c->owes_checkpoint || is_last) && c->has_thread;
		c->wants_checkpoint = c->has_thread;
		c->wants_room = is_stuck;
		pthread_cond_signal(&c->wake);
	}
	pthread_mutex_unlock(&c->lock);
}

usec_t chores_wait(struct chores *c)
{
	usec_t now = clock_mono(), wait = CHORES_NEVER;

	pthread_mutex_lock(&c->lock);
	if (c->retry_at > 0 && now >= c->retry_at) {
		c->retry_at = 0;
		c->wants_checkpoint = c->wants_checkpoint || c->owes_checkpoint;
		pthread_cond_signal(&c->wake);
	}
	if (c->retry_at > 0 && (c->has_chores || c->owes_checkpoint))
		wait = c->retry_at - now;
	else if (c->retry_at == 0 && c->has_chores && !c->wants_checkpoint)
		wait = 0;
	pthread_mutex_unlock(&c->lock);
	return wait;
}

/* --- Thread: its own --- */

static void *run(void *arg)
{
	struct chores *c = arg;
	struct db *db = NULL;
	char *why = NULL;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->wants_checkpoint && !c->is_ending)
			pthread_cond_wait(&c->wake, &c->lock);
		if (c->is_ending)
			break;
		bool wants_room = c->wants_room;
		pthread_mutex_unlock(&c->lock);
		if (db == NULL && db_files_are_there(c->files) &&
		    db_open(db_path(c->db), false, &db, &why) != OK)
			free(why);
		/* a full disk shows in the commits too; after a failed sync the log may not start
		 * anew */
		enum err e = db != NULL ? db_checkpoint(db, wants_room) : ERR_BUSY;
		if (e == ERR_FATAL)
			c->events.on_fatal(db_why(db), c->events.arg);
		pthread_mutex_lock(&c->lock);
		c->wants_checkpoint = false;
		c->retry_at = e != OK ? clock_mono() + CHORE_PAUSE : 0;
		if (e == OK)
			c->size.log = 0;
		c->owes_checkpoint = c->owes_checkpoint && e != OK;
		pthread_mutex_unlock(&c->lock);
		c->events.on_change(c->events.arg); /* chores may go on */
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	db_close(db);
	return NULL;
}

/* --- Thread: loop --- */

/* Whether the file still has free space from before the last end of the daemon. */
static bool is_longer_than_it_should_be(const struct chores *c)
{
	struct stat st;

	return stat(db_path(c->db), &st) == 0 && (uint64_t)st.st_size > c->size.used + c->size.free;
}

struct chores *chores_new(
    struct db *db, const struct db_files *files, const struct chores_events *events)
{
	struct chores *c = xcalloc(1, sizeof(*c));

	c->db = db;
	c->files = files;
	c->events = *events;
	/* a daemon that was killed may have been in the midst of these */
	c->has_garbage = c->is_shrinking = c->has_chores = true;
	if (db_measure(db, &c->size) != OK)
		c->size = (struct store_size){0};
	c->is_cut = is_longer_than_it_should_be(c);
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->wake, NULL);
	c->has_thread = pthread_create(&c->thread, NULL, run, c) == 0;
	return c;
}

struct store_size chores_size(struct chores *c)
{
	pthread_mutex_lock(&c->lock);
	struct store_size size = c->size;
	pthread_mutex_unlock(&c->lock);
	return size;
}

bool chores_are_left(struct chores *c)
{
	pthread_mutex_lock(&c->lock);
	bool has_chores = c->has_chores;
	pthread_mutex_unlock(&c->lock);
	return has_chores;
}

void chores_free(struct chores *c)
{
	if (c == NULL)
		return;
	pthread_mutex_lock(&c->lock);
	c->is_ending = true;
	pthread_cond_signal(&c->wake);
	pthread_mutex_unlock(&c->lock);
	if (c->has_thread)
		pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->wake);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
