/* A core between a fake checker, a fake fetcher and a fake store. */
#include "bench.h"

#include <stdlib.h>

#include "../unit.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/mailbox.h"
#include "loop/offload.h"

enum { MAX_ITEMS = 200000, MAX_JSON = 1 << 20, PIECE = 50000 };

/* The first is the default. */
static const struct flag_server servers[] = {
    {"REMOTE", "https://flags.test/data/flags"}, {"Local", "http://127.0.0.1:8000/flags/"}};

void bench_begin(struct bench *b, size_t room)
{
	log_setup(LOG_LEVEL_ERROR, LOG_TEXT);
	*b = (struct bench){.loop = loop_new(), .patience = 3600 * USEC_PER_SEC};
	b->mailbox = mailbox_new(b->loop);
	b->offload = offload_new(b->mailbox, 0);
	b->checker = fake_checks_new(b->loop, room);
	b->fetcher = fake_fetcher_new(b->loop, room);
	b->store = fake_store_new(b->loop);
	b->opts = (struct core_opts){.loop = b->loop,
	    .checker = b->checker,
	    .fetcher = b->fetcher,
	    .store = b->store,
	    .offload = b->offload,
	    .suspects = suspects_new(b->loop, b->store, b->patience),
	    .folder = "/tmp",
	    .flag_servers = servers,
	    .n_flag_servers = N_ROWS(servers),
	    .max_items = MAX_ITEMS,
	    .max_active = 8};
	b->core = core_new(&b->opts);
	ck_assert_ptr_nonnull(b->core);
}

void bench_end(struct bench *b)
{
	fake_store_crash(b->store);
	core_free(b->core);
	fake_store_crash(b->store);
	suspects_free(b->opts.suspects);
	fetcher_free(b->fetcher);
	checker_free(b->checker);
	store_free(b->store);
	offload_free(b->offload);
	mailbox_free(b->mailbox);
	loop_free(b->loop);
	metrics_done();
}

void bench_crash(struct bench *b)
{
	fake_store_crash(b->store);
	core_free(b->core);
	suspects_free(b->opts.suspects);
	b->opts.suspects = suspects_new(b->loop, b->store, b->patience);
	ck_assert_uint_eq(checker_in_flight(b->checker), 0);
	ck_assert_uint_eq(fetcher_in_flight(b->fetcher), 0);
	b->core = core_new(&b->opts);
	ck_assert_ptr_nonnull(b->core);
}

void bench_die(struct bench *b)
{
	fake_store_end_unclean(b->store);
	bench_crash(b);
}

void bench_die_twice(struct bench *b, size_t n)
{
	bench_wait_started(b, n);
	bench_die(b);
	bench_wait_started(b, 2 * n);
	bench_die(b);
}

struct feed {
	struct submission *submission;
	const char *text;
	size_t len, at;
	struct outcome outcome;
};

static void on_done(const struct submission_outcome *in, void *arg)
{
	struct feed *f = arg;
	struct outcome *out = &f->outcome;

	out->n_calls++;
	out->status = in->problem->status;
	if (in->problem->n_errors > 0)
		snprintf(out->pointer, sizeof(out->pointer), "%s", in->problem->errors[0].pointer);
	out->has_job = in->job != NULL;
	out->is_replay = in->is_replay;
	out->total = in->total;
	if (in->job != NULL) {
		out->id = in->job->id;
		out->total = in->job->total;
	} else if (in->first != NULL) {
		out->n_first = in->first->n;
	}
	out->duplicates = in->duplicates;
	out->invalid = in->invalid;
}

static void feed(void *arg)
{
	struct feed *f = arg;

	while (f->at < f->len && !submission_is_busy(f->submission) && f->outcome.n_calls == 0) {
		size_t n = f->len - f->at < PIECE ? f->len - f->at : PIECE;
		submission_feed(f->submission, f->text + f->at, n);
		f->at += n;
		if (f->at == f->len)
			submission_end(f->submission);
	}
}

static bool is_fed(void *arg)
{
	return ((struct feed *)arg)->outcome.n_calls > 0;
}

