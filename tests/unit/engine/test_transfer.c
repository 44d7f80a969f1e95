/* One request and its answer: where it goes, how it is held back, stopped and given up. */
#include "../unit.h"

#include <stdlib.h>

#include "../../fake/http.h"
#include "../../fake/runner.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/metrics.h"
#include "engine/policy.h"
#include "engine/transfer.h"
#include "loop/loop.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

enum { LONG = 1 << 20 };

static const struct http_rule rules[] = {
    {"/good", 1, 0, OK_HEAD "Content-Type: image/gif\r\n", "GIF89a", 0, HTTP_KEEP, 0},
    {"/hints", 1, 0, "HTTP/1.1 103 Hints\r\nContent-Type: text/css\r\n\r\n" OK_HEAD, "body", 0,
	HTTP_KEEP, 0},
    {"/blank", 1, 0, OK_HEAD "Content-Type: \r\n", "body", 0, HTTP_KEEP, 0},
    {"/long", 1, 0, OK_HEAD, NULL, LONG, HTTP_KEEP, 0},
    {"/silent", 1, 0, NULL, NULL, 0, HTTP_STALL, 0},
    {"/stalls", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_STALL, 0},
    {"/moved", 1, 0, "HTTP/1.1 301 Moved\r\nLocation: ../x?y#z\r\n", "moved", 0, HTTP_KEEP, 0},
    {"/later", 1, 0, "HTTP/1.1 503 Later\r\nRetry-After: 120\r\n", "", 0, HTTP_KEEP, 0},
    {"/never", 1, 0, "HTTP/1.1 503 Never\r\nRetry-After: 99999999999\r\n", "", 0, HTTP_KEEP, 0},
    {"/soon", 1, 0, "HTTP/1.1 503 Soon\r\nRetry-After: soon\r\n", "", 0, HTTP_KEEP, 0},
    {"/once", 1, 0, "HTTP/1.1 503 Once\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", "", 0,
	HTTP_KEEP, 0},
    {.path = NULL},
};

struct bench {
	struct loop *loop;
	struct fake_http *http;
	struct transfers *transfers;
	struct policy *policy;
};

/* A transfer, and what came of it. */
struct run {
	struct bench *bench;
	struct transfer *transfer;
	struct buf body;
	size_t pause_at, stop_at; /* bytes after which it is held back, or stopped; 0: never */
	unsigned n_bodies, n_done;
	bool is_paused;
	long status;
	struct transfer_outcome outcome;
	char detail[300], type[64], location[200];
	struct run *next; /* begun when this one is done */
};

static void allow(struct bench *b, const char *allowed, const char *denied)
{
	const struct policy_opts opts = {.allow = allowed, .deny = denied, .ports = "1-65535"};

	policy_free(b->policy);
	b->policy = policy_new(&opts);
	transfers_set_policy(b->transfers, b->policy);
}

static void begin(struct bench *b)
{
	*b = (struct bench){.loop = loop_new()};
	b->http = fake_http_new(b->loop, rules);
	const struct transfers_opts opts = {
	    .loop = b->loop, .user_agent = "test", .connect_timeout = 10 * USEC_PER_SEC};
	b->transfers = transfers_new(&opts);
	ck_assert_ptr_nonnull(b->transfers);
	allow(b, "127.0.0.0/8", "");
}

static void end(struct bench *b)
{
	transfers_free(b->transfers);
	policy_free(b->policy);
	fake_http_free(b->http);
	loop_free(b->loop);
	metrics_done();
}

static enum transfer_verdict on_body(const char *bytes, size_t n_bytes, long status, void *arg)
{
	struct run *r = arg;

	r->n_bodies++;
	r->status = status;
	if (r->pause_at > 0 && r->body.len >= r->pause_at) {
		r->is_paused = true;
		return TRANSFER_PAUSE;
	}
	if (r->stop_at > 0 && r->body.len >= r->stop_at)
		return TRANSFER_STOP;
	buf_add(&r->body, bytes, n_bytes);
	return TRANSFER_TAKEN;
}

static void launch(struct run *r, const char *path);

static void on_done(const struct transfer_outcome *o, void *arg)
{
	struct run *r = arg;

	r->n_done++;
	r->transfer = NULL;
	r->outcome = *o;
	snprintf(r->detail, sizeof(r->detail), "%s", o->detail != NULL ? o->detail : "");
	snprintf(r->type, sizeof(r->type), "%s", o->content_type != NULL ? o->content_type : "");
	snprintf(r->location, sizeof(r->location), "%s", o->location != NULL ? o->location : "");
	if (r->next != NULL)
		launch(r->next, "/good");
}

static const struct transfer_events events = {.on_body = on_body, .on_done = on_done};

static void init(struct run *r, struct bench *b)
{
	*r = (struct run){.bench = b};
	buf_init(&r->body, 2 * LONG);
}

/* Begin a transfer of `text`, at `address`. */
static void launch_at(struct run *r, const char *text, const char *address, bool keeps_connection)
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

static void launch_host(
    struct run *r, const char *host, const char *path, const char *address, bool keeps_connection)
{
	char text[200];

