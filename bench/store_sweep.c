/*
 * What commits feel of a big job that is deleted, for `make bench`: the store alone, with one small
 * submission after the other, at first with nothing beside, then while a job of many results is
 * swept away and the file shrinks.
 *
 *     store_sweep DIRECTORY RESULTS RESULTS-A-BLOCK [MAX-SECONDS]
 *     commits=N quiet_p50_ms=T quiet_p99_ms=T quiet_worst_ms=T sweep_p50_ms=T sweep_p99_ms=T
 *     sweep_worst_ms=T sweep_seconds=T big_mib=M end_mib=M
 *
 * A submission's time runs from its hand-over to the store to its being told of as committed.
 * big_mib and end_mib are the sizes of the database file with the job, and at the end.
 *
 * Exit status: 0 measured, 1 the store failed or time ran out, 2 usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/id.h"
#include "base/str.h"
#include "loop/loop.h"
#include "loop/mailbox.h"
#include "sqlite/sqlite.h"
#include "store/store.h"
#include "wire/record.h"

enum { MAX_RESULTS = 100000000, MAX_BLOCK = 100000, DEFAULT_SECONDS = 300, MAX_PATH = 4096 };
enum { MOST_PUTS = 1000 /* blocks on their way at one time */ };

#define SETTLE_TIME USEC_PER_SEC /* for what the making of the big job left to be written */
#define QUIET_TIME  (5 * USEC_PER_SEC)
#define LOOK_EVERY  (100 * USEC_PER_MSEC)
#define GAP         (2 * USEC_PER_MSEC) /* between an answer and the next submission */

enum phase { FILLING, QUIET, SWEEPING, ENDED };

struct times {
	usec_t *list; /* owned */
	size_t n, room;
};

struct trial {
	struct loop *loop;
	struct store *store;
	char path[MAX_PATH];
	enum phase phase;
	bool has_failed;
	int64_t job_no;
	uint32_t n_results, n_put, n_block, n_open;
	usec_t began, sent_at, deadline;
	struct timer gap, look;
	struct times quiet, sweep;
	double sweep_seconds, big_mib;
};

static void end(struct trial *t, bool has_failed)
{
	t->has_failed = has_failed;
	t->phase = ENDED;
	loop_stop(t->loop, 0);
}

static double file_mib(const struct trial *t)
{
	struct stat st;

	return stat(t->path, &st) == 0 ? (double)st.st_size / (1 << 20) : 0;
}

/* --- Small submissions --- */

static void add_time(struct times *times, usec_t time)
{
	if (times->n == times->room) {
		times->room = times->room > 0 ? 2 * times->room : 4096;
		times->list = xrealloc(times->list, times->room * sizeof(*times->list));
	}
	times->list[times->n++] = time;
}

static void fill_submission(struct store_op *op, uint64_t total)
{
	struct job *job = &op->u.input.job;

	op->u.input.n_chunks = 1;
	op->u.input.chunks = xcalloc(1, sizeof(*op->u.input.chunks));
	chunk_init(&op->u.input.chunks[0].chunk, 0);
	chunk_add(&op->u.input.chunks[0].chunk, "name.test", 9, true);
	job->id = id_new(clock_wall());
	job->kind = KIND_DOMAINS;
	job->check = CHECK_RESOLVE;
	job->state = JOB_QUEUED;
	job->total = total;
	job->created_at = clock_wall();
}

static void on_submitted(struct store_op *op)
{
	struct trial *t = op->arg;

	if (op->err != OK) {
		end(t, true);
		return;
	}
	if (t->phase == SWEEPING)
		add_time(&t->sweep, clock_mono() - t->sent_at);
	else if (clock_mono() - t->began > SETTLE_TIME)
		add_time(&t->quiet, clock_mono() - t->sent_at);
	timer_start(&t->gap, GAP);
}

static void on_gap(void *arg)
{
	struct trial *t = arg;

	if (t->phase == ENDED)
		return;
	struct store_op *op = store_op_new(STORE_SUBMIT, on_submitted, t);
	fill_submission(op, 1);
	t->sent_at = clock_mono();
	store_start(t->store, op);
}

/* --- The big job --- */

static void on_deleted(struct store_op *op)
{
	if (op->err != OK)
		end(op->arg, true);
}

static void on_look(void *arg)
{
	struct trial *t = arg;
	usec_t now = clock_mono();

	if (now > t->deadline) {
		fprintf(stderr, "store_sweep: time ran out\n");
		end(t, true);
		return;
	}
	if (t->phase == QUIET && now - t->began > SETTLE_TIME + QUIET_TIME) {
		struct store_op *op = store_op_new(STORE_DELETE, on_deleted, t);
		op->job_no = t->job_no;
		t->big_mib = file_mib(t);
		t->phase = SWEEPING;
		t->began = now;
		store_start(t->store, op);
	} else if (t->phase == SWEEPING && now - t->began > USEC_PER_SEC &&
		   !store_has_chores(t->store)) {
		t->sweep_seconds = (double)(now - t->began) / USEC_PER_SEC;
		end(t, false);
		return;
	}
	timer_start(&t->look, LOOK_EVERY);
}

static void put_block(struct trial *t);

static void on_put(struct store_op *op)
{
	struct trial *t = op->arg;

	t->n_open--;
	if (op->err != OK) {
		end(t, true);
	} else if (t->n_put < t->n_results) {
		put_block(t);
	} else if (t->n_open == 0) {
		t->phase = QUIET;
		t->began = clock_mono();
		on_gap(t);
	}
}