struct outcome bench_submit(struct bench *b, enum submission_body body, const char *text,
    const char *key, const char *const *query)
{
	struct feed f = {.text = text, .len = strlen(text)};
	struct submission_opts opts = {.body = body,
	    .idempotency_key = key,
	    .owner = b->owner,
	    .max_json = MAX_JSON,
	    .events = {.on_ready = feed, .on_done = on_done, .arg = &f}};

	f.submission = submission_new(b->core, &opts);
	for (; query != NULL && *query != NULL; query += 2)
		submission_set(f.submission, query[0], query[1]);
	if (f.len == 0)
		submission_end(f.submission);
	feed(&f);
	run_until(b->loop, is_fed, &f, "the outcome of a submission");
	submission_free(f.submission);
	ck_assert_uint_eq(f.outcome.n_calls, 1);
	return f.outcome;
}

struct id bench_submit_many(struct bench *b, const char *prefix, size_t n)
{
	struct buf text;

	buf_init(&text, 16 << 20);
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "%s%zu.test\n", prefix, i);
	struct outcome o = bench_submit(b, BODY_TEXT, text.data, NULL, NULL);
	buf_done(&text);
	ck_assert(o.has_job && o.total == n);
	return o.id;
}

struct id bench_submit_json(struct bench *b, const char *json)
{
	struct outcome o = bench_submit(b, BODY_JSON, json, NULL, NULL);

	ck_assert_msg(o.has_job, "%s: %d %s", json, o.status, o.pointer);
	return o.id;
}

struct waiting {
	struct bench *b;
	size_t job, n;
};

static bool has_ended(void *arg)
{
	const struct waiting *w = arg;
	const struct fake_job *j = fake_store_job(w->b->store, w->job);

	return j != NULL && job_state_is_ended(j->job.state) &&
	       jobs_find(w->b->core, &j->job.id) == NULL;
}

void bench_finish(struct bench *b, size_t i)
{
	struct waiting w = {.b = b, .job = i};

	run_until(b->loop, has_ended, &w, "the end of a job");
	const struct fake_job *j = fake_store_job(b->store, i);
	ck_assert_str_eq(job_state_name(j->job.state), "done");
	ck_assert_uint_eq(j->n_results, j->job.total); /* the store saw that none came twice */
	ck_assert_uint_eq(j->n_chunks, 0);
	ck_assert_uint_eq(j->n_aliases, 0);
}

static bool has_results(void *arg)
{
	const struct waiting *w = arg;

	return fake_store_job(w->b->store, w->job)->n_results >= w->n;
}

void bench_wait_results(struct bench *b, size_t i, size_t n)
{
	struct waiting w = {.b = b, .job = i, .n = n};

	run_until(b->loop, has_results, &w, "results");
}

static bool has_started(void *arg)
{
	const struct waiting *w = arg;

	return fake_checks_n_started(w->b->checker) >= w->n;
}

void bench_wait_started(struct bench *b, size_t n)
{
	struct waiting w = {.b = b, .n = n};

	run_until(b->loop, has_started, &w, "checks");
}

static bool has_fetches(void *arg)
{
	const struct waiting *w = arg;

	return fake_fetcher_n_started(w->b->fetcher) >= w->n;
}

void bench_wait_fetches(struct bench *b, size_t n)
{
	struct waiting w = {.b = b, .n = n};

	run_until(b->loop, has_fetches, &w, "fetches");
}

struct id bench_submit_urls(struct bench *b, const char *prefix, size_t n, const char *const *query)
{
	const char *all[16] = {"kind", "downloads"};
	struct buf text;

	for (size_t i = 0; query != NULL && query[i] != NULL; i++)
		all[2 + i] = query[i];
	buf_init(&text, 16 << 20);
	for (size_t i = 0; i < n; i++)
		buf_addf(&text, "http://files.test/%s%zu\n", prefix, i);
	struct outcome o = bench_submit(b, BODY_TEXT, text.data, NULL, all);
	buf_done(&text);
	ck_assert(o.has_job && o.total == n);
	return o.id;
}

static void on_cancelled(enum err e, const struct job *job, void *arg)
{
	(void)e, (void)job, (void)arg;
}

void bench_cancel(struct bench *b, const struct id *id)
{
	(void)jobs_cancel(b->core, id, on_cancelled, NULL);
}