	snprintf(text, sizeof(text), "http://%s:%u%s", host, fake_http_port(r->bench->http), path);
	launch_at(r, text, address, keeps_connection);
}

static void launch(struct run *r, const char *path)
{
	launch_host(r, "one.test", path, "127.0.0.1", true);
}

static bool is_done(void *arg)
{
	return ((struct run *)arg)->n_done > 0;
}

static void wait(struct run *r)
{
	run_until(r->bench->loop, is_done, r, "the end of a transfer");
	ck_assert_uint_eq(r->n_done, 1);
}

TEST(nothing_is_connected_without_a_policy)
{
	struct bench b;
	struct run r;

	begin(&b);
	transfers_set_policy(b.transfers, NULL);
	init(&r, &b);
	launch(&r, "/good");
	wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_DENIED_TARGET);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_http_n_connections(b.http), 0);
	buf_done(&r.body);
	end(&b);
}

/* The last word is spoken where the connection is made, whatever was found out before. */
TEST(the_address_is_judged_when_it_is_connected_to)
{
	struct bench b;
	struct run r;

	begin(&b);
	allow(&b, "127.0.0.0/8", "127.0.0.1");
	init(&r, &b);
	launch(&r, "/good");
	wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_DENIED_TARGET);
	ck_assert_str_eq(r.detail, "denied by configuration");
	ck_assert_uint_eq(r.outcome.status, 0);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_http_n_connections(b.http), 0);
	buf_done(&r.body);
	end(&b);
}

TEST(a_kept_connection_is_judged_anew)
{
	struct bench b;
	struct run r, again;

	begin(&b);
	init(&r, &b);
	init(&again, &b);
	launch(&r, "/good");
	wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_NONE);
	allow(&b, "127.0.0.0/8", "127.0.0.0/8");
	launch(&again, "/good");
	wait(&again);
	ck_assert_int_eq(again.outcome.reason, REASON_DENIED_TARGET);
	ck_assert_uint_eq(fake_http_count(b.http, NULL), 1);
	ck_assert_uint_eq(fake_http_n_connections(b.http), 1);
	buf_done(&r.body);
	buf_done(&again.body);
	end(&b);
}

/* The URL's host is only a name: of an address, too. */
static const char *const hosts[] = {
    "one.test", "203.0.113.9", "[2001:db8::9]", "localhost", "127.0.0.9"};

TEST(connects_to_the_address_it_is_told)
{
	char want[100];
	struct bench b;
	struct run r;

	begin(&b);
	init(&r, &b);
	launch_host(&r, hosts[_i], "/good", "127.0.0.1", false);
	wait(&r);
	ck_assert_msg(r.outcome.reason == REASON_NONE, "%s: %s", hosts[_i], r.detail);
	snprintf(want, sizeof(want), "\r\nHost: %s:%u\r\n", hosts[_i], fake_http_port(b.http));
	ck_assert_ptr_nonnull(strstr(fake_http_request(b.http, "/good"), want));
	buf_done(&r.body);
	end(&b);
}

/* A kept connection to one address serves no one who was told another. */
TEST(connections_are_kept_by_address)
{
	struct bench b;
	struct run r, again;

	begin(&b);
	init(&r, &b);
	init(&again, &b);
	launch(&r, "/good");
	wait(&r);
	launch_host(&again, "one.test", "/good", "127.0.0.2", true);
	wait(&again);
	ck_assert_int_eq(again.outcome.reason, REASON_CONNECT); /* nobody listens there */
	ck_assert(again.outcome.is_congestion && again.detail[0] != '\0');
	buf_done(&r.body);
	buf_done(&again.body);
	end(&b);
}

TEST(connections_are_kept_where_that_is_wanted)
{
	struct bench b;

	begin(&b);
	for (int keeps = 0; keeps < 2; keeps++) {
		unsigned before = fake_http_n_connections(b.http);
		for (int i = 0; i < 5; i++) {
			struct run r;
			init(&r, &b);
			launch_host(&r, "one.test", "/good", "127.0.0.1", keeps);
			wait(&r);
			buf_done(&r.body);
		}
		ck_assert_uint_eq(fake_http_n_connections(b.http) - before, keeps ? 1 : 5);
	}
	transfers_free(b.transfers);
	b.transfers = NULL;
	while (fake_http_n_open(b.http) > 0)
		run_turns(b.loop, 1);
	end(&b);
}

static const struct {
	const char *path;
	uint32_t status;
	const char *body, *type, *location;
	usec_t retry_after;
} answers[] = {
    {"/good", 200, "GIF89a", "image/gif", "", 0},
    {"/hints", 200, "body", "", "", 0},
    {"/blank", 200, "body", "", "", 0},
    {"/none", 404, "not found\n", "", "", 0},
    {"/moved", 301, "moved", "", "/x?y", 0},
    {"/later", 503, "", "", "", 120 * USEC_PER_SEC},
    {"/never", 503, "", "", "", 86400 * USEC_PER_SEC},
    {"/soon", 503, "", "", "", 0},
    {"/once", 503, "", "", "", 0},
};

