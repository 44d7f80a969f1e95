/* The pool of threads: each task works once elsewhere and completes once in the loop. */
#include "../unit.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/metrics.h"
#include "loop/loop.h"
#include "loop/offload.h"

enum { N_THREADS = 4, N_TASKS = 5000, TOO_LATE = 1 };

struct world {
	struct loop *loop;
	struct mailbox *mailbox;
	struct offload *offload;
	struct timer deadline;
	unsigned n_done, n_wanted;
	unsigned n_here; /* tasks that worked in the loop's thread */
	bool is_wrong;
	struct task *tasks;
	/* holds the pool's threads up */
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned n_held;
	bool is_open;
};

struct task {
	struct offload_task task; /* first */
	struct world *world;
	pthread_t worker;
	unsigned no, n_worked, n_done, n_rounds;
};

static void on_deadline(void *arg)
{
	struct world *w = arg;

	loop_stop(w->loop, TOO_LATE);
}

static void work(struct offload_task *t)
{
	struct task *task = (struct task *)t;

	task->worker = pthread_self();
	task->n_worked++;
}

static void work_held(struct offload_task *t)
{
	struct task *task = (struct task *)t;
	struct world *w = task->world;

	pthread_mutex_lock(&w->lock);
	w->n_held++;
	pthread_cond_broadcast(&w->wake);
	while (!w->is_open)
		pthread_cond_wait(&w->wake, &w->lock);
	pthread_mutex_unlock(&w->lock);
	work(t);
}

static void done(struct offload_task *t)
{
	struct task *task = (struct task *)t;
	struct world *w = task->world;

	task->n_done++;
	if (task->n_worked != task->n_done)
		w->is_wrong = true;
	if (pthread_equal(task->worker, pthread_self()))
		w->n_here++;
	if (++w->n_done == w->n_wanted)
		loop_stop(w->loop, 0);
	else if (task->n_rounds > 0 && task->n_rounds-- > 0)
		offload_submit(w->offload, t);
}

static void open_world(struct world *w, int n_threads, unsigned n_wanted)
{
	*w = (struct world){.n_wanted = n_wanted};
	w->loop = loop_new();
	w->mailbox = mailbox_new(w->loop);
	w->offload = offload_new(w->mailbox, n_threads);
	ck_assert_ptr_nonnull(w->offload);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	timer_init(&w->deadline, w->loop, on_deadline, w);
	timer_start(&w->deadline, 40 * USEC_PER_SEC);
	w->tasks = calloc(N_TASKS, sizeof(*w->tasks));
	ck_assert_ptr_nonnull(w->tasks);
	for (unsigned i = 0; i < N_TASKS; i++)
		w->tasks[i] =
		    (struct task){.task = {.work = work, .done = done}, .world = w, .no = i};
}

static void close_world(struct world *w)
{
	offload_free(w->offload);
	mailbox_free(w->mailbox);
	timer_cancel(&w->deadline);
	loop_free(w->loop);
	free(w->tasks);
	metrics_done();
}

