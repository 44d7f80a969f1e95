/* The reading threads: each takes one operation at a time from a common queue. */
#include <pthread.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "loop/mailbox.h"
#include "store/worker.h"

struct reader_thread {
	struct reader *reader;
	struct db *db; /* owned */
	pthread_t id;
};

struct reader {
	const struct backend *backend;
	struct mailbox *mailbox; /* borrowed */
	reader_done_fn *on_done;
	void *arg;
	pthread_mutex_t lock; /* guards the two below */
	struct store_op_list queue;
	bool is_ending;
	pthread_cond_t wake;
	size_t n_threads;
	struct reader_thread *threads; /* owned */
};

/* Delivered perhaps after the reader is gone. */
struct read_mail {
	struct mail mail;
	struct store_op *op;
	reader_done_fn *on_done;
	void *arg;
};

static void deliver(struct mail *mail)
{
	struct read_mail *m = (struct read_mail *)mail;

	m->on_done(m->op, m->arg);
	free(m);
}

static struct store_op *take(struct reader *r)
{
	pthread_mutex_lock(&r->lock);
	while (STAILQ_EMPTY(&r->queue) && !r->is_ending)
		pthread_cond_wait(&r->wake, &r->lock);
	struct store_op *op = STAILQ_FIRST(&r->queue);
	if (op != NULL)
		STAILQ_REMOVE_HEAD(&r->queue, link);
	pthread_mutex_unlock(&r->lock);
	return op;
}

static void *run(void *arg)
{
	struct reader_thread *t = arg;
	struct store_op *op;

	while ((op = take(t->reader)) != NULL) {
		struct read_mail *m = xcalloc(1, sizeof(*m));
		t->reader->backend->read(t->db, op);
		m->mail.deliver = deliver;
		m->op = op;
		m->on_done = t->reader->on_done;
		m->arg = t->reader->arg;
		mailbox_post(t->reader->mailbox, &m->mail);
	}
	return NULL;
}

void reader_free(struct reader *r)
{
	if (r == NULL)
		return;
	pthread_mutex_lock(&r->lock);
	r->is_ending = true;
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	for (size_t i = 0; i < r->n_threads; i++) {
		pthread_join(r->threads[i].id, NULL);
		r->backend->disconnect(r->threads[i].db);
	}
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r->threads);
	free(r);
}

struct reader *reader_new(const struct backend *backend, struct db **dbs, size_t n_dbs,
    struct mailbox *mailbox, reader_done_fn *on_done, void *arg)
{
	struct reader *r = xcalloc(1, sizeof(*r));

	r->backend = backend;
	r->mailbox = mailbox;
	r->on_done = on_done;
	r->arg = arg;
	STAILQ_INIT(&r->queue);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	r->threads = xcalloc(n_dbs, sizeof(*r->threads));
	for (size_t i = 0; i < n_dbs; i++) {
		struct reader_thread *t = &r->threads[r->n_threads];
		*t = (struct reader_thread){.reader = r, .db = dbs[i]};
		if (pthread_create(&t->id, NULL, run, t) == 0)
			r->n_threads++;
		else
			backend->disconnect(dbs[i]);
	}
	if (r->n_threads == 0) {
		reader_free(r);
		return NULL;
	}
	return r;
}

void reader_add(struct reader *r, struct store_op *op)
{
	pthread_mutex_lock(&r->lock);
	STAILQ_INSERT_TAIL(&r->queue, op, link);
	pthread_cond_signal(&r->wake);
	pthread_mutex_unlock(&r->lock);
}
