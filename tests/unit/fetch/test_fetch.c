/* Fetches: each outcome, redirects, retries, limits. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "fetch_bench.h"

#define OK_HEAD "HTTP/1.1 200 OK\r\n"
#define HOST    "http://one.test:{port}"
#define OTHER   "http://other.test:{port}"

static char long_header[300 << 10], many_headers[300 << 10], endless_name[300 << 10];

static const struct http_rule rules[] = {
    {"/good", 1, 0, OK_HEAD "Content-Type: image/gif\r\n", "GIF89a", 0, HTTP_KEEP, 0},
    {"/empty", 1, 0, OK_HEAD, "", 0, HTTP_KEEP, 0},
    {"/no-content", 1, 0, "HTTP/1.1 204 No Content\r\n", "", 0, HTTP_KEEP, 0},
    {"/old", 1, 0, "HTTP/1.0 200 OK\r\n", "old", 0, HTTP_CLOSE, 0},
    {"/chunked", 1, 0, OK_HEAD "Transfer-Encoding: chunked\r\n", "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
	0, HTTP_KEEP, 0},
    {"/gzip", 1, 0, OK_HEAD "Content-Encoding: gzip\r\n", "no gzip at all", 0, HTTP_KEEP, 0},
    {"/gone", 1, 0, "HTTP/1.1 410 Gone\r\n", "gone", 0, HTTP_KEEP, 0},
    {"/forbidden", 1, 0, "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\n", "no", 0,
	HTTP_KEEP, 0},
    {"/not-modified", 1, 0, "HTTP/1.1 304 Not Modified\r\n", "", 0, HTTP_KEEP, 0},
    {"/broken", 1, 0, "HTTP/1.1 500 Oops\r\n", "oops", 0, HTTP_KEEP, 0},
    {"/cut", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_CLOSE, 0},
    {"/reset", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_RESET, 0},
    {"/cut-chunk", 1, 0, OK_HEAD "Transfer-Encoding: chunked\r\n", "5\r\nab", 0, HTTP_CLOSE, 0},
    {"/no-last-chunk", 1, 0, OK_HEAD "Transfer-Encoding: chunked\r\n", "2\r\nab\r\n", 0, HTTP_CLOSE,
	0},
    {"/bad-chunk", 1, 0, OK_HEAD "Transfer-Encoding: chunked\r\n", "zz\r\nab\r\n", 0, HTTP_CLOSE,
	0},
    {"/nothing", 1, 0, NULL, NULL, 0, HTTP_CLOSE, 0},
    {"/nothing-and-reset", 1, 0, NULL, NULL, 0, HTTP_RESET, 0},
    {"/no-http", 1, 0, "SSH-2.0-x\r\n", "", 0, HTTP_CLOSE, 0},
    {"/half-a-head", 1, 0, "HTTP/1.1 200 OK\r\nX: y", NULL, 0, HTTP_STALL, 0},
    {"/silent", 1, 0, NULL, NULL, 0, HTTP_STALL, 0},
    {"/stalls", 1, 0, OK_HEAD "Content-Length: 100\r\n", "half of it", 0, HTTP_STALL, 0},
    {"/long-header", 1, 0, long_header, "x", 0, HTTP_CLOSE, 0},
    {"/many-headers", 1, 0, many_headers, "x", 0, HTTP_CLOSE, 0},
    {"/endless-name", 1, 0, endless_name, "x", 0, HTTP_CLOSE, 0},
    {"/large", 1, 0, OK_HEAD, NULL, 3 << 20, HTTP_KEEP, 0},
    {"/endless", 1, 0, OK_HEAD, NULL, (uint64_t)1 << 40, HTTP_CLOSE, 0},
    {"/long-error", 1, 0, "HTTP/1.1 403 No\r\n", NULL, (uint64_t)1 << 40, HTTP_CLOSE, 0},
    {"/long-missing", 1, 0, "HTTP/1.1 404 No\r\n", NULL, 3 << 20, HTTP_KEEP, 0},
    {"/long-moved", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /good\r\n", NULL, 3 << 20, HTTP_KEEP, 0},
    {"/loop", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /loop\r\n", "", 0, HTTP_KEEP, 0},
    {"/lost", 1, 0, "HTTP/1.1 302 Found\r\n", "where?", 0, HTTP_KEEP, 0},
    {"/to-good", 1, 0, "HTTP/1.1 301 Moved\r\nLocation: good\r\n", "moved", 0, HTTP_KEEP, 0},
    {"/to-other", 1, 0, "HTTP/1.1 307 Moved\r\nLocation: " OTHER "/to-good\r\n", "", 0, HTTP_KEEP,
	0},
    {"/to-ftp", 1, 0, "HTTP/1.1 302 Found\r\nLocation: ftp://one.test/x\r\n", "", 0, HTTP_KEEP, 0},
    {"/to-file", 1, 0, "HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\n", "", 0, HTTP_KEEP,
	0},
    {"/to-user", 1, 0, "HTTP/1.1 302 Found\r\nLocation: http://u:p@one.test/x\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/to-nobody", 1, 0, "HTTP/1.1 302 Found\r\nLocation: http://-/x\r\n", "", 0, HTTP_KEEP, 0},
    {"/to-private", 1, 0, "HTTP/1.1 302 Found\r\nLocation: http://private.test/x\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/to-number", 1, 0, "HTTP/1.1 302 Found\r\nLocation: http://0xa9fea9fe/x\r\n", "", 0,
	HTTP_KEEP, 0},
    {"/to-missing", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /none\r\n", "", 0, HTTP_KEEP, 0},
    {"/later", 1, 2, "HTTP/1.1 503 Later\r\nRetry-After: 0\r\n", "later", 0, HTTP_KEEP, 0},
    {"/later", 3, 0, OK_HEAD, "at last", 0, HTTP_KEEP, 0},
    {"/in-a-second", 1, 1, "HTTP/1.1 429 Slow\r\nRetry-After: 1\r\n", "", 0, HTTP_KEEP, 0},
    {"/in-a-second", 2, 0, OK_HEAD, "at last", 0, HTTP_KEEP, 0},
    {"/cut-at-first", 1, 1, OK_HEAD "Content-Length: 9\r\n", "half", 0, HTTP_CLOSE, 0},
    {"/cut-at-first", 2, 0, OK_HEAD, "all of it", 0, HTTP_KEEP, 0},
    {"/moved-then-broken", 1, 0, "HTTP/1.1 302 Found\r\nLocation: /later\r\n", "", 0, HTTP_KEEP, 0},
    {"/cut-typed", 1, 0, OK_HEAD "Content-Type: image/gif\r\nContent-Length: 100\r\n", "half of it",
	0, HTTP_CLOSE, 0},
    {"/cut-chunk-typed", 1, 0, OK_HEAD "Content-Type: a/b\r\nTransfer-Encoding: chunked\r\n",
	"5\r\nab", 0, HTTP_RESET, 0},
    {"/then-nothing", 1, 1, OK_HEAD "Content-Type: image/gif\r\nContent-Length: 100\r\n",
	"half of it", 0, HTTP_CLOSE, 0},
    {"/then-nothing", 2, 0, NULL, NULL, 0, HTTP_CLOSE, 0},
    {"/slow", 1, 0, OK_HEAD, "slow", 0, HTTP_KEEP, 5 * USEC_PER_MSEC},
    {.path = NULL},
};

static void make_headers(void)
{
	memset(long_header, 'a', sizeof(long_header) - 1);
	memcpy(long_header, OK_HEAD "X: ", strlen(OK_HEAD "X: "));
	memcpy(long_header + sizeof(long_header) - 3, "\r\n", 3);
	memset(endless_name, 'a', sizeof(endless_name) - 1);
	memcpy(endless_name, OK_HEAD, strlen(OK_HEAD));
	size_t at = strlen(strcpy(many_headers, OK_HEAD));
	while (at + 64 < sizeof(many_headers))
		at += (size_t)snprintf(many_headers + at, 64, "X-%zu: some value or other\r\n", at);
}

static void begin(struct fetch_bench *b)
{
	make_headers();
	fetch_bench_begin(b, rules);
	b->opts.max_bytes = 2 << 20;
	fetch_bench_start(b);
}

static const struct {
	const char *url;
	enum item_status status;
	enum reason reason;
	uint32_t http_status, n_redirects;
	const char *detail; /* a part of it; NULL: there is none; "": any */
} ends[] = {
    {HOST "/none", ITEM_NOT_FOUND, REASON_HTTP_404, 404, 0, NULL},
    {HOST "/gone", ITEM_NOT_FOUND, REASON_HTTP_404, 410, 0, NULL},
    {HOST "/to-missing", ITEM_NOT_FOUND, REASON_HTTP_404, 404, 1, NULL},
    {HOST "/forbidden", ITEM_ERROR, REASON_HTTP_STATUS, 403, 0, NULL},
    {HOST "/not-modified", ITEM_ERROR, REASON_HTTP_STATUS, 304, 0, NULL},
    {HOST "/broken", ITEM_ERROR, REASON_HTTP_STATUS, 500, 0, NULL},
    {HOST "/lost", ITEM_ERROR, REASON_HTTP_STATUS, 302, 0, NULL},
    {HOST "/cut", ITEM_ERROR, REASON_TRUNCATED, 200, 0, ""},
    {HOST "/reset", ITEM_ERROR, REASON_TRUNCATED, 200, 0, ""},
    {HOST "/cut-chunk", ITEM_ERROR, REASON_TRUNCATED, 200, 0, ""},
    {HOST "/no-last-chunk", ITEM_ERROR, REASON_TRUNCATED, 200, 0, ""},
    {HOST "/bad-chunk", ITEM_ERROR, REASON_TRUNCATED, 200, 0, ""},
    {HOST "/nothing", ITEM_ERROR, REASON_CONNECT, 0, 0, ""},
    {HOST "/nothing-and-reset", ITEM_ERROR, REASON_CONNECT, 0, 0, ""},
    {HOST "/no-http", ITEM_ERROR, REASON_CONNECT, 0, 0, ""},
    {"http://one.test:{refused}/x", ITEM_ERROR, REASON_CONNECT, 0, 0, ""},
    {HOST "/long-header", ITEM_ERROR, REASON_TOO_LARGE, 200, 0, "header"},
    {HOST "/many-headers", ITEM_ERROR, REASON_TOO_LARGE, 200, 0, "header"},
    {HOST "/endless-name", ITEM_ERROR, REASON_TOO_LARGE, 200, 0, "header"},
    {HOST "/large", ITEM_ERROR, REASON_TOO_LARGE, 200, 0, "longer than allowed"},
    {HOST "/endless", ITEM_ERROR, REASON_TOO_LARGE, 200, 0, "longer than allowed"},
    {HOST "/long-error", ITEM_ERROR, REASON_HTTP_STATUS, 403, 0, NULL},
    {HOST "/long-missing", ITEM_NOT_FOUND, REASON_HTTP_404, 404, 0, NULL},
    {HOST "/loop", ITEM_ERROR, REASON_TOO_MANY_REDIRECTS, 302, 10, "leads to http://one.test"},
    {HOST "/to-ftp", ITEM_ERROR, REASON_DENIED_TARGET, 302, 0, "leads to ftp://one.test/x)"},
    {HOST "/to-file", ITEM_ERROR, REASON_DENIED_TARGET, 302, 0, "file:///etc/passwd"},
    {HOST "/to-user", ITEM_ERROR, REASON_INVALID_URL, 302, 0, "user"},
    {HOST "/to-nobody", ITEM_ERROR, REASON_INVALID_URL, 302, 0, "host"},
    {HOST "/to-private", ITEM_ERROR, REASON_DENIED_TARGET, 302, 1, "private address"},
    {HOST "/to-number", ITEM_ERROR, REASON_DENIED_TARGET, 302, 1, ""},
    {"http://none.test/", ITEM_ERROR, REASON_DNS_NOT_FOUND, 0, 0, "nxdomain"},
    {"http://servfail.test/", ITEM_ERROR, REASON_DNS_ERROR, 0, 0, "servfail"},
    {"http://private.test:{port}/good", ITEM_ERROR, REASON_DENIED_TARGET, 0, 0, "private address"},
    {"http://10.0.0.1/", ITEM_ERROR, REASON_DENIED_TARGET, 0, 0, "private address"},
    {"http://[::ffff:10.0.0.1]/", ITEM_ERROR, REASON_DENIED_TARGET, 0, 0, "private address"},
    {"http://0xa000001/", ITEM_ERROR, REASON_DENIED_TARGET, 0, 0, "private address"},
    {"no URL", ITEM_ERROR, REASON_INVALID_URL, 0, 0, NULL},
};

