/* HTTP requests: their life, and what libcurl calls meanwhile. */
#include "fetch/transfer_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fetch/policy.h"
#include "fetch/transfer_outcome.h"

enum {
	MAX_IDLE = 512, /* connections */
	/* Connections thrown out of a full pool leave something behind in this version of libcurl
	 * that later transfers look through; so after so many connections that were made to be
	 * kept, and when nothing has run for a while, a new multi handle takes over. */
	MAX_KEPT = 4096
};

#define IDLE_TIME (60 * USEC_PER_SEC)

/* --- Callbacks of libcurl --- */

/* An answer that claims to be of HTTP/2 where that is not spoken. */
static bool is_disguised(const struct transfer *t, const char *line, size_t len)
{
	return !t->head.is_inside && len > 6 && memcmp(line, "HTTP/", 5) == 0 && line[5] > '1' &&
	       !(t->is_tls && tls_link_find(t->easy).is_http2);
}

/* Whether a body of 2xx comes that is meant to be kept. */
static bool has_body(const struct transfer *t)
{
	long status = 0;

	curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
	return status >= 200 && status < 300 && status != 204 && status != 206;
}

/* Whether the header is at its end and announces more than is wanted. */
static bool is_too_long(const struct transfer *t)
{
	const struct answer_head *head = &t->head;

	return head->is_whole && head->has_length && !head->is_chunked && t->most_bytes > 0 &&
	       head->length > t->most_bytes && has_body(t);
}

static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct transfer *t = arg;

	if (is_disguised(t, bytes, size * n)) {
		t->fault = REASON_CONNECT;
		t->broken = "the response has a different HTTP version than the connection";
		return 0;
	}
	t->fault = answer_head_add(&t->head, bytes, size * n, &t->broken);
	if (t->fault == REASON_NONE && is_too_long(t)) {
		t->fault = REASON_TOO_LARGE;
		t->broken = "the body is longer than allowed";
	}
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

/* The connection that was made beforehand: libcurl's connect(2) finds it made (fetch/race.c). */
static int take_socket(struct transfer *t, const struct address *to)
{
	bool is_there = to->is_v6 == t->address.is_v6 &&
			memcmp(to->bytes, t->address.bytes, sizeof(to->bytes)) == 0;
	int fd = is_there ? t->socket : -1;

	if (is_there)
		t->socket = -1;
	return fd;
}

/* How many connections the others of the group use or make; more than a few are not told apart. */
static unsigned count_connections(const struct transfer *t)
{
	enum { FEW = 8 };
	const void *links[FEW];
	const struct transfer *other;
	unsigned n = 0, n_links = 0;

	TAILQ_FOREACH (other, &t->transfers->running, link) {
		unsigned i = 0;
		if (other == t || other->group != t->group)
			continue;
		n += other->is_connecting;
		while (i < n_links && links[i] != other->tls)
			i++;
		if (other->tls != NULL && i == n_links && n_links < FEW)
			links[n_links++] = other->tls;
	}
	return n + n_links;
}

/* CURLOPT_OPENSOCKETFUNCTION: the last word before a connection is made. */
static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = arg;
	struct endpoint endpoint;

	(void)purpose;
	if (!endpoint_from_sockaddr(&to->addr, &endpoint) || !judge(t, &endpoint))
		return CURL_SOCKET_BAD;
	t->is_crowded = t->most_connections > 0 && count_connections(t) >= t->most_connections;
	if (t->is_crowded)
		return CURL_SOCKET_BAD;
	t->is_connecting = true;
	if (t->keeps_connection)
		t->transfers->n_kept++;
	int fd = take_socket(t, &endpoint.address);
	if (fd < 0)
		fd = socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
	if (fd >= 0 && !t->is_tls)
		curl_loop_expect_silence(t->curl, fd);
	return fd;
}

/* Note which connection is the transfer's. False: another one uses it, and it can't be shared.
 * libcurl 7.88 shares the connections of a host once a status line says HTTP/2, whatever they
 * speak, and then mixes up answers. */
