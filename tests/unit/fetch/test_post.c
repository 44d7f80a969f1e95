/* One POST and what is told of it: where it goes and where not, what it carries, how it ends. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/metrics.h"
#include "fetch/post.h"
#include "fetch_bench.h"
#include "model/url.h"

#define KEY  "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
#define BODY "{\"type\":\"job.ended\"}"

static const struct http_rule rules[] = {
    {"/good", 1, 0, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n", "", 0, HTTP_KEEP, 0},
    {"/long", 1, 0, "HTTP/1.1 200 OK\r\n", NULL, 1 << 20, HTTP_KEEP, 0},
    {"/cut", 1, 0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n", "half", 0, HTTP_CLOSE, 0},
    {"/stalls", 1, 0, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n", "half", 0, HTTP_STALL, 0},
    {"/moved", 1, 0, "HTTP/1.1 307 Moved\r\nLocation: /good\r\n", "", 0, HTTP_KEEP, 0},
    {"/later", 1, 0, "HTTP/1.1 429 Later\r\nRetry-After: 120\r\n", "", 0, HTTP_KEEP, 0},
    {"/gone", 1, 0, "HTTP/1.1 410 Gone\r\n", "gone", 0, HTTP_KEEP, 0},
    {"/fails", 1, 0, "HTTP/1.1 500 Fault\r\n", "", 0, HTTP_KEEP, 0},
    {"/silent", 1, 0, NULL, NULL, 0, HTTP_STALL, 0},
    {"/early", 1, 0, "HTTP/1.1 103 Early\r\n", NULL, 0, HTTP_STALL, 0},
    {"/reset", 1, 0, NULL, NULL, 0, HTTP_RESET, 0},
    {.path = NULL},
};

struct bench {
	struct fetch_bench b; /* without its fetcher */
	struct poster *poster;
};

/* A post, and what came of it. */
struct posted {
	struct bench *bench;
	struct post *post; /* NULL once it has ended */
	unsigned n_done;
	struct post_outcome outcome;
	char detail[300];
};

static void allow(struct bench *x, const char *allowed, const char *denied, const char *ports)
{
	const struct policy_opts opts = {.allow = allowed, .deny = denied, .ports = ports};

	policy_free(x->b.policy);
	x->b.policy = policy_new(&opts);
	poster_set_policy(x->poster, x->b.policy);
}

static void begin(struct bench *x)
{
	struct signature_keys keys;
	unsigned line;
	const char *why;

	fetch_bench_begin(&x->b, rules);
	const struct exchanger_opts opts = {.loop = x->b.place.loop,
	    .checker = x->b.checker,
	    .user_agent = "asyncprobed/test",
	    .total = 8,
	    .per_host = 2,
	    .timeout = 20 * USEC_PER_SEC};
	x->poster = poster_new(&opts);
	ck_assert(!poster_is_ready(x->poster));
	ck_assert(signature_keys_parse(KEY, strlen(KEY), &keys, &line, &why));
	poster_set_keys(x->poster, &keys);
	ck_assert(!poster_is_ready(x->poster));
	allow(x, "127.0.0.0/8", "", "1-65535");
	ck_assert(poster_is_ready(x->poster));
}

static void end(struct bench *x)
{
	poster_free(x->poster);
	fetch_bench_end(&x->b);
	metrics_done();
}

static void on_done(const struct post_outcome *o, void *arg)
{
	struct posted *p = arg;

	p->n_done++;
	p->post = NULL;
	p->outcome = *o;
	snprintf(p->detail, sizeof(p->detail), "%s", o->detail != NULL ? o->detail : "");
}

static void launch(struct bench *x, struct posted *p, const char *url)
{
	const struct id id = {{1, 2, 3}};
	struct buf text;

	*p = (struct posted){.bench = x};
	buf_init(&text, 1000);
	fetch_bench_expand(&x->b, url, &text);
	const struct post_request request = {
	    .url = text.data, .id = id, .body = {BODY, strlen(BODY)}};
	p->post = post_start(x->poster, &request, on_done, p);
	buf_done(&text);
	ck_assert_uint_eq(p->n_done, 0);
}

static bool is_done(void *arg)
{
	return ((struct posted *)arg)->n_done > 0;
}

static void wait(struct posted *p)
{
	run_until(p->bench->b.place.loop, is_done, p, "the end of a post");
	ck_assert_uint_eq(p->n_done, 1);
}

