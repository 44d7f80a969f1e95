/* HTTP requests. Every option that keeps libcurl from doing something of its own accord is set
 * here: it resolves no name, follows no redirect, reads no proxy, password or cookie, and speaks
 * only HTTP.
 *
 * Between two requests nothing is kept but connections, and the CAs that were read. A handle serves
 * one request, since libcurl 7.88 keeps pointers into the headers of the one before, the challenges
 * of its server, and TLS sessions. Cookies, HSTS, Alt-Svc and pushes of HTTP/2 are off unless they
 * are asked for. */
#include "engine/transfer.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/alpn.h"
#include "engine/answer_head.h"
#include "engine/curl_loop.h"
#include "engine/policy.h"
#include "engine/transfer_outcome.h"
#include "loop/loop.h"

enum {
	MAX_IDLE = 512, /* connections */
	/* Connections thrown out of a full pool leave something behind in this version of libcurl
	 * that later transfers look through; so after so many connections that were made to be
	 * kept, and when nothing has run for a while, a new multi handle takes over. */
	MAX_KEPT = 4096,
	STALL_SECONDS = 30
};

#define IDLE_TIME (60 * USEC_PER_SEC)

struct transfer {
	TAILQ_ENTRY(transfer) link; /* in `running` */
	struct transfers *transfers;
	CURL *easy; /* owned; of this transfer alone */
	struct curl_loop *curl;
	struct curl_slist *headers, *connect_to; /* owned */
	const struct transfer_events *events;
	void *arg;
	struct answer_head head;
	bool keeps_connection, is_tls;
	bool is_stopped;        /* by on_body */
	const char *denied;     /* why the policy refused; static */
	enum reason fault;      /* of the answer's header; NONE: none */
	const char *broken;     /* what it was; static */
	const void *connection; /* of TLS, and used by this transfer alone; NULL: not known */
	bool is_shared;         /* it got a connection that another one uses */
	struct defer end;       /* of one that was stopped while it was resumed */
	char error[CURL_ERROR_SIZE];
};

struct transfers {
	struct transfers_opts opts;
	char *ca_file, *user_agent; /* owned; ca_file NULL: none */
	const struct policy *policy;
	struct curl_loop *current; /* owned */
	struct curl_loop *old; /* owned; with transfers that began before the present one; NULL */
	size_t n_kept;         /* connections made to be kept, by the present one */
	struct timer idle;
	struct defer retire;
	TAILQ_HEAD(, transfer) running;
};

/* --- Callbacks of libcurl --- */

/* An answer that claims to be of HTTP/2 where that is not spoken. */
static bool is_disguised(const struct transfer *t, const char *line, size_t len)
{
	return !t->head.is_inside && len > 6 && memcmp(line, "HTTP/", 5) == 0 && line[5] > '1' &&
	       !(t->is_tls && alpn_find(t->easy).is_http2);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	if (is_disguised(t, bytes, size * n)) {
		t->fault = REASON_CONNECT;
		t->broken = "another version of HTTP than the connection speaks";
		return 0;
	}
	t->fault = answer_head_add(&t->head, bytes, size * n, &t->broken);
	return t->fault == REASON_NONE ? size * n : 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;
	long status = 0;

	if (t->is_stopped)
		return CURL_WRITEFUNC_ERROR;
	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	switch (t->events->on_body(bytes, size * n, status, t->arg)) {
	case TRANSFER_TAKEN:
		return size * n;
	case TRANSFER_PAUSE:
		return CURL_WRITEFUNC_PAUSE;
	case TRANSFER_STOP:
		break;
	}
	t->is_stopped = true;
	return CURL_WRITEFUNC_ERROR;
}

static bool judge(struct transfer *t, const struct endpoint *to)
{
	const struct policy *policy = t->transfers->policy;

	t->denied = policy != NULL ? policy_judge(policy, to) : "no policy yet";
	return t->denied == NULL;
}

/* CURLOPT_OPENSOCKETFUNCTION: the last word before a connection is made. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	struct endpoint endpoint;

	(void)purpose;
	if (!endpoint_from_sockaddr(&to->addr, &endpoint) || !judge(t, &endpoint))
		return CURL_SOCKET_BAD;
	if (t->keeps_connection)
		t->transfers->n_kept++;
	int fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	if (fd >= 0 && !t->is_tls)
		curl_loop_expect_silence(t->curl, fd);
	return fd;
}

/* Note which connection is the transfer's. False: another one uses it, and it can't be shared.
 * libcurl 7.88 shares the connections of a host once a status line says HTTP/2, whatever they
 * speak, and then mixes up answers. */
