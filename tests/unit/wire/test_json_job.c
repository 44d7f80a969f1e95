/* Jobs as JSON, and read back. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "wire/json_job.h"

#define NOON ((usec_t)1795348800123456)
#define ID   "0193fd1c-a9c0-7abc-8def-0123456789af"

static struct job make_job(enum job_state state)
{
	struct job job = {.state = JOB_QUEUED,
	    .total = 1000,
	    .completed = 250,
	    .counts = {200, 45, 5},
	    .created_at = NOON,
	    .rate = 125.25};

	if (!id_parse(ID, &job.id))
		abort();
	if (state != JOB_QUEUED)
		job_set_state(&job, JOB_RUNNING, NOON + USEC_PER_SEC);
	if (job_state_is_ended(state))
		job_set_state(&job, state, NOON + 3 * USEC_PER_SEC);
	return job;
}

static const struct {
	const char *name;
	enum job_state state;
} states[] = {{"golden/job-queued.json", JOB_QUEUED}, {"golden/job-running.json", JOB_RUNNING},
    {"golden/job-done.json", JOB_DONE}, {"golden/job-cancelled.json", JOB_CANCELLED}};

TEST(is_as_the_golden_file)
{
	struct job job = make_job(states[_i].state);
	struct buf b;

	buf_init(&b, 10000);
	if (job.state == JOB_QUEUED)
		job.rate = job.completed = 0;
	if (job.state == JOB_RUNNING)
		job.label = xstrdup("my \"blog\" \xc3\xbc\xff");
	json_job_add(&b, &job, NOON + 2 * USEC_PER_SEC);
	buf_add_char(&b, '\n');
	unit_check_golden(states[_i].name, b.data, b.len);
	json_auto_t *root = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(root);
	buf_done(&b);
	job_done(&job);
}

TEST(reads_back)
{
	struct job job = make_job(states[_i].state), got;
	struct buf b;

	buf_init(&b, 10000);
	job.label = xstrdup("my blog");
	json_job_add(&b, &job, NOON + 2 * USEC_PER_SEC);
	ck_assert(json_job_parse(b.data, b.len, &got));
	ck_assert_mem_eq(&got.id, &job.id, sizeof(job.id));
	ck_assert_int_eq(got.state, job.state);
	ck_assert_int_eq(got.kind, job.kind);
	ck_assert_int_eq(got.check, job.check);
	ck_assert_uint_eq(got.total, 1000);
	ck_assert_uint_eq(got.completed, 250);
	ck_assert_mem_eq(got.counts, job.counts, sizeof(job.counts));
	ck_assert_str_eq(got.label, "my blog");
	ck_assert_int_eq(got.started_at, 0);
	buf_done(&b);
	job_done(&got);
	job_done(&job);
}

static const struct {
	const char *name, *text;
} no_jobs[] = {
    {"nothing", ""},
    {"not JSON", "{"},
    {"null", "null"},
    {"a list", "[]"},
    {"an empty object", "{}"},
    {"no state", "{\"id\":\"" ID "\",\"kind\":\"domains\"}"},
    {"an unknown state", "{\"id\":\"" ID "\",\"kind\":\"domains\",\"state\":\"lost\"}"},
    {"an unknown kind", "{\"id\":\"" ID "\",\"kind\":\"tlds\",\"state\":\"done\"}"},
    {"an id that is none", "{\"id\":\"7\",\"kind\":\"domains\",\"state\":\"done\"}"},
    {"an id that is a number", "{\"id\":7,\"kind\":\"domains\",\"state\":\"done\"}"},
    {"more behind", "{\"id\":\"" ID "\",\"kind\":\"domains\",\"state\":\"done\"} x"},
};

TEST(refuses)
{
	struct job job;

	ck_assert_msg(!json_job_parse(no_jobs[_i].text, strlen(no_jobs[_i].text), &job), "%s",
	    no_jobs[_i].name);
}

TEST(what_is_missing_or_wrong_is_nothing)
{
	static const char text[] = "{\"id\":\"" ID "\",\"kind\":\"domains\",\"state\":\"done\","
				   "\"total\":-5,\"completed\":\"7\",\"label\":7,\"counts\":[]}";
	struct job job;

	ck_assert(json_job_parse(text, strlen(text), &job));
	ck_assert_uint_eq(job.total, 0);
	ck_assert_uint_eq(job.completed, 0);
	ck_assert_ptr_null(job.label);
	ck_assert(job.rate == 0);
}

static void count_job(const struct job *job, void *arg)
{
	ck_assert_int_eq(job->state, JOB_DONE);
	++*(int *)arg;
}

#define JOB "{\"id\":\"" ID "\",\"kind\":\"domains\",\"state\":\"done\",\"label\":\"x\"}"

static const struct {
	const char *name, *text, *next;
	int n; /* -1: refused */
} lists[] = {
    {"nothing", "", NULL, -1},
    {"a job", JOB, NULL, -1},
    {"jobs are no list", "{\"jobs\":{}}", NULL, -1},
    {"one is no job", "{\"jobs\":[" JOB ",7]}", NULL, -1},
    {"empty", "{\"jobs\":[],\"next\":null}", NULL, 0},
    {"two", "{\"jobs\":[" JOB "," JOB "],\"next\":null}", NULL, 2},
    {"one and more to come", "{\"jobs\":[" JOB "],\"next\":\"abc\"}", "abc", 1},
};

TEST(reads_lists)
{
	int n = 0;
	AUTO_FREE char *next = NULL;
	bool is_good =
	    json_job_parse_list(lists[_i].text, strlen(lists[_i].text), count_job, &n, &next);

	ck_assert_msg(is_good == (lists[_i].n >= 0), "%s", lists[_i].name);
	if (!is_good) {
		ck_assert_ptr_null(next);
		return;
	}
	ck_assert_msg(n == lists[_i].n, "%s", lists[_i].name);
	ck_assert_pstr_eq(next, lists[_i].next);
}

SUITE(json_job)
{
	ADD_ROWS(is_as_the_golden_file, states);
	ADD_ROWS(reads_back, states);
	ADD_ROWS(refuses, no_jobs);
	ADD(what_is_missing_or_wrong_is_nothing);
	ADD_ROWS(reads_lists, lists);
}