TEST(ends_without_a_file)
{
	const char *row = ends[_i].url;
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	size_t n_fds = place_n_fds();
	fetch_one(&b, &f, row, "a.gif");
	ck_assert_msg(
	    f.result.status == ends[_i].status, "%s: %s", row, item_status_name(f.result.status));
	ck_assert_msg(f.result.reason == ends[_i].reason, "%s: %s (%s)", row,
	    reason_name(f.result.reason), f.detail);
	ck_assert_msg(f.result.file.http_status == ends[_i].http_status, "%s: %u", row,
	    f.result.file.http_status);
	ck_assert_msg(f.result.file.n_redirects == ends[_i].n_redirects, "%s: %u redirects", row,
	    f.result.file.n_redirects);
	if (ends[_i].detail == NULL)
		ck_row_str(row, f.detail, "");
	else
		ck_assert_msg(f.detail[0] != '\0' && strstr(f.detail, ends[_i].detail) != NULL,
		    "%s: %s", row, f.detail);
	ck_assert(!f.result.file.is_saved && f.n_saving == 0);
	ck_row_str(row, f.name, "a.gif");
	ck_assert_msg(f.result.attempts <= 1, "%s: %u attempts", row, f.result.attempts);
	ck_assert(place_n_fds() <= n_fds + 8); /* kept connections, and their peers */
	fetch_check_nothing_left(&b, row);
	fetch_bench_end(&b);
}