static bool take_connection(struct transfer *t)
{
	const struct alpn alpn = t->is_tls ? alpn_find(t->easy) : (struct alpn){0};
	const struct transfer *other;

	t->connection = alpn.is_http2 ? NULL : alpn.connection;
	if (t->connection == NULL)
		return true;
	TAILQ_FOREACH (other, &t->transfers->running, link) {
		if (other != t && other->connection == t->connection) {
			t->connection = NULL;
			t->is_shared = true;
			return false;
		}
	}
	return true;
}

/* CURLOPT_PREREQFUNCTION: called for kept connections too. */
static int on_request(void *arg, char *to, char *from, int port, int local_port)
{
	struct transfer *t = arg;
	struct endpoint endpoint;

	(void)from, (void)local_port;
	if (!endpoint_parse(to, (uint16_t)port, &endpoint)) {
		t->denied = "an address that can't be read";
		return CURL_PREREQFUNC_ABORT;
	}
	endpoint.port = (uint16_t)port;
	return judge(t, &endpoint) && take_connection(t) ? CURL_PREREQFUNC_OK
							 : CURL_PREREQFUNC_ABORT;
}

/* --- The end --- */

static void release(struct transfer *t)
{
	defer_cancel(&t->end);
	TAILQ_REMOVE(&t->transfers->running, t, link);
	curl_easy_cleanup(t->easy);
	curl_slist_free_all(t->headers);
	curl_slist_free_all(t->connect_to);
	free(t);
}

/* Not from inside the old one's own calls. */
static void retire_old(void *arg)
{
	struct transfers *transfers = arg;

	if (transfers->old != NULL && curl_loop_count(transfers->old) == 0) {
		curl_loop_free(transfers->old);
		transfers->old = NULL;
	}
	if (curl_loop_count(transfers->current) == 0 && transfers->n_kept > 0)
		timer_start(&transfers->idle, IDLE_TIME);
}

static void finish(struct transfer *t, CURLcode code)
{
	struct transfers *transfers = t->transfers;
	struct transfer_outcome outcome;

	transfer_outcome_fill(&outcome, t->easy, code, t->error);
	if (t->denied != NULL) {
		outcome.reason = REASON_DENIED_TARGET;
		outcome.detail = t->denied;
	} else if (t->is_stopped) {
		outcome.reason = REASON_CANCELLED;
	} else if (t->fault != REASON_NONE) {
		outcome.reason = t->fault;
		outcome.detail = t->broken;
		outcome.is_congestion = false;
	} else if (code == CURLE_OK && !t->head.is_whole) {
		/* libcurl takes the end of the connection for the end of the header */
		outcome.reason = REASON_TRUNCATED;
		outcome.detail = "the header broke off";
	}
	t->events->on_done(&outcome, t->arg);
	transfer_outcome_done(&outcome);
	release(t);
	defer_start(&transfers->retire);
}

/* Ask anew, over a connection of its own; nothing was sent yet. */
static bool start_alone(struct transfer *t)
{
	t->is_shared = false;
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, 0L);
	return curl_loop_add(t->curl, t->easy);
}

static void on_done(CURL *easy, CURLcode code, void *arg)
{
	char *private;

	(void)arg;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
	struct transfer *t = (struct transfer *)(void *)private;
	if (!t->is_shared || !start_alone(t))
		finish(t, code);
}

static void on_end(void *arg)
{
	struct transfer *t = arg;

	curl_loop_remove(t->curl, t->easy);
	finish(t, CURLE_WRITE_ERROR);
}

/* --- Start --- */

static void set_common(const struct transfers *transfers, struct transfer *t)
{
	CURL *easy = t->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 60L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, transfers->user_agent);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
	/* with a directory of CAs libcurl reads all of them anew for each connection, 42 ms of CPU
	 * time; the bundle alone is cached */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (transfers->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, transfers->ca_file);
}

static struct transfer *new_transfer(struct transfers *transfers)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		return NULL;
	struct transfer *t = xcalloc(1, sizeof(*t));
	t->transfers = transfers;
	t->easy = easy;
	defer_init(&t->end, transfers->opts.loop, on_end, t);
	TAILQ_INSERT_HEAD(&transfers->running, t, link);
	set_common(transfers, t);
	return t;
}

static struct curl_slist *list_headers(struct span headers)
{
	struct curl_slist *list = NULL;

	while (headers.len > 0) {
		const char *end = memchr(headers.bytes, '\n', headers.len);
		size_t len = end != NULL ? (size_t)(end - headers.bytes) : headers.len;
		AUTO_FREE char *line = xstrndup(headers.bytes, len);
		list = curl_slist_append(list, line);
		len += end != NULL;
		headers.bytes += len;
		headers.len -= len;
	}
	return list;
}