static const struct {
	const char *url;
	enum reason reason;
	const char *detail;
} refusals[] = {
    {"http://10.0.0.1/", REASON_DENIED_TARGET, "private address"},
    {"http://private.test/", REASON_DENIED_TARGET, "private address"},
    {"http://none.test/", REASON_DNS_NOT_FOUND, "nxdomain"},
    {"http://servfail.test/", REASON_DNS_ERROR, "servfail"},
    {"ftp://one.test/", REASON_INVALID_URL, NULL},
    {"http://", REASON_INVALID_URL, NULL},
    {"http://one.test:{refused}/", REASON_CONNECT, NULL},
    {"http://one.test:{port}/silent", REASON_TIMEOUT, NULL},
    {"http://one.test:{port}/early", REASON_TIMEOUT, NULL},
    {"http://one.test:{port}/reset", REASON_CONNECT, NULL},
};

TEST(fails)
{
	struct bench x;
	struct posted p;

	begin(&x);
	poster_set_timeout(x.poster, 200 * USEC_PER_MSEC);
	launch(&x, &p, refusals[_i].url);
	wait(&p);
	ck_assert_msg(p.outcome.reason == refusals[_i].reason, "%s: %s, %s", refusals[_i].url,
	    reason_name(p.outcome.reason), p.detail);
	ck_assert_uint_eq(p.outcome.status, 0);
	if (refusals[_i].detail != NULL)
		ck_row_str(refusals[_i].url, p.detail, refusals[_i].detail);
	end(&x);
}

TEST(connects_to_nothing_that_is_denied)
{
	static const char *const urls[] = {"http://one.test:{port}/good",
	    "http://127.0.0.1:{port}/good", "http://[::ffff:127.0.0.1]:{port}/good"};
	struct bench x;
	struct posted p;

	begin(&x);
	allow(&x, "", "", "1-65535");
	for (size_t i = 0; i < N_ROWS(urls); i++) {
		launch(&x, &p, urls[i]);
		wait(&p);
		ck_assert_int_eq(p.outcome.reason, REASON_DENIED_TARGET);
	}
	ck_assert_uint_eq(fake_http_n_connections(x.b.http), 0);
	end(&x);
}

TEST(judges_a_kept_connection_anew)
{
	struct bench x;
	struct posted one, two, after;

	begin(&x);
	launch(&x, &one, "http://one.test:{port}/good");
	launch(&x, &two, "http://one.test:{port}/good");
	wait(&one);
	wait(&two);
	unsigned n = fake_http_n_connections(x.b.http);
	allow(&x, "127.0.0.0/8", "127.0.0.1", "1-65535");
	launch(&x, &after, "http://one.test:{port}/good");
	wait(&after);
	ck_assert_int_eq(after.outcome.reason, REASON_DENIED_TARGET);
	ck_assert_uint_eq(fake_http_count(x.b.http, "/good"), 2);
	ck_assert_uint_eq(fake_http_n_connections(x.b.http), n);
	end(&x);
}

static const struct {
	const char *path;
	uint32_t status;
	usec_t retry_after;
} answers[] = {
    {"/good", 204, 0},
    {"/long", 200, 0},
    {"/cut", 200, 0},
    {"/stalls", 200, 0},
    {"/moved", 307, 0},
    {"/later", 429, 120 * USEC_PER_SEC},
    {"/gone", 410, 0},
    {"/fails", 500, 0},
};

TEST(tells_the_answer)
{
	struct bench x;
	struct posted p;
	char url[100];

	begin(&x);
	poster_set_timeout(x.poster, 500 * USEC_PER_MSEC);
	snprintf(url, sizeof(url), "http://one.test:{port}%s", answers[_i].path);
	launch(&x, &p, url);
	wait(&p);
	ck_assert_msg(p.outcome.status == answers[_i].status && p.outcome.reason == REASON_NONE,
	    "%s: %u %s", url, p.outcome.status, p.detail);
	ck_assert_int_eq(p.outcome.retry_after, answers[_i].retry_after);
	run_turns(x.b.place.loop, 10);
	ck_assert_uint_eq(fake_http_count(x.b.http, NULL), 1); /* no redirect is followed */
	end(&x);
}

static const char *find(const char *request, const char *text)
{
	const char *at = strcasestr(request, text);

	ck_assert_msg(at != NULL, "%s is not in:\n%s", text, request);
	return at + strlen(text);
}