/* The time-out is that of the attempt, and counts from its start. */
static const char *const slow[] = {HOST "/silent", HOST "/stalls", HOST "/half-a-head"};

TEST(times_out)
{
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_begin(&b, &f, slow[_i], &(struct file_item){.name = {"a", 1}}, 60 * USEC_PER_MSEC, 1);
	fetch_wait(&f);
	ck_assert_msg(
	    f.result.reason == REASON_TIMEOUT, "%s: %s", slow[_i], reason_name(f.result.reason));
	ck_assert_int_ge(f.result.duration, 55 * USEC_PER_MSEC);
	fetch_check_nothing_left(&b, slow[_i]);
	fetch_bench_end(&b);
}

static const struct {
	const char *url, *bytes, *type, *final_url;
	uint32_t http_status, version, n_redirects;
} good[] = {
    {HOST "/good", "GIF89a", "image/gif", "", 200, 11, 0},
    {HOST "/empty", "", "", "", 200, 11, 0},
    {HOST "/no-content", "", "", "", 204, 11, 0},
    {HOST "/old", "old", "", "", 200, 10, 0},
    {HOST "/chunked", "abcde", "", "", 200, 11, 0},
    {HOST "/gzip", "no gzip at all", "", "", 200, 11, 0},
    {HOST "/to-good", "GIF89a", "image/gif", "http://one.test:", 200, 11, 1},
    {HOST "/to-other", "GIF89a", "image/gif", "http://other.test:", 200, 11, 2},
    {HOST "/long-moved", "GIF89a", "image/gif", "http://one.test:", 200, 11, 1},
    {"http://127.0.0.1:{port}/good", "GIF89a", "image/gif", "", 200, 11, 0},
    {"http://[::ffff:127.0.0.1]:{port}/good", "GIF89a", "image/gif", "", 200, 11, 0},
    {"http://mixed.test:{port}/good", "GIF89a", "image/gif", "", 200, 11, 0},
};