static bool take_connection(struct transfer *t)
{
	const struct tls_link tls = t->is_tls ? tls_link_find(t->easy) : (struct tls_link){0};
	const struct transfer *other;

	t->is_connecting = false;
	t->tls = tls.connection;
	t->connection = tls.is_http2 ? NULL : tls.connection;
	if (t->connection == NULL)
		return true;
	TAILQ_FOREACH (other, &t->transfers->running, link) {
		if (other != t && other->connection == t->connection) {
			t->connection = NULL;
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

	(void)from;
	if (!endpoint_parse(to, (uint16_t)port, &endpoint)) {
		t->denied = "unreadable address";
		return CURL_PREREQFUNC_ABORT;
	}
	endpoint.port = (uint16_t)port;
	if (!judge(t, &endpoint))
		return CURL_PREREQFUNC_ABORT;
	t->is_misplaced = !curl_loop_use(t->curl, local_port) || !take_connection(t);
	return t->is_misplaced ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* --- The end --- */

static void release(struct transfer *t)
{
	defer_cancel(&t->end);
	if (t->socket >= 0)
		close(t->socket);
	TAILQ_REMOVE(&t->transfers->running, t, link);
	curl_easy_cleanup(t->easy);
	curl_url_cleanup(t->url);
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

/* RFC 9112 section 9.8: only close_notify tells that a body that has no length has ended. */
static bool is_cut(const struct transfer *t)
{
	return t->connection != NULL && !t->is_closed_well && !t->head.has_length &&
	       !t->head.is_chunked && has_body(t);
}

static void on_closed(const void *connection, void *arg)
{
	struct transfers *transfers = arg;
	struct transfer *t;

	TAILQ_FOREACH (t, &transfers->running, link) {
		if (t->connection == connection)
			t->is_closed_well = true;
	}
}

static void finish(struct transfer *t, CURLcode code)
{
	struct transfers *transfers = t->transfers;
	struct transfer_outcome outcome;

	transfer_outcome_fill(&outcome, t->easy, code, t->error);
	outcome.is_http2 = outcome.version == 20;
	outcome.is_crowded = t->is_crowded && code != CURLE_OK;
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
		outcome.detail = "the header is incomplete";
	} else if (code == CURLE_OK && is_cut(t)) {
		outcome.reason = REASON_TRUNCATED;
		outcome.detail = "TLS ended without close_notify";
	}
	t->events->on_done(&outcome, t->arg);
	transfer_outcome_done(&outcome);
	release(t);
	defer_start(&transfers->retire);
}

/* RFC 9112 section 9.3.1, RFC 9113 section 8.7: what failed on a connection that was used before,
 * ahead of any byte of an answer, tells of the connection and not of the request. libcurl tries
 * five others that may have died as well. */
static bool is_stale(const struct transfer *t, CURLcode code)
{
	enum { MOST = 2 };
	bool may_be = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
		      code == CURLE_GOT_NOTHING || code == CURLE_HTTP2 ||
		      code == CURLE_HTTP2_STREAM;
	long n_connects = 0;

	if (!may_be || t->head.n_bytes > 0 || t->denied != NULL || t->is_stopped ||
	    t->fault != REASON_NONE || t->n_repeats >= MOST)
		return false;
	curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &n_connects);
	return n_connects == 0;
}

/* Ask anew. With TLS, where HTTP/2 may be spoken, those whose connection ended share the next one
 * at first; at last each has one of its own. */
static bool repeat(struct transfer *t)
{
	bool is_fresh = !t->is_tls || t->n_repeats > 0;

	t->n_repeats++;
	t->is_connecting = false;
	t->tls = t->connection = NULL;
	t->error[0] = '\0';
	curl_easy_setopt(t->easy, CURLOPT_FRESH_CONNECT, is_fresh ? 1L : 0L);
	return curl_loop_add(t->curl, t->easy);
}

/* Ask anew, over a connection of its own; nothing was sent yet. */
static bool start_alone(struct transfer *t)
{
	t->is_misplaced = false;
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
	if (t->is_misplaced ? start_alone(t) : is_stale(t, code) && repeat(t))
		return;
	finish(t, code);
}

static void on_end(void *arg)
{
	struct transfer *t = arg;

	curl_loop_remove(t->curl, t->easy);
	finish(t, CURLE_WRITE_ERROR);
}

/* --- Start --- */

/* What an answer is read with. */
static void set_callbacks(struct transfer *t)
{
	CURL *easy = t->easy;

	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_request);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
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
	set_callbacks(t);
	return t;
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

	if (t == NULL) {
		if (request->socket > 0)
			close(request->socket);
		return NULL;
	}
	t->socket = request->socket > 0 ? request->socket : -1;
	t->address = request->address;
	if (transfers->n_kept > MAX_KEPT)
		renew(transfers);
	t->keeps_connection = request->keeps_connection;
	t->is_tls = request->url->is_tls;
	t->most_bytes = request->most_bytes;
	t->group = request->group;
	t->most_connections = request->most_connections;
	t->events = events;
	t->arg = arg;
	t->curl = transfers->current;
	transfer_set_options(t, request);
	if (!curl_loop_add(t->curl, t->easy)) {
		release(t);
		return NULL;
	}
	return t;
}

const char *transfer_header(const struct transfer *t, const char *name)
{
	struct curl_header *header;

	if (curl_easy_header(t->easy, name, 0, CURLH_HEADER, -1, &header) != CURLHE_OK)
		return NULL;
	const char *value = header->value + strspn(header->value, " \t");
	return value[strspn(value, "\r\n")] != '\0' ? value : NULL;
}

uint64_t transfer_announced(const struct transfer *t)
{
	return t->head.has_length && !t->head.is_chunked ? t->head.length : 0;
}

int64_t transfer_header_date(const struct transfer *t, const char *name)
{
	const char *value = transfer_header(t, name);

	return value != NULL ? (int64_t)curl_getdate(value, NULL) : -1;
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

void transfers_free(struct transfers *transfers)
{
	if (transfers == NULL)
		return;
	timer_cancel(&transfers->idle);
	defer_cancel(&transfers->retire);
	curl_loop_free(transfers->old);
	curl_loop_free(transfers->current);
	FREE_ALL(transfers->ca_file, transfers->user_agent, transfers);
}

struct transfers *transfers_new(const struct transfers_opts *opts)
{
	struct transfers *transfers = xcalloc(1, sizeof(*transfers));

	transfers->opts = *opts;
	transfers->ca_file = opts->ca_file != NULL ? xstrdup(opts->ca_file) : NULL;
	transfers->user_agent = xstrdup(opts->user_agent);
	transfers->watch = (struct tls_link_watch){.on_closed = on_closed, .arg = transfers};
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
