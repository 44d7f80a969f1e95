/* A web server that does what a test tells it (RFC 9112, as far as needed). */
#include "http.h"

#include <arpa/inet.h>
#include <check.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MAX_REQUEST = 16 << 10, MAX_HEAD = 1 << 20, MAX_PATHS = 256, PIECE = 16 << 10 };

struct asked {
	char path[128];
	unsigned n;
	char *request; /* owned; the last one */
};

struct connection {
	LIST_ENTRY(connection) link;
	struct fake_http *http;
	int fd; /* owned */
	struct watch watch;
	struct timer delay;
	struct defer more; /* there is more to write */
	struct buf in, out;
	bool is_busy; /* with a request */
	const struct http_rule *rule;
	uint64_t n_body; /* bytes of the body written */
};

struct fake_http {
	struct loop *loop; /* borrowed */
	int fd;            /* owned */
	struct watch watch;
	const struct http_rule *rules; /* borrowed */
	LIST_HEAD(, connection) connections;
	unsigned n_connections, n_open, n_busy, most, n_requests;
	size_t n_asked;
	struct asked asked[MAX_PATHS];
};

char fake_http_byte(uint64_t i)
{
	return (char)(i * 7 + (i >> 8) * 13 + (i >> 16) + 5);
}

static void set_busy(struct connection *c, bool is_busy)
{
	struct fake_http *http = c->http;

	http->n_busy += is_busy;
	http->n_busy -= c->is_busy;
	c->is_busy = is_busy;
	if (http->n_busy > http->most)
		http->most = http->n_busy;
}

static void free_connection(struct connection *c, bool is_reset)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};

	set_busy(c, false);
	c->http->n_open--;
	watch_cancel(&c->watch);
	timer_cancel(&c->delay);
	defer_cancel(&c->more);
	LIST_REMOVE(c, link);
	if (is_reset)
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	close(c->fd);
	buf_done(&c->in);
	buf_done(&c->out);
	free(c);
}

static void serve(struct connection *c);

/* The answer is written. */
static void end_answer(struct connection *c)
{
	switch (c->rule->then) {
	case HTTP_KEEP:
		set_busy(c, false);
		serve(c);
		break;
	case HTTP_CLOSE:
		free_connection(c, false);
		break;
	case HTTP_RESET:
		free_connection(c, true);
		break;
	case HTTP_STALL:
		break;
	}
}

static uint64_t length_of(const struct http_rule *rule)
{
	return rule->body != NULL ? strlen(rule->body) : rule->length;
}

/* Move the next piece of the body into the buffer. */
static void fill(struct connection *c)
{
	uint64_t left = length_of(c->rule) - c->n_body;
	size_t n = left < PIECE ? (size_t)left : PIECE;
	char *at = buf_reserve(&c->out, n);

	for (size_t i = 0; i < n; i++)
		at[i] = c->rule->body != NULL ? c->rule->body[c->n_body + i]
					      : fake_http_byte(c->n_body + i);
	buf_commit(&c->out, n);
	c->n_body += n;
}

static void on_more(void *arg)
{
	struct connection *c = arg;

	for (int i = 0; i < 64; i++) {
		if (c->out.len == 0 && c->n_body < length_of(c->rule))
			fill(c);
		if (c->out.len == 0) {
			end_answer(c);
			return;
		}
		ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN) {
			free_connection(c, false);
			return;
		}
		if (n < 0)
			break;
		buf_drain(&c->out, (size_t)n);
	}
	defer_start(&c->more); /* asked again in each turn: there is no word of when to write */
}

static void add_head(struct connection *c, const char *head)
{
	const char *port;

	for (; (port = strstr(head, "{port}")) != NULL; head = port + strlen("{port}")) {
		buf_add(&c->out, head, (size_t)(port - head));
		buf_addf(&c->out, "%u", fake_http_port(c->http));
	}
	buf_add_str(&c->out, head);
}

static void answer(void *arg)
{
	struct connection *c = arg;
	const char *head = c->rule->head;

	c->n_body = head != NULL ? 0 : length_of(c->rule);
	if (head != NULL) {
		add_head(c, head);
		if (c->rule->then == HTTP_KEEP && strstr(head, "Content-Length:") == NULL &&
		    strstr(head, "Transfer-Encoding:") == NULL)
			buf_addf(&c->out, "Content-Length: %llu\r\n",
			    (unsigned long long)length_of(c->rule));
		buf_add_str(&c->out, "\r\n");
	}
	on_more(c);
}

static struct asked *find_asked(const struct fake_http *http, const char *path)
{
	for (size_t i = 0; i < http->n_asked; i++) {
		if (strcmp(http->asked[i].path, path) == 0)
			return (struct asked *)&http->asked[i];
	}
	return NULL;
}

