/* Copies of the database, one at a time, each by a thread and a connection of its own: a copy takes
 * as long as the database is big, and neither commits nor reads may wait for it. It is one read of
 * the database, so chores may have to rest until its end. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "loop/mailbox.h"
#include "store/worker.h"

struct copier {
	const struct backend *backend;
	struct database *database; /* borrowed */
	struct mailbox *mailbox;   /* borrowed */
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

struct copier *copier_new(
    const struct backend *backend, struct database *database, struct mailbox *mailbox)
{
	struct copier *c = xcalloc(1, sizeof(*c));

	c->backend = backend;
	c->database = database;
	c->mailbox = mailbox;
	return c;
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

/* --- Thread: the copier's --- */

static void *run(void *arg)
{
	struct copy_mail *m = arg;
	struct copier *c = m->copier;

	m->copy.err = c->backend->copy(c->database, &c->is_cancelled, &m->copy);
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
	free(c);
}