static void open_gate(struct world *w)
{
	pthread_mutex_lock(&w->lock);
	w->is_open = true;
	pthread_cond_broadcast(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

static void submit(struct world *w, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		offload_submit(w->offload, &w->tasks[i].task);
}

static void check_each_once(const struct world *w, unsigned n)
{
	ck_assert(!w->is_wrong);
	for (unsigned i = 0; i < n; i++) {
		ck_assert_uint_eq(w->tasks[i].n_worked, 1);
		ck_assert_uint_eq(w->tasks[i].n_done, 1);
	}
}

static double get_queue_length(void)
{
	static const char name[] = "\nasyncprobed_offload_queue_length ";
	struct buf b;

	buf_init(&b, 1 << 20);
	metrics_write(&b, METRICS_TEXT);
	const char *line = strstr(b.data, name);
	double value = line != NULL ? strtod(line + strlen(name), NULL) : -1;
	buf_done(&b);
	return value;
}

TEST(frees_nothing)
{
	offload_free(NULL);
}

TEST(completion_is_not_called_by_submit)
{
	struct world w;

	open_world(&w, 1, 1);
	submit(&w, 0, 1);
	ck_assert_uint_eq(w.tasks[0].n_done, 0);
	ck_assert_int_eq(loop_run(w.loop), 0);
	check_each_once(&w, 1);
	ck_assert_uint_eq(w.n_here, 0);
	close_world(&w);
}

TEST(tasks_complete_in_the_loop)
{
	struct world w;

	open_world(&w, N_THREADS, N_TASKS);
	submit(&w, 0, N_TASKS);
	ck_assert_int_eq(loop_run(w.loop), 0);
	check_each_once(&w, N_TASKS);
	ck_assert_uint_eq(w.n_here, 0);
	close_world(&w);
}

TEST(completion_may_submit_the_task_again)
{
	enum { N = 50, N_ROUNDS = 100 };
	struct world w;

	open_world(&w, N_THREADS, N * (1 + N_ROUNDS));
	for (unsigned i = 0; i < N; i++)
		w.tasks[i].n_rounds = N_ROUNDS;
	submit(&w, 0, N);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert(!w.is_wrong);
	for (unsigned i = 0; i < N; i++)
		ck_assert_uint_eq(w.tasks[i].n_done, 1 + N_ROUNDS);
	close_world(&w);
}

/* All threads are held up by a task each, so that the rest is in the queue. */
static void hold_threads(struct world *w)
{
	for (unsigned i = 0; i < N_THREADS; i++)
		w->tasks[i].task.work = work_held;
	submit(w, 0, N_THREADS);
	pthread_mutex_lock(&w->lock);
	while (w->n_held < N_THREADS)
		pthread_cond_wait(&w->wake, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

TEST(queue_length_is_exported)
{
	struct world w;

	open_world(&w, N_THREADS, 100);
	hold_threads(&w);
	ck_assert_double_eq(get_queue_length(), 0);
	submit(&w, N_THREADS, 100);
	ck_assert_double_eq(get_queue_length(), 100 - N_THREADS);
	open_gate(&w);
	ck_assert_int_eq(loop_run(w.loop), 0);
	ck_assert_double_eq(get_queue_length(), 0);
	check_each_once(&w, 100);
	close_world(&w);
}

static void *run_gate(void *arg)
{
	open_gate(arg);
	return NULL;
}

TEST(stop_works_off_the_queue)
{
	struct world w;
	pthread_t gate;

	open_world(&w, N_THREADS, N_TASKS);
	hold_threads(&w);
	submit(&w, N_THREADS, N_TASKS);
	ck_assert_int_eq(pthread_create(&gate, NULL, run_gate, &w), 0);
	offload_stop(w.offload);
	pthread_join(gate, NULL);
	ck_assert_uint_eq(w.n_done, 0);
	ck_assert_double_eq(get_queue_length(), 0);
	ck_assert(mailbox_deliver(w.mailbox));
	check_each_once(&w, N_TASKS);
	ck_assert_uint_eq(w.n_here, 0);
	close_world(&w);
}

TEST(after_stop_work_is_done_by_the_caller)
{
	struct world w;

	open_world(&w, N_THREADS, 200);
	submit(&w, 0, 100);
	offload_stop(w.offload);
	offload_stop(w.offload);
	submit(&w, 100, 200);
	ck_assert_uint_eq(w.tasks[100].n_worked, 1);
	ck_assert_uint_eq(w.tasks[100].n_done, 0);
	ck_assert_int_eq(loop_run(w.loop), 0);
	check_each_once(&w, 200);
	ck_assert_uint_eq(w.n_here, 100);
	close_world(&w);
}

TEST(free_leaves_completions_to_the_mailbox)
{
	struct world w;

	open_world(&w, N_THREADS, 1000);
	submit(&w, 0, 1000);
	offload_free(w.offload);
	w.offload = NULL;
	ck_assert(mailbox_deliver(w.mailbox));
	check_each_once(&w, 1000);
	close_world(&w);
}

SUITE(offload)
{
	ADD(frees_nothing);
	ADD(completion_is_not_called_by_submit);
	ADD(after_stop_work_is_done_by_the_caller);
	ADD(stop_works_off_the_queue);
	ADD(free_leaves_completions_to_the_mailbox);
	ADD(queue_length_is_exported);
	ADD(completion_may_submit_the_task_again);
	ADD(tasks_complete_in_the_loop);
}