static void put_block(struct trial *t)
{
	struct store_op *op = store_op_new(STORE_PUT, on_put, t);
	char name[32];

	op->job_no = t->job_no;
	buf_init(&op->u.put.block, SIZE_MAX / 2);
	for (; op->u.put.n < t->n_block && t->n_put < t->n_results; op->u.put.n++) {
		snprintf(name, sizeof(name), "n%07u.wild.bench.test", t->n_put);
		record_add(&op->u.put.block, &(struct result){.index = t->n_put++,
						 .status = ITEM_NOT_FOUND,
						 .reason = REASON_NXDOMAIN,
						 .attempts = 1,
						 .finished_at = clock_wall(),
						 .name = name,
						 .name_len = strlen(name)});
	}
	op->u.put.counts[ITEM_NOT_FOUND] = op->u.put.n;
	op->u.put.state = t->n_put < t->n_results ? JOB_RUNNING : JOB_DONE;
	op->u.put.started_at = clock_wall();
	op->u.put.finished_at = t->n_put < t->n_results ? 0 : clock_wall();
	t->n_open++;
	store_start(t->store, op);
}

static void on_big(struct store_op *op)
{
	struct trial *t = op->arg;

	t->job_no = op->job_no;
	for (int i = 0; op->err == OK && i < MOST_PUTS && t->n_put < t->n_results; i++)
		put_block(t);
	if (op->err != OK)
		end(t, true);
}

/* --- The trial --- */

static int compare(const void *a, const void *b)
{
	usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;

	return (x > y) - (x < y);
}

static void print_times(const char *name, const struct times *times)
{
	size_t n = times->n;

	qsort(times->list, n, sizeof(*times->list), compare);
	printf(" %s_p50_ms=%.2f %s_p99_ms=%.2f %s_worst_ms=%.2f", name,
	    (double)times->list[n / 2] / USEC_PER_MSEC, name,
	    (double)times->list[n * 99 / 100] / USEC_PER_MSEC, name,
	    (double)times->list[n - 1] / USEC_PER_MSEC);
}

static void on_writable(bool is_writable, enum err why, void *arg)
{
	(void)is_writable, (void)why;
	end(arg, true);
}

static void on_fatal(const char *why, void *arg)
{
	fprintf(stderr, "store_sweep: %s\n", why);
	end(arg, true);
}

static void on_job(struct unfinished_job *job, void *arg)
{
	(void)arg;
	job_done(&job->job);
}

static bool open_store(struct trial *t, struct mailbox *mailbox)
{
	const struct store_events events = {on_writable, on_fatal, t};
	AUTO_FREE char *why = NULL;

	if (store_open(sqlite_backend(), t->path, mailbox, &events, &t->store, &why) != OK) {
		fprintf(stderr, "store_sweep: %s\n", why);
		return false;
	}
	return store_recover(t->store, on_job, t) == OK;
}

static int run(struct trial *t)
{
	struct mailbox *mailbox = mailbox_new(t->loop);

	if (!open_store(t, mailbox))
		return 1;
	timer_init(&t->gap, t->loop, on_gap, t);
	timer_init(&t->look, t->loop, on_look, t);
	timer_start(&t->look, LOOK_EVERY);
	struct store_op *op = store_op_new(STORE_SUBMIT, on_big, t);
	fill_submission(op, t->n_results);
	store_start(t->store, op);
	loop_run(t->loop);
	timer_cancel(&t->gap);
	timer_cancel(&t->look);
	store_stop(t->store);
	while (mailbox_deliver(mailbox) || store_refuse(t->store))
		;
	timer_cancel(&t->gap);
	store_free(t->store);
	mailbox_free(mailbox);
	if (t->has_failed || t->quiet.n == 0 || t->sweep.n == 0)
		return 1;
	printf("commits=%zu", t->quiet.n + t->sweep.n);
	print_times("quiet", &t->quiet);
	print_times("sweep", &t->sweep);
	printf(" sweep_seconds=%.1f big_mib=%.1f end_mib=%.1f\n", t->sweep_seconds, t->big_mib,
	    file_mib(t));
	return 0;
}

int main(int argc, char **argv)
{
	struct trial t = {.phase = FILLING};
	uint64_t n_results = 0, n_block = 0, seconds = DEFAULT_SECONDS;

	if (argc < 4 || argc > 5 || str_to_u64(argv[2], MAX_RESULTS, &n_results) != OK ||
	    str_to_u64(argv[3], MAX_BLOCK, &n_block) != OK ||
	    (argc == 5 && str_to_u64(argv[4], 86400, &seconds) != OK) || n_results == 0 ||
	    n_block == 0) {
		fprintf(
		    stderr, "usage: store_sweep DIRECTORY RESULTS RESULTS-A-BLOCK [MAX-SECONDS]\n");
		return 2;
	}
	snprintf(t.path, sizeof(t.path), "%s/sweep.db", argv[1]);
	t.n_results = (uint32_t)n_results;
	t.n_block = (uint32_t)n_block;
	t.deadline = clock_mono() + (usec_t)seconds * USEC_PER_SEC;
	t.loop = loop_new();
	int status = t.loop != NULL ? run(&t) : 1;
	loop_free(t.loop);
	free(t.quiet.list);
	free(t.sweep.list);
	return status;
}