TEST(tells_the_answer)
{
	struct bench b;
	struct run r;

	begin(&b);
	init(&r, &b);
	buf_add_str(&r.body, "");
	launch(&r, answers[_i].path);
	wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_NONE);
	ck_assert_uint_eq(r.outcome.status, answers[_i].status);
	ck_assert_uint_eq(r.outcome.version, 11);
	ck_row_str(answers[_i].path, r.body.len > 0 ? r.body.data : "", answers[_i].body);
	ck_row_str(answers[_i].path, r.type, answers[_i].type);
	ck_assert_msg(strstr(r.location, answers[_i].location) != NULL, "%s", r.location);
	ck_assert(
	    answers[_i].location[0] == '\0' || strncmp(r.location, "http://one.test:", 16) == 0);
	ck_assert_int_eq(r.outcome.retry_after, answers[_i].retry_after);
	ck_assert(r.n_bodies == 0 || r.status == (long)answers[_i].status);
	buf_done(&r.body);
	end(&b);
}

static bool is_paused(void *arg)
{
	return ((struct run *)arg)->is_paused;
}

TEST(held_back_it_loses_nothing)
{
	struct bench b;
	struct run r;
	size_t i = 0;

	begin(&b);
	init(&r, &b);
	r.pause_at = 1;
	launch(&r, "/long");
	for (int n = 0; n < 20; n++) {
		run_until(b.loop, is_paused, &r, "a pause");
		unsigned n_bodies = r.n_bodies;
		run_turns(b.loop, 20);
		ck_assert_uint_eq(r.n_bodies, n_bodies); /* nothing is offered meanwhile */
		r.is_paused = false;
		r.pause_at = r.body.len + 30000;
		transfer_resume(r.transfer);
	}
	r.pause_at = 0;
	if (r.is_paused)
		transfer_resume(r.transfer);
	wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_NONE);
	ck_assert_uint_eq(r.body.len, LONG);
	while (i < r.body.len && r.body.data[i] == fake_http_byte(i))
		i++;
	ck_assert_uint_eq(i, LONG);
	buf_done(&r.body);
	end(&b);
}

TEST(stopped_by_its_owner)
{
	static const size_t places[] = {1, 50000};

	for (size_t i = 0; i < N_ROWS(places); i++) {
		struct bench b;
		struct run r;
		begin(&b);
		init(&r, &b);
		r.stop_at = places[i];
		launch(&r, "/long");
		wait(&r);
		ck_assert_int_eq(r.outcome.reason, REASON_CANCELLED);
		ck_assert_uint_lt(r.body.len, places[i] + 20000);
		buf_done(&r.body);
		end(&b);
	}
}

/* The one that is done begins the next, and that the next. */
TEST(the_end_may_be_a_start)
{
	struct run runs[4];
	struct bench b;

	begin(&b);
	for (int i = 0; i < 4; i++)
		init(&runs[i], &b);
	for (int i = 0; i < 3; i++)
		runs[i].next = &runs[i + 1];
	launch(&runs[0], "/good");
	wait(&runs[3]);
	for (int i = 0; i < 4; i++) {
		ck_assert(runs[i].n_done == 1 && runs[i].outcome.reason == REASON_NONE);
		buf_done(&runs[i].body);
	}
	end(&b);
}

static const struct {
	const char *name, *path;
	size_t pause_at;
	unsigned n_asked, n_bodies; /* given up when so much has come */
} states[] = {
    {"at once", "/good", 0, 0, 0},
    {"before an answer", "/silent", 0, 1, 0},
    {"in the middle of a body", "/stalls", 0, 1, 1},
    {"held back", "/long", 1, 1, 2},
};

TEST(given_up)
{
	const char *row = states[_i].name;
	struct bench b;
	struct run r, other;

	begin(&b);
	init(&r, &b);
	init(&other, &b);
	r.pause_at = states[_i].pause_at;
	launch(&r, states[_i].path);
	while (r.n_bodies < states[_i].n_bodies ||
	       fake_http_count(b.http, states[_i].path) < states[_i].n_asked)
		run_turns(b.loop, 1);
	transfer_cancel(r.transfer);
	launch(&other, "/good");
	wait(&other);
	ck_assert_msg(r.n_done == 0, "%s", row);
	ck_assert_msg(other.outcome.reason == REASON_NONE, "%s: %s", row, other.detail);
	while (fake_http_n_open(b.http) > 1) /* its connection was closed */
		run_turns(b.loop, 1);
	buf_done(&r.body);
	buf_done(&other.body);
	end(&b);
}

SUITE(transfer)
{
	ADD(nothing_is_connected_without_a_policy);
	ADD(the_address_is_judged_when_it_is_connected_to);
	ADD(a_kept_connection_is_judged_anew);
	ADD_ROWS(connects_to_the_address_it_is_told, hosts);
	ADD(connections_are_kept_by_address);
	ADD(connections_are_kept_where_that_is_wanted);
	ADD_ROWS(given_up, states);
	ADD(stopped_by_its_owner);
	ADD(held_back_it_loses_nothing);
	ADD(the_end_may_be_a_start);
	ADD_ROWS(tells_the_answer, answers);
}