/* GET, or POST with its body. */
static void set_method(struct transfer *t, const struct transfer_request *rq)
{
	if (rq->body.bytes == NULL)
		return;
	/* no word from the server is waited for before the body goes out */
	t->headers = curl_slist_append(t->headers, "Expect:");
	curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body.len);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, rq->body.bytes);
}

static void set_request(struct transfer *t, const struct transfer_request *rq)
{
	char address[ADDRESS_TEXT_SIZE], connect_to[ADDRESS_TEXT_SIZE + 8];
	long timeout_ms = (long)(rq->timeout / USEC_PER_MSEC),
	     connect_ms = (long)(t->transfers->opts.connect_timeout / USEC_PER_MSEC);

	/* any host and port of the URL are looked for at this address, same port: libcurl resolves
	 * nothing, while Host header, SNI and the check of the certificate keep the URL's host */
	address_format(&rq->address, address);
	snprintf(connect_to, sizeof(connect_to), rq->address.is_v6 ? "::[%s]:" : "::%s:", address);
	t->connect_to = curl_slist_append(NULL, connect_to);
	t->headers = list_headers(rq->headers);
	set_method(t, rq);
	curl_easy_setopt(t->easy, CURLOPT_URL, rq->url->text);
	curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    connect_ms < timeout_ms && connect_ms > 0 ? connect_ms : timeout_ms);
	curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, rq->keeps_connection ? 0L : 1L);
	/* sharing a connection, and waiting for one to share, makes sense where HTTP/2 can be
	 * spoken */
	curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
	    rq->url->is_tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, rq->url->is_tls ? 1L : 0L);
}

static struct curl_loop *new_loop(struct transfers *transfers)
{
	return curl_loop_new(transfers->opts.loop, MAX_IDLE, on_done, transfers);
}

/* Take a new multi handle; transfers under way end on the old one. */
static void renew(struct transfers *transfers)
{
	struct curl_loop *fresh = transfers->old == NULL ? new_loop(transfers) : NULL;

	transfers->n_kept = 0;
	if (fresh == NULL)
		return;
	transfers->old = transfers->current;
	transfers->current = fresh;
	defer_start(&transfers->retire);
}

static void on_idle(void *arg)
{
	struct transfers *transfers = arg;

	if (curl_loop_count(transfers->current) == 0 && transfers->n_kept > 0)
		renew(transfers);
}

struct transfer *transfer_start(struct transfers *transfers, const struct transfer_request *request,
    const struct transfer_events *events, void *arg)
{
	struct transfer *t = new_transfer(transfers);

	if (t == NULL)
		return NULL;
	if (transfers->n_kept > MAX_KEPT)
		renew(transfers);
	t->keeps_connection = request->keeps_connection;
	t->is_tls = request->url->is_tls;
	t->events = events;
	t->arg = arg;
	t->curl = transfers->current;
	set_request(t, request);
	if (!curl_loop_add(t->curl, t->easy)) {
		release(t);
		return NULL;
	}
	return t;
}

/* What was held back is offered in here, and libcurl 7.88 goes on although it was refused. */
void transfer_resume(struct transfer *t)
{
	if (curl_easy_pause(t->easy, CURLPAUSE_CONT) != CURLE_OK)
		defer_start(&t->end);
}

void transfer_cancel(struct transfer *t)
{
	struct transfers *transfers = t->transfers;

	curl_loop_remove(t->curl, t->easy);
	release(t);
	defer_start(&transfers->retire);
}

void transfers_set_policy(struct transfers *transfers, const struct policy *policy)
{
	transfers->policy = policy;
}

void transfers_set_connect_timeout(struct transfers *transfers, usec_t connect_timeout)
{
	transfers->opts.connect_timeout = connect_timeout;
}

struct transfers *transfers_new(const struct transfers_opts *opts)
{
	struct transfers *transfers = xcalloc(1, sizeof(*transfers));

	transfers->opts = *opts;
	transfers->ca_file = opts->ca_file != NULL ? xstrdup(opts->ca_file) : NULL;
	transfers->user_agent = xstrdup(opts->user_agent);
	TAILQ_INIT(&transfers->running);
	timer_init(&transfers->idle, opts->loop, on_idle, transfers);
	defer_init(&transfers->retire, opts->loop, retire_old, transfers);
	transfers->current = new_loop(transfers);
	if (transfers->current == NULL) {
		transfers_free(transfers);
		return NULL;
	}
	return transfers;
}

void transfers_free(struct transfers *transfers)
{
	if (transfers == NULL)
		return;
	timer_cancel(&transfers->idle);
	defer_cancel(&transfers->retire);
	curl_loop_free(transfers->old);
	curl_loop_free(transfers->current);
	free(transfers->ca_file);
	free(transfers->user_agent);
	free(transfers);
}