/* Keep the request; returns how often its path was asked for now. */
static unsigned note(struct fake_http *http, const char *path, const char *request, size_t len)
{
	struct asked *a = find_asked(http, path);

	http->n_requests++;
	if (a == NULL) {
		ck_assert_uint_lt(http->n_asked, MAX_PATHS);
		a = &http->asked[http->n_asked++];
		snprintf(a->path, sizeof(a->path), "%s", path);
	}
	free(a->request);
	a->request = xstrndup(request, len);
	return ++a->n;
}

static const struct http_rule *find_rule(
    const struct fake_http *http, const char *path, unsigned nth)
{
	static const struct http_rule missing = {
	    .head = "HTTP/1.1 404 Not Found\r\n", .body = "not found\n"};

	for (const struct http_rule *r = http->rules; r != NULL && r->path != NULL; r++) {
		if (strcmp(r->path, path) == 0 && nth >= r->from && (r->to == 0 || nth <= r->to))
			return r;
	}
	return &missing;
}

/* How long the request at the front of what was read is, with its body; 0: it is not whole. */
static size_t request_len(const struct connection *c)
{
	static const char field[] = "\r\nContent-Length: ";
	const char *end = c->in.len > 0 ? strstr(c->in.data, "\r\n\r\n") : NULL,
		   *length = c->in.len > 0 ? strstr(c->in.data, field) : NULL;
	unsigned long n_body = 0;

	if (end == NULL)
		return 0;
	if (length != NULL && length < end)
		n_body = strtoul(length + sizeof(field) - 1, NULL, 10);
	size_t len = (size_t)(end - c->in.data) + 4 + n_body;
	return len <= c->in.len ? len : 0;
}

/* Answer the request at the front of what was read, if it is whole. */
static void serve(struct connection *c)
{
	char path[128] = "";
	size_t len = request_len(c);

	if (c->is_busy || len == 0)
		return;
	ck_assert_msg(sscanf(c->in.data, "%*[GEPOST] %127s HTTP/1.1", path) == 1, "%s", c->in.data);
	c->rule = find_rule(c->http, path, note(c->http, path, c->in.data, len));
	buf_drain(&c->in, len);
	set_busy(c, true);
	if (c->rule->delay > 0)
		timer_start(&c->delay, c->rule->delay);
	else
		answer(c);
}

static void on_readable(void *arg)
{
	struct connection *c = arg;
	char bytes[4096];
	ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		free_connection(c, false);
		return;
	}
	buf_add(&c->in, bytes, (size_t)n);
	ck_assert_msg(!c->in.overflow, "a request without end");
	serve(c);
}

static void on_connection(void *arg)
{
	struct fake_http *http = arg;
	int fd = accept4(http->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	struct connection *c = xcalloc(1, sizeof(*c));
	c->http = http;
	c->fd = fd;
	buf_init(&c->in, MAX_REQUEST);
	buf_init(&c->out, MAX_HEAD);
	timer_init(&c->delay, http->loop, answer, c);
	defer_init(&c->more, http->loop, on_more, c);
	LIST_INSERT_HEAD(&http->connections, c, link);
	http->n_connections++;
	http->n_open++;
	ck_assert_int_eq(watch_start_read(&c->watch, http->loop, fd, on_readable, c), OK);
}

struct fake_http *fake_http_new(struct loop *loop, const struct http_rule *rules)
{
	struct fake_http *http = xcalloc(1, sizeof(*http));
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	http->loop = loop;
	http->rules = rules;
	LIST_INIT(&http->connections);
	http->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(http->fd, 0);
	ck_assert_int_eq(bind(http->fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(http->fd, 256), 0);
	ck_assert_int_eq(watch_start_read(&http->watch, loop, http->fd, on_connection, http), OK);
	return http;
}

void fake_http_free(struct fake_http *http)
{
	struct connection *c;

	while ((c = LIST_FIRST(&http->connections)) != NULL)
		free_connection(c, false);
	watch_cancel(&http->watch);
	close(http->fd);
	for (size_t i = 0; i < http->n_asked; i++)
		free(http->asked[i].request);
	free(http);
}

uint16_t fake_http_port(const struct fake_http *http)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	ck_assert_int_eq(getsockname(http->fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

unsigned fake_http_count(const struct fake_http *http, const char *path)
{
	const struct asked *a = path != NULL ? find_asked(http, path) : NULL;

	return path == NULL ? http->n_requests : a != NULL ? a->n : 0;
}

const char *fake_http_request(const struct fake_http *http, const char *path)
{
	const struct asked *a = find_asked(http, path);

	return a != NULL ? a->request : "";
}

unsigned fake_http_n_connections(const struct fake_http *http)
{
	return http->n_connections;
}

unsigned fake_http_n_open(const struct fake_http *http)
{
	return http->n_open;
}

unsigned fake_http_most(const struct fake_http *http)
{
	return http->most;
}
