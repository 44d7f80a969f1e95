/* See transfer_bench.h. */
#include "transfer_bench.h"

#include <stdlib.h>

#include "../unit.h"
#include "base/alloc.h"
#include "base/metrics.h"

void transfer_bench_allow(struct transfer_bench *b, const char *allowed, const char *denied)
{
	const struct policy_opts opts = {.allow = allowed, .deny = denied, .ports = "1-65535"};

	policy_free(b->policy);
	b->policy = policy_new(&opts);
	transfers_set_policy(b->transfers, b->policy);
}

void transfer_bench_begin(struct transfer_bench *b, const struct http_rule *rules)
{
	*b = (struct transfer_bench){.loop = loop_new()};
	b->http = fake_http_new(b->loop, rules);
	const struct transfers_opts opts = {
	    .loop = b->loop, .user_agent = "test", .connect_timeout = 10 * USEC_PER_SEC};
	b->transfers = transfers_new(&opts);
	ck_assert_ptr_nonnull(b->transfers);
	transfer_bench_allow(b, "127.0.0.0/8", "");
}

void transfer_bench_end(struct transfer_bench *b)
{
	transfers_free(b->transfers);
	policy_free(b->policy);
	fake_http_free(b->http);
	loop_free(b->loop);
	metrics_done();
}

static enum transfer_verdict on_body(const char *bytes, size_t n_bytes, long status, void *arg)
{
	struct transfer_run *r = arg;

	r->n_bodies++;
	r->status = status;
	if (r->pause_at > 0 && r->body.len >= r->pause_at) {
		r->is_paused = true;
		return TRANSFER_PAUSE;
	}
	if (r->stops || (r->stop_at > 0 && r->body.len >= r->stop_at))
		return TRANSFER_STOP;
	buf_add(&r->body, bytes, n_bytes);
	return TRANSFER_TAKEN;
}

static void on_done(const struct transfer_outcome *o, void *arg)
{
	struct transfer_run *r = arg;

	r->n_done++;
	r->transfer = NULL;
	r->outcome = *o;
	snprintf(r->detail, sizeof(r->detail), "%s", o->detail != NULL ? o->detail : "");
	snprintf(r->type, sizeof(r->type), "%s", o->content_type != NULL ? o->content_type : "");
	snprintf(r->location, sizeof(r->location), "%s", o->location != NULL ? o->location : "");
	if (r->next != NULL)
		transfer_run_launch(r->next, "/good");
}

static const struct transfer_events events = {.on_body = on_body, .on_done = on_done};

void transfer_run_init(struct transfer_run *r, struct transfer_bench *b)
{
	*r = (struct transfer_run){.bench = b};
	buf_init(&r->body, 2 * TRANSFER_LONG);
}

/* Begin a transfer of `text`, at `address`. */
static void launch_at(
    struct transfer_run *r, const char *text, const char *address, bool keeps_connection)
{
	struct endpoint e;
	struct url url;
	struct transfer_request request = {
	    .url = &url, .timeout = 20 * USEC_PER_SEC, .keeps_connection = keeps_connection};

	ck_assert_msg(url_parse(text, strlen(text), &url) == URL_GOOD, "%s", text);
	ck_assert(endpoint_parse(address, 80, &e));
	request.address = e.address;
	r->transfer = transfer_start(r->bench->transfers, &request, &events, r);
	ck_assert(r->transfer != NULL && r->n_done == 0);
	url_done(&url);
}

void transfer_run_launch_host(struct transfer_run *r, const char *host, const char *path,
    const char *address, bool keeps_connection)
{
	char text[200];

	snprintf(text, sizeof(text), "http://%s:%u%s", host, fake_http_port(r->bench->http), path);
	launch_at(r, text, address, keeps_connection);
}

void transfer_run_launch(struct transfer_run *r, const char *path)
{
	transfer_run_launch_host(r, "one.test", path, "127.0.0.1", true);
}

static bool is_done(void *arg)
{
	return ((struct transfer_run *)arg)->n_done > 0;
}

void transfer_run_wait(struct transfer_run *r)
{
	run_until(r->bench->loop, is_done, r, "the end of a transfer");
	ck_assert_uint_eq(r->n_done, 1);
}

bool transfer_run_is_paused(void *arg)
{
	return ((struct transfer_run *)arg)->is_paused;
}
