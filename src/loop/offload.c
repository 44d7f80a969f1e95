/* The thread pool. Callers limit their number of tasks; the length of the queue is a metric. */
#include "loop/offload.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/metrics.h"

STAILQ_HEAD(task_list, offload_task);

struct offload {
	struct mailbox *mailbox; /* borrowed */
	pthread_mutex_t lock;    /* guards the three below */
	struct task_list queue;
	size_t n_queued;
	bool is_ending;
	pthread_cond_t wake; /* signalled when any of them changes */
	int n_threads;
	pthread_t *threads; /* owned */
};

/* Wait for a task; NULL when the pool ends and nothing is left. */
static struct offload_task *take(struct offload *offload)
{
	struct offload_task *task;

	pthread_mutex_lock(&offload->lock);
	while (STAILQ_EMPTY(&offload->queue) && !offload->is_ending)
		pthread_cond_wait(&offload->wake, &offload->lock);
	task = STAILQ_FIRST(&offload->queue);
	if (task != NULL) {
		STAILQ_REMOVE_HEAD(&offload->queue, link);
		offload->n_queued--;
	}
	pthread_mutex_unlock(&offload->lock);
	return task;
}

/* Lower the priority of pool threads, so that the loop answers clients first if there are few
 * processors. Failure is harmless. */
static void yield_to_loop(void)
{
	enum { NICE = 5 };

	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}

static void *run(void *arg)
{
	struct offload *offload = arg;
	struct offload_task *task;

	yield_to_loop();
	while ((task = take(offload)) != NULL) {
		task->work(task);
		mailbox_post(offload->mailbox, &task->mail);
	}
	return NULL;
}

static double get_queued(void *arg)
{
	struct offload *offload = arg;

	pthread_mutex_lock(&offload->lock);
	size_t n = offload->n_queued;
	pthread_mutex_unlock(&offload->lock);
	return (double)n;
}

struct offload *offload_new(struct mailbox *mailbox, int n_threads)
{
	struct offload *offload = xcalloc(1, sizeof(*offload));

	offload->mailbox = mailbox;
	STAILQ_INIT(&offload->queue);
	pthread_mutex_init(&offload->lock, NULL);
	pthread_cond_init(&offload->wake, NULL);
	offload->threads = xcalloc((size_t)n_threads, sizeof(*offload->threads));
	for (; offload->n_threads < n_threads; offload->n_threads++) {
		if (pthread_create(&offload->threads[offload->n_threads], NULL, run, offload) !=
		    0) {
			offload_free(offload);
			return NULL;
		}
	}
	metrics_getter(METRIC_OFFLOAD_QUEUE, get_queued, offload);
	return offload;
}

void offload_stop(struct offload *offload)
{
	pthread_mutex_lock(&offload->lock);
	offload->is_ending = true;
	pthread_cond_broadcast(&offload->wake);
	pthread_mutex_unlock(&offload->lock);
	for (int i = 0; i < offload->n_threads; i++)
		pthread_join(offload->threads[i], NULL);
	offload->n_threads = 0;
}

void offload_free(struct offload *offload)
{
	if (offload == NULL)
		return;
	offload_stop(offload);
	pthread_cond_destroy(&offload->wake);
	pthread_mutex_destroy(&offload->lock);
	free(offload->threads);
	free(offload);
}

static void on_mail(struct mail *mail)
{
	struct offload_task *task =
	    (struct offload_task *)((char *)mail - offsetof(struct offload_task, mail));

	task->done(task);
}

void offload_submit(struct offload *offload, struct offload_task *task)
{
	task->mail.deliver = on_mail;
	if (offload->n_threads == 0) { /* stopped */
		task->work(task);
		mailbox_post(offload->mailbox, &task->mail);
		return;
	}
	pthread_mutex_lock(&offload->lock);
	STAILQ_INSERT_TAIL(&offload->queue, task, link);
	offload->n_queued++;
	pthread_cond_signal(&offload->wake);
	pthread_mutex_unlock(&offload->lock);
}