TEST(sends_the_signed_body)
{
	struct bench x;
	struct posted p;
	struct signature_keys keys;
	struct buf want;
	unsigned line;
	const char *why;

	begin(&x);
	usec_t before = clock_wall() / USEC_PER_SEC;
	launch(&x, &p, "http://one.test:{port}/good");
	ck_assert(post_is_waiting(p.post));
	wait(&p);
	const char *request = fake_http_request(x.b.http, "/good");
	ck_assert_msg(strncmp(request, "POST /good HTTP/1.1\r\n", 21) == 0, "%s", request);
	find(request, "\r\nContent-Type: application/json\r\n");
	find(request, "\r\nUser-Agent: asyncprobed/test\r\n");
	find(request, "\r\nwebhook-id: 01020300-0000-0000-0000-000000000000\r\n");
	find(request, "\r\n\r\n" BODY);
	ck_assert_ptr_null(strcasestr(request, "expect"));
	long long seconds = strtoll(find(request, "\r\nwebhook-timestamp: "), NULL, 10);
	ck_assert(seconds >= before && seconds <= clock_wall() / USEC_PER_SEC);
	ck_assert(signature_keys_parse(KEY, strlen(KEY), &keys, &line, &why));
	buf_init(&want, 1000);
	buf_add_str(&want, "\r\nwebhook-signature: ");
	ck_assert(signature_add(
	    &want, &keys, "01020300-0000-0000-0000-000000000000", seconds, BODY, strlen(BODY)));
	buf_add_str(&want, "\r\n");
	find(request, want.data);
	buf_done(&want);
	end(&x);
}

/* second.test has an address where nobody listens, and behind it one where the server does. */
TEST(passes_over_addresses_that_refuse)
{
	struct bench x;
	struct posted p;

	begin(&x);
	launch(&x, &p, "http://second.test:{port}/good");
	wait(&p);
	ck_assert_uint_eq(p.outcome.status, 204);
	launch(&x, &p, "http://mixed.test:{port}/good"); /* the first address is denied */
	wait(&p);
	ck_assert_uint_eq(p.outcome.status, 204);
	end(&x);
}

static bool are_two_there(void *arg)
{
	return fake_http_count(((struct bench *)arg)->b.http, "/silent") == 2;
}

TEST(bounds_posts_to_a_host_and_drops_them)
{
	struct bench x;
	struct posted p[4];

	begin(&x);
	for (size_t i = 0; i < N_ROWS(p); i++)
		launch(&x, &p[i], "http://one.test:{port}/silent");
	run_until(x.b.place.loop, are_two_there, &x, "two requests");
	run_turns(x.b.place.loop, 10);
	ck_assert_uint_eq(fake_http_count(x.b.http, NULL), 2);
	ck_assert(!post_is_waiting(p[0].post) && !post_is_waiting(p[1].post));
	ck_assert(post_is_waiting(p[2].post) && post_is_waiting(p[3].post));
	post_cancel(p[0].post);
	post_cancel(p[3].post);
	end(&x); /* drops the others */
	for (size_t i = 0; i < N_ROWS(p); i++)
		ck_assert_uint_eq(p[i].n_done, 0);
}

static const struct {
	const char *url, *why;
} judged[] = {
    {"http://127.0.0.1/", NULL}, {"https://10.0.0.1/", "private address"},
    {"http://one.test:81/", "port not allowed"}, {"http://private.test/", NULL}, /* told later */
};

TEST(judges_urls)
{
	struct bench x;
	struct url url;

	begin(&x);
	allow(&x, "127.0.0.0/8", "", "80,443");
	ck_assert_int_eq(url_parse(judged[_i].url, strlen(judged[_i].url), &url), URL_GOOD);
	const char *why = poster_judge(x.poster, &url);
	ck_row_str(judged[_i].url, why != NULL ? why : "", judged[_i].why ? judged[_i].why : "");
	url_done(&url);
	end(&x);
}

SUITE(post)
{
	ADD_ROWS(fails, refusals);
	ADD(connects_to_nothing_that_is_denied);
	ADD(judges_a_kept_connection_anew);
	ADD_ROWS(tells_the_answer, answers);
	ADD(sends_the_signed_body);
	ADD(passes_over_addresses_that_refuse);
	ADD(bounds_posts_to_a_host_and_drops_them);
	ADD_ROWS(judges_urls, judged);
}
