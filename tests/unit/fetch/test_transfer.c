/* One request and its answer: where it goes, how it is held back, stopped and given up. */
#include "../unit.h"

#include "transfer_bench.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"

static const struct http_rule rules[] = {
    {"/good", 1, 0, OK_HEAD "Content-Type: image/gif\r\n", "GIF89a", 0, HTTP_KEEP, 0},
    {"/hints", 1, 0, "HTTP/1.1 103 Hints\r\nContent-Type: text/css\r\n\r\n" OK_HEAD, "body", 0,
	HTTP_KEEP, 0},
    {"/blank", 1, 0, OK_HEAD "Content-Type: \r\n", "body", 0, HTTP_KEEP, 0},
    {"/long", 1, 0, OK_HEAD, NULL, TRANSFER_LONG, HTTP_KEEP, 0},
    {"/silent", 1, 0, NULL, NULL, 0, HTTP_STALL, 0},
    {"/stalls", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_STALL, 0},
    {"/moved", 1, 0, "HTTP/1.1 301 Moved\r\nLocation: ../x?y#z\r\n", "moved", 0, HTTP_KEEP, 0},
    {"/later", 1, 0, "HTTP/1.1 503 Later\r\nRetry-After: 120\r\n", "", 0, HTTP_KEEP, 0},
    {"/never", 1, 0, "HTTP/1.1 503 Never\r\nRetry-After: 99999999999\r\n", "", 0, HTTP_KEEP, 0},
    {"/past-63-bits", 1, 0, "HTTP/1.1 503 Never\r\nRetry-After: 9223372036854775808\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/past-64-bits", 1, 0, "HTTP/1.1 503 Never\r\nRetry-After: 99999999999999999999999\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/zeros", 1, 0, "HTTP/1.1 503 Later\r\nRetry-After: 0000000000120\r\n", "", 0, HTTP_KEEP, 0},
    {"/soon", 1, 0, "HTTP/1.1 503 Soon\r\nRetry-After: soon\r\n", "", 0, HTTP_KEEP, 0},
    {"/once", 1, 0, "HTTP/1.1 503 Once\r\nRetry-After: Wed, 21 Oct 2015 07:28:00 GMT\r\n", "", 0,
	HTTP_KEEP, 0},
    {.path = NULL},
};

TEST(nothing_is_connected_without_a_policy)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfers_set_policy(b.transfers, NULL);
	transfer_run_init(&r, &b);
	transfer_run_launch(&r, "/good");
	transfer_run_wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_DENIED_TARGET);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_http_n_connections(b.http), 0);
	buf_done(&r.body);
	transfer_bench_end(&b);
}

/* The last word is spoken where the connection is made, whatever was found out before. */
TEST(the_address_is_judged_when_it_is_connected_to)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfer_bench_allow(&b, "127.0.0.0/8", "127.0.0.1");
	transfer_run_init(&r, &b);
	transfer_run_launch(&r, "/good");
	transfer_run_wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_DENIED_TARGET);
	ck_assert_str_eq(r.detail, "denied by configuration");
	ck_assert_uint_eq(r.outcome.status, 0);
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_http_n_connections(b.http), 0);
	buf_done(&r.body);
	transfer_bench_end(&b);
}

TEST(a_kept_connection_is_judged_anew)
{
	struct transfer_bench b;
	struct transfer_run r, again;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	transfer_run_init(&again, &b);
	transfer_run_launch(&r, "/good");
	transfer_run_wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_NONE);
	transfer_bench_allow(&b, "127.0.0.0/8", "127.0.0.0/8");
	transfer_run_launch(&again, "/good");
	transfer_run_wait(&again);
	ck_assert_int_eq(again.outcome.reason, REASON_DENIED_TARGET);
	ck_assert_uint_eq(fake_http_count(b.http, NULL), 1);
	ck_assert_uint_eq(fake_http_n_connections(b.http), 1);
	buf_done(&r.body);
	buf_done(&again.body);
	transfer_bench_end(&b);
}

/* The URL's host is only a name: of an address, too. */
static const char *const hosts[] = {
    "one.test", "203.0.113.9", "[2001:db8::9]", "localhost", "127.0.0.9"};

TEST(connects_to_the_address_it_is_told)
{
	char want[100];
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	transfer_run_launch_host(&r, hosts[_i], "/good", "127.0.0.1", false);
	transfer_run_wait(&r);
	ck_assert_msg(r.outcome.reason == REASON_NONE, "%s: %s", hosts[_i], r.detail);
	snprintf(want, sizeof(want), "\r\nHost: %s:%u\r\n", hosts[_i], fake_http_port(b.http));
	ck_assert_ptr_nonnull(strstr(fake_http_request(b.http, "/good"), want));
	buf_done(&r.body);
	transfer_bench_end(&b);
}