TEST(saves)
{
	const char *row = good[_i].url;
	char path[128];
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_one(&b, &f, row, "a.gif");
	ck_assert_msg(f.result.status == ITEM_OK && f.result.reason == REASON_NONE, "%s: %s %s",
	    row, reason_name(f.result.reason), f.detail);
	ck_row_str(row, f.type, good[_i].type);
	ck_assert_msg(strncmp(f.final_url, good[_i].final_url, strlen(good[_i].final_url)) == 0,
	    "%s: %s", row, f.final_url);
	ck_assert_int_eq(f.final_url[0] != '\0', good[_i].n_redirects > 0);
	const struct file_result *file = &f.result.file;
	ck_assert_uint_eq(file->http_status, good[_i].http_status);
	ck_assert_uint_eq(file->http_version, good[_i].version);
	ck_assert_uint_eq(
	    file->content_encoding.len, strstr(row, "gzip") != NULL ? strlen("gzip") : 0);
	ck_assert_uint_eq(file->n_redirects, good[_i].n_redirects);
	ck_assert_uint_eq(file->n_bytes, strlen(good[_i].bytes));
	ck_assert(file->is_saved && f.n_saving == 1 && f.result.attempts == 1);
	ck_assert_uint_eq(f.result.n_addresses, 1);
	snprintf(path, sizeof(path), "files/%s/a.gif", place_job_text(1));
	AUTO_FREE char *bytes = place_read(&b.place, path, NULL);
	ck_assert_msg(bytes != NULL, "%s", row);
	ck_row_str(row, bytes, good[_i].bytes);
	fetch_bench_end(&b);
}

