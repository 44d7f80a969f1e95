/* See origin_bench.h. */
#include "origin_bench.h"

#include <stdlib.h>

#include "../unit.h"
#include "base/alloc.h"
#include "base/metrics.h"
#include "check/checker.h"
#include "model/url.h"

static void on_start(struct ticket *ticket, void *arg)
{
	struct run *r = (struct run *)ticket;
	struct bench *b = arg;

	ck_assert_ptr_eq(r->bench, b);
	r->n_starts++;
	r->at = clock_mono();
	b->order[b->n_started++] = r;
	if (r->is_over_at_start)
		ticket_release(b->origins, ticket, ORIGIN_UNKNOWN);
}

static void on_failed(struct ticket *ticket, const struct origin_failure *failure, void *arg)
{
	struct run *r = (struct run *)ticket;
	struct bench *b = arg;

	r->n_failures++;
	r->reason = failure->reason;
	r->was_attempt = failure->is_attempt;
	snprintf(r->detail, sizeof(r->detail), "%s", failure->detail);
	b->n_failed++;
	ticket_release(b->origins, ticket, ORIGIN_UNKNOWN); /* it is out already */
	if (r->next != NULL)
		queue_at(b, r->next, "http://later.test/");
}

static const char *judge(const struct endpoint *to, void *arg)
{
	const struct bench *b = arg;
	char text[ADDRESS_TEXT_SIZE];

	address_format(&to->address, text);
	return b->denied != NULL && strcmp(text, b->denied) == 0 ? "denied by the test" : NULL;
}

static const struct dns_rule rules[] = {
    {"a.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"b.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"slow.test", RR_A, 1, 0, DNS_FOUND, 20 * USEC_PER_MSEC},
    {"silent.test", RR_A, 1, 0, DNS_SILENT, 0},
    {"servfail.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
    {"refused.test", RR_A, 1, 0, DNS_REFUSED, 0},
    {"nodata.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"nodata.test", RR_AAAA, 1, 0, DNS_NODATA, 0},
    {"later.test", RR_A, 1, 1, DNS_NXDOMAIN, 0},
    {"later.test", RR_A, 2, 0, DNS_FOUND, 0},
    {"both.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"both.test", RR_AAAA, 1, 0, DNS_FOUND, 10 * USEC_PER_MSEC},
    {"half.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"half.test", RR_AAAA, 1, 0, DNS_SILENT, 0},
    {"v6.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"v6.test", RR_AAAA, 1, 0, DNS_FOUND, 0},
    {.name = NULL},
};

struct bench *bench_begin(unsigned total, unsigned per_host, double rate)
{
	struct bench *b = xcalloc(1, sizeof(*b));
	struct endpoint server;
	struct checker_opts checker = {
	    .servers = &server, .n_servers = 1, .timeout = 30 * USEC_PER_SEC, .attempts = 1};
	struct origins_opts opts = {.total = total,
	    .per_host = per_host,
	    .streams = 40,
	    .rate = rate,
	    .on_start = on_start,
	    .on_failed = on_failed,
	    .connect_timeout = 60 * USEC_PER_SEC,
	    .judge = judge,
	    .arg = b};

	fake_race_reset();
	b->loop = loop_new();
	b->patience = 60 * USEC_PER_SEC;
	b->dns = fake_dns_new(rules);
	server = fake_dns_endpoint(b->dns);
	b->checker = checker_new(b->loop, &checker);
	fake_dns_start(b->dns, b->loop);
	opts.loop = b->loop;
	opts.checker = b->checker;
	b->origins = origins_new(&opts);
	return b;
}

void bench_end(struct bench *b)
{
	for (size_t i = 0; i < b->n_runs; i++)
		ticket_release(b->origins, &b->runs[i].ticket, ORIGIN_UNKNOWN);
	ck_assert_uint_eq(origins_running(b->origins), 0);
	origins_free(b->origins);
	checker_free(b->checker);
	fake_dns_free(b->dns);
	loop_free(b->loop);
	metrics_done();
	free(b);
}

struct run *new_run(struct bench *b)
{
	ck_assert_uint_lt(b->n_runs, MAX_TICKETS);
	struct run *r = &b->runs[b->n_runs++];
	r->bench = b;
	return r;
}

void queue_at(struct bench *b, struct run *r, const char *text)
{
	struct url url;

	ck_assert_msg(url_parse(text, strlen(text), &url) == URL_GOOD, "%s", text);
	ticket_queue(b->origins, &r->ticket, &url, b->patience);
	url_done(&url);
}

struct run *queue(struct bench *b, const char *text)
{
	struct run *r = new_run(b);

	queue_at(b, r, text);
	ck_assert(r->n_starts == 0 && r->n_failures == 0);
	return r;
}

void queue_many(struct bench *b, const char *text, size_t n)
{
	while (n-- > 0)
		queue(b, text);
}

void release(struct run *r, enum origin_outcome outcome)
{
	ticket_release(r->bench->origins, &r->ticket, outcome);
	ck_assert_ptr_null(r->ticket.origin);
}

void release_oldest(struct bench *b, enum origin_outcome outcome)
{
	size_t i = 0;

	while (i < b->n_started && !b->order[i]->ticket.is_running)
		i++;
	ck_assert_uint_lt(i, b->n_started);
	release(b->order[i], outcome);
}

struct waiting {
	struct bench *b;
	size_t n;
};

static bool has_started(void *arg)
{
	const struct waiting *w = arg;

	return w->b->n_started >= w->n;
}

void wait_started(struct bench *b, size_t n)
{
	struct waiting w = {b, n};

	run_until(b->loop, has_started, &w, "starts");
}

static bool has_failed(void *arg)
{
	const struct waiting *w = arg;

	return w->b->n_failed >= w->n;
}

void wait_failed(struct bench *b, size_t n)
{
	struct waiting w = {b, n};

	run_until(b->loop, has_failed, &w, "failures");
}

void check_running(struct bench *b, size_t n)
{
	run_turns(b->loop, 10);
	ck_assert_msg(
	    origins_running(b->origins) == n, "%zu run, not %zu", origins_running(b->origins), n);
}