/* A kept connection to one address serves no one who was told another. */
TEST(connections_are_kept_by_address)
{
	struct transfer_bench b;
	struct transfer_run r, again;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	transfer_run_init(&again, &b);
	transfer_run_launch(&r, "/good");
	transfer_run_wait(&r);
	transfer_run_launch_host(&again, "one.test", "/good", "127.0.0.2", true);
	transfer_run_wait(&again);
	ck_assert_int_eq(again.outcome.reason, REASON_CONNECT); /* nobody listens there */
	ck_assert(again.outcome.is_congestion && again.detail[0] != '\0');
	buf_done(&r.body);
	buf_done(&again.body);
	transfer_bench_end(&b);
}

TEST(connections_are_kept_where_that_is_wanted)
{
	struct transfer_bench b;

	transfer_bench_begin(&b, rules);
	for (int keeps = 0; keeps < 2; keeps++) {
		unsigned before = fake_http_n_connections(b.http);
		for (int i = 0; i < 5; i++) {
			struct transfer_run r;
			transfer_run_init(&r, &b);
			transfer_run_launch_host(&r, "one.test", "/good", "127.0.0.1", keeps);
			transfer_run_wait(&r);
			buf_done(&r.body);
		}
		ck_assert_uint_eq(fake_http_n_connections(b.http) - before, keeps ? 1 : 5);
	}
	transfers_free(b.transfers);
	b.transfers = NULL;
	while (fake_http_n_open(b.http) > 0)
		run_turns(b.loop, 1);
	transfer_bench_end(&b);
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
    {"/past-63-bits", 503, "", "", "", 86400 * USEC_PER_SEC},
    {"/past-64-bits", 503, "", "", "", 86400 * USEC_PER_SEC},
    {"/zeros", 503, "", "", "", 120 * USEC_PER_SEC},
    {"/soon", 503, "", "", "", 0},
    {"/once", 503, "", "", "", 0},
};

TEST(tells_the_answer)
{
	struct transfer_bench b;
	struct transfer_run r;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	buf_add_str(&r.body, "");
	transfer_run_launch(&r, answers[_i].path);
	transfer_run_wait(&r);
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
	transfer_bench_end(&b);
}

TEST(held_back_it_loses_nothing)
{
	struct transfer_bench b;
	struct transfer_run r;
	size_t i = 0;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	r.pause_at = 1;
	transfer_run_launch(&r, "/long");
	for (int n = 0; n < 20; n++) {
		run_until(b.loop, transfer_run_is_paused, &r, "a pause");
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
	transfer_run_wait(&r);
	ck_assert_int_eq(r.outcome.reason, REASON_NONE);
	ck_assert_uint_eq(r.body.len, TRANSFER_LONG);
	while (i < r.body.len && r.body.data[i] == fake_http_byte(i))
		i++;
	ck_assert_uint_eq(i, TRANSFER_LONG);
	buf_done(&r.body);
	transfer_bench_end(&b);
}

TEST(stopped_by_its_owner)
{
	static const size_t places[] = {1, 50000};

	for (size_t i = 0; i < N_ROWS(places); i++) {
		struct transfer_bench b;
		struct transfer_run r;
		transfer_bench_begin(&b, rules);
		transfer_run_init(&r, &b);
		r.stop_at = places[i];
		transfer_run_launch(&r, "/long");
		transfer_run_wait(&r);
		ck_assert_int_eq(r.outcome.reason, REASON_CANCELLED);
		ck_assert_uint_lt(r.body.len, places[i] + 20000);
		buf_done(&r.body);
		transfer_bench_end(&b);
	}
}

/* The one that is done begins the next, and that the next. */
TEST(the_end_may_be_a_start)
{
	struct transfer_run runs[4];
	struct transfer_bench b;

	transfer_bench_begin(&b, rules);
	for (int i = 0; i < 4; i++)
		transfer_run_init(&runs[i], &b);
	for (int i = 0; i < 3; i++)
		runs[i].next = &runs[i + 1];
	transfer_run_launch(&runs[0], "/good");
	transfer_run_wait(&runs[3]);
	for (int i = 0; i < 4; i++) {
		ck_assert(runs[i].n_done == 1 && runs[i].outcome.reason == REASON_NONE);
		buf_done(&runs[i].body);
	}
	transfer_bench_end(&b);
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
	struct transfer_bench b;
	struct transfer_run r, other;

	transfer_bench_begin(&b, rules);
	transfer_run_init(&r, &b);
	transfer_run_init(&other, &b);
	r.pause_at = states[_i].pause_at;
	transfer_run_launch(&r, states[_i].path);
	while (r.n_bodies < states[_i].n_bodies ||
	       fake_http_count(b.http, states[_i].path) < states[_i].n_asked)
		run_turns(b.loop, 1);
	transfer_cancel(r.transfer);
	transfer_run_launch(&other, "/good");
	transfer_run_wait(&other);
	ck_assert_msg(r.n_done == 0, "%s", row);
	ck_assert_msg(other.outcome.reason == REASON_NONE, "%s: %s", row, other.detail);
	while (fake_http_n_open(b.http) > 1) /* its connection was closed */
		run_turns(b.loop, 1);
	buf_done(&r.body);
	buf_done(&other.body);
	transfer_bench_end(&b);
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