/* Where the bytes went, and what was asked for there. */
TEST(connects_to_the_address_and_names_the_host)
{
	char want[64];
	struct fetch_bench b;
	struct fetched f;

	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	begin(&b);
	fetch_one(&b, &f, HOST "/good?x=y#z", "a");
	ck_assert_int_eq(f.result.reason, REASON_HTTP_404);
	const char *request = fake_http_request(b.http, "/good?x=y");
	snprintf(want, sizeof(want), "\r\nHost: one.test:%u\r\n", fake_http_port(b.http));
	ck_assert_msg(strstr(request, want) != NULL, "%s", request);
	ck_assert_ptr_nonnull(strstr(request, "\r\nUser-Agent: asyncprobed/test\r\n"));
	ck_assert_ptr_null(strcasestr(request, "\r\nCookie:"));
	ck_assert_ptr_null(strcasestr(request, "\r\nAuthorization:"));
	ck_assert_ptr_nonnull(strstr(request, "\r\nAccept-Encoding: identity\r\n"));
	ck_assert_uint_eq(fake_dns_count(b.dns, NULL, RR_A), 0);
	fetch_bench_end(&b);
}

static const struct {
	const char *url, *path;
	bool has_headers;
} headers[] = {
    {HOST "/good", "/good", true},
    {HOST "/to-good", "/good", true},
    {HOST "/to-other", "/to-other", true},
    {HOST "/to-other", "/to-good", false},
    {HOST "/to-other", "/good", false},
};

/* What the item asks to be sent stays with its host. */
TEST(headers_stay_with_their_host)
{
	static const char text[] = "Authorization: Bearer secret\nAccept: image/*\n";
	const struct file_item item = {.name = {"a", 1}, .headers = {text, sizeof(text) - 1}};
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_begin(&b, &f, headers[_i].url, &item, 0, 1);
	fetch_wait(&f);
	const char *request = fake_http_request(b.http, headers[_i].path);
	bool has_secret = strstr(request, "\r\nAuthorization: Bearer secret\r\n") != NULL;
	bool has_accept = strstr(request, "\r\nAccept: image/*\r\n") != NULL;
	ck_assert_msg(
	    has_secret == headers[_i].has_headers && has_accept == headers[_i].has_headers,
	    "%s: %s", headers[_i].url, request);
	fetch_bench_end(&b);
}

