/* Copies of the database, one at a time, each by a thread and a connection of its own: a copy takes
 * as long as the database is big, and neither commits nor reads may wait for it. It is one read of
 * the database, so the write-ahead log can't start anew before its end, and chores rest (writer.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "loop/mailbox.h"
#include "store/db_files.h"
#include "store/worker.h"

enum { MAX_PATH = 4200 };

struct copier {
	struct mailbox *mailbox;      /* borrowed */
	const struct db_files *files; /* borrowed */
	char *database, *path;        /* owned */
	atomic_bool is_cancelled;
	pthread_t thread;
	bool has_thread; /* until its mail is delivered or it was joined */
};

struct copy_mail {
	struct mail mail;
	struct copier *copier; /* lives until all mail is delivered */
	store_copied_fn *on_done;
	void *arg;
	struct store_copy copy;
};

/* Remove what a copy that was cut short left behind. */
static void remove_rest(const char *path)
{
	char journal[MAX_PATH + 16];

	snprintf(journal, sizeof(journal), "%s-journal", path);
	unlink(path);
	unlink(journal);
}

struct copier *copier_new(
    const char *database, const struct db_files *files, struct mailbox *mailbox)
{
	struct copier *c = xcalloc(1, sizeof(*c));
	char path[MAX_PATH];

	snprintf(path, sizeof(path), "%s.copy", database);
	c->files = files;
	c->mailbox = mailbox;
	c->database = xstrdup(database);
	c->path = xstrdup(path);
	remove_rest(path);
	return c;
}

/* --- Thread: the copier's --- */

static enum err make_copy(struct copier *c, struct store_copy *copy)
{
	AUTO_FREE char *why = NULL;
	struct db *db = NULL;
	struct stat st;
	enum err e =
	    db_files_are_there(c->files) ? db_open(c->database, false, &db, &why) : ERR_GONE;

	if (e == OK)
		e = db_copy(db, c->path, &c->is_cancelled);
	if (e != OK) {
		log_debug("store_copy", "error=%s why=%s", err_str(e),
		    log_quote(db != NULL    ? db_why(db)
			      : why != NULL ? why
					    : ""));
		db_close(db);
		return e;
	}
	db_close(db);
	copy->fd = open(c->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	remove_rest(c->path);
	if (copy->fd < 0 || fstat(copy->fd, &st) != 0)
		return ERR_IO;
	copy->n_bytes = (uint64_t)st.st_size;
	return OK;
}

static void deliver(struct mail *mail)
{
	struct copy_mail *m = (struct copy_mail *)mail;
	struct copier *c = m->copier;

	if (c->has_thread)
		pthread_join(c->thread, NULL);
	c->has_thread = false;
	m->on_done(&m->copy, m->arg);
	free(m);
}

static void *run(void *arg)
{
	struct copy_mail *m = arg;

	m->copy.err = make_copy(m->copier, &m->copy);
	mailbox_post(m->copier->mailbox, &m->mail);
	return NULL;
}

/* --- Thread: loop --- */

enum err copier_start(struct copier *c, store_copied_fn *on_done, void *arg)
{
	if (c->has_thread || atomic_load(&c->is_cancelled))
		return ERR_BUSY;
	struct copy_mail *m = xcalloc(1, sizeof(*m));
	*m = (struct copy_mail){.mail.deliver = deliver,
	    .copier = c,
	    .on_done = on_done,
	    .arg = arg,
	    .copy = {.fd = -1}};
	c->has_thread = pthread_create(&c->thread, NULL, run, m) == 0;
	if (!c->has_thread)
		free(m);
	return c->has_thread ? OK : ERR_SYSTEM;
}

void copier_stop(struct copier *c)
{
	if (c == NULL)
		return;
	atomic_store(&c->is_cancelled, true);
	if (c->has_thread)
		pthread_join(c->thread, NULL);
	c->has_thread = false;
}

void copier_free(struct copier *c)
{
	if (c == NULL)
		return;
	copier_stop(c);
	free(c->database);
	free(c->path);
	free(c);
}