static const struct {
	const char *url;
	uint32_t attempts, want_attempts;
	enum reason reason;
	const char *path;
	unsigned n_asked;
} retries[] = {
    {HOST "/broken", 2, 2, REASON_HTTP_STATUS, "/broken", 2},
    {HOST "/nothing", 2, 2, REASON_CONNECT, "/nothing", 2},
    {HOST "/cut", 2, 2, REASON_TRUNCATED, "/cut", 2},
    {HOST "/none", 3, 1, REASON_HTTP_404, "/none", 1},
    {HOST "/gone", 3, 1, REASON_HTTP_404, "/gone", 1},
    {HOST "/forbidden", 3, 1, REASON_HTTP_STATUS, "/forbidden", 1},
    {HOST "/large", 3, 1, REASON_TOO_LARGE, "/large", 1},
    {HOST "/loop", 3, 1, REASON_TOO_MANY_REDIRECTS, "/loop", 11},
    {HOST "/later", 2, 2, REASON_HTTP_STATUS, "/later", 2},
    {HOST "/later", 3, 3, REASON_NONE, "/later", 3},
    {HOST "/cut-at-first", 2, 2, REASON_NONE, "/cut-at-first", 2},
    {HOST "/moved-then-broken", 3, 3, REASON_NONE, "/moved-then-broken", 3},
};

TEST(tries_again)
{
	const char *row = retries[_i].url;
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_begin(&b, &f, row, &(struct file_item){.name = {"a", 1}}, 0, retries[_i].attempts);
	fetch_wait(&f);
	ck_assert_msg(
	    f.result.reason == retries[_i].reason, "%s: %s", row, reason_name(f.result.reason));
	ck_assert_msg(f.result.attempts == retries[_i].want_attempts, "%s: %u attempts", row,
	    f.result.attempts);
	ck_assert_msg(fake_http_count(b.http, retries[_i].path) == retries[_i].n_asked, "%s: %u",
	    row, fake_http_count(b.http, retries[_i].path));
	if (retries[_i].reason != REASON_NONE)
		fetch_check_nothing_left(&b, row);
	fetch_bench_end(&b);
}

/* The whole host waits as long as it asked for. */
TEST(retry_after_is_obeyed)
{
	struct fetch_bench b;
	struct fetched f, other;

	begin(&b);
	fetch_begin(&b, &f, HOST "/in-a-second", &(struct file_item){.name = {"a", 1}}, 0, 2);
	usec_t start = clock_mono();
	while (fake_http_count(b.http, "/in-a-second") == 0 ||
	       fetch_metric("asyncprobed_transfers_in_flight") > 0)
		run_turns(b.place.loop, 1);
	fetch_one(&b, &other, HOST "/good", "b");
	ck_assert_int_ge(clock_mono() - start, 990 * USEC_PER_MSEC);
	fetch_wait(&f);
	ck_assert(f.result.status == ITEM_OK && f.result.attempts == 2);
	fetch_bench_end(&b);
}

/* One attempt is enough to try all addresses. */
TEST(an_address_that_refuses_is_passed_over)
{
	char address[ADDRESS_TEXT_SIZE];
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_begin(
	    &b, &f, "http://second.test:{port}/good", &(struct file_item){.name = {"a", 1}}, 0, 1);
	fetch_wait(&f);
	ck_assert_msg(f.result.status == ITEM_OK, "%s", reason_name(f.result.reason));
	ck_assert_uint_eq(f.result.attempts, 1);
	address_format(&f.result.addresses[0], address);
	ck_assert_str_eq(address, "127.0.0.1");
	fetch_bench_end(&b);
}

TEST(without_a_policy_nothing_is_fetched)
{
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetcher_set_policy(b.fetcher, NULL);
	fetch_one(&b, &f, HOST "/good", "a");
	ck_assert_int_eq(f.result.reason, REASON_DENIED_TARGET);
	fetch_one(&b, &f, "http://127.0.0.1:{port}/good", "a");
	ck_assert_int_eq(f.result.reason, REASON_DENIED_TARGET);
	ck_assert_uint_eq(fake_http_count(b.http, NULL), 0);
	fetch_bench_end(&b);
}

TEST(a_port_that_is_not_allowed)
{
	struct fetch_bench b;
	struct fetched f;

	begin(&b);
	fetch_bench_allow(&b, "127.0.0.0/8", "", "80,443");
	fetch_one(&b, &f, "http://none.test:{port}/good", "a");
	ck_assert_int_eq(f.result.reason, REASON_DENIED_TARGET);
	ck_assert_str_eq(f.detail, "port not allowed");
	ck_assert_uint_eq(fake_dns_count(b.dns, NULL, RR_A), 0); /* told without asking */
	fetch_one(&b, &f, "http://127.0.0.1:{port}/good", "a");
	ck_assert_int_eq(f.result.reason, REASON_DENIED_TARGET);
	fetch_bench_end(&b);
}

/* Many files, few connections, and no more at one time than the host may have. */
TEST(many_files_of_a_host)
{
	enum { N = 200 };
	static struct fetched files[N];
	char name[16];
	struct fetch_bench b;

	make_headers();
	fetch_bench_begin(&b, rules);
	b.opts.per_host = 6;
	fetch_bench_start(&b);
	for (int i = 0; i < N; i++) {
		size_t len = (size_t)snprintf(name, sizeof(name), "f%d", i);
		fetch_begin(
		    &b, &files[i], HOST "/slow", &(struct file_item){.name = {name, len}}, 0, 1);
	}
	for (int i = 0; i < N; i++) {
		fetch_wait(&files[i]);
		ck_assert_int_eq(files[i].result.status, ITEM_OK);
	}
	ck_assert_uint_eq(fake_http_most(b.http), 6);
	ck_assert_uint_le(fake_http_n_connections(b.http), 12);
	fetch_bench_end(&b);
}

static const struct {
	const char *path, *type;
	uint64_t least, most; /* bytes */
	uint32_t attempts, http_status;
} broken[] = {
    {"/cut-typed", "image/gif", 10, 10, 1, 200}, {"/cut-chunk-typed", "a/b", 0, 2, 1, 200},
    {"/large", "", 0, 0, 1, 200}, {"/endless", "", 1 << 20, 2 << 20, 1, 200},
    {"/forbidden", "text/html", 0, 0, 1, 403}, {"/nothing", "", 0, 0, 1, 0},
    {"/then-nothing", "", 0, 0, 2, 0}, /* of the last answer */
};

TEST(tells_what_came)
{
	struct fetch_bench b;
	struct fetched f;
	char url[100];

	begin(&b);
	snprintf(url, sizeof(url), HOST "%s", broken[_i].path);
	const struct file_item item = {.name = {"x", 1}};
	fetch_begin(&b, &f, url, &item, 0, broken[_i].attempts);
	fetch_wait(&f);
	ck_assert_int_eq(f.result.status, ITEM_ERROR);
	ck_row_str(broken[_i].path, f.type, broken[_i].type);
	ck_assert_uint_eq(f.result.file.http_status, broken[_i].http_status);
	ck_assert_msg(
	    f.result.file.n_bytes >= broken[_i].least && f.result.file.n_bytes <= broken[_i].most,
	    "%s: %llu bytes", broken[_i].path, (unsigned long long)f.result.file.n_bytes);
	fetch_bench_end(&b);
}

SUITE(fetch)
{
	ADD_ROWS(tells_what_came, broken);
	ADD_ROWS(ends_without_a_file, ends);
	ADD_ROWS(times_out, slow);
	ADD(without_a_policy_nothing_is_fetched);
	ADD(a_port_that_is_not_allowed);
	ADD_ROWS(headers_stay_with_their_host, headers);
	ADD_ROWS(tries_again, retries);
	ADD(retry_after_is_obeyed);
	ADD(an_address_that_refuses_is_passed_over);
	ADD(connects_to_the_address_and_names_the_host);
	ADD_ROWS(saves, good);
	ADD(many_files_of_a_host);
}
