/* What is wrong with a request is answered here, before libmicrohttpd sees any of it. Functions
 * that may close the connection leave it in memory until the loop's next turn, marked. */
#include "http/connection.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "http/answer.h"
#include "http/server_private.h"

enum {
	MAX_OUT = 256 << 10, /* bytes; an answer is taken from libmicrohttpd in pieces of less */
	MAX_ROUNDS = 4       /* pieces that one connection moves in a turn of the loop */
};

static void watch_input(struct connection *c);
static void pass_waiting(struct connection *c);

/* --- The end --- */

/* Detach from libmicrohttpd and abandon its request. */
static void detach(struct connection *c)
{
	struct request *rq = c->rq;

	c->rq = NULL;
	if (rq != NULL)
		c->abandon(rq);
	if (c->pipe != NULL)
		pipe_close(c->pipe);
	c->pipe = NULL;
	if (c->is_completed)
		TAILQ_REMOVE(&c->server->completed, c, completed_link);
	c->is_completed = c->is_under_way = c->is_passed = false;
}

void connection_close(struct connection *c)
{
	struct server *server = c->server;

	if (c->is_closed)
		return;
	c->is_closed = true;
	connection_set_phase(c, PHASE_CLOSING);
	detach(c);
	watch_cancel(&c->readable);
	watch_cancel(&c->writable);
	defer_cancel(&c->again);
	transport_done(&c->transport);
	reader_done(&c->reader);
	buf_done(&c->in);
	buf_done(&c->out);
	TAILQ_REMOVE(&server->door.connections, c, link);
	door_leave(server, c);
	TAILQ_INSERT_TAIL(&server->closed, c, link);
	defer_start(&server->reap);
}

void connections_reap(struct server *server)
{
	struct connection *c;

	while ((c = TAILQ_FIRST(&server->closed)) != NULL) {
		TAILQ_REMOVE(&server->closed, c, link);
		free(c);
	}
}

/* --- To the client --- */

/* Start or cancel a watch of the client's socket. */
static void set_watch(struct connection *c, struct watch *w, bool *is_on, bool is_wanted,
    enum err (*start)(struct watch *w, struct loop *loop, int fd, loop_fn *on_ready, void *arg),
    loop_fn *on_ready)
{
	if (is_wanted && !*is_on)
		*is_on = start(w, c->server->loop, c->transport.fd, on_ready, c) == OK;
	else if (!is_wanted && *is_on)
		watch_cancel(w);
	*is_on = *is_on && is_wanted;
}

static void on_writable(void *arg);

static void watch_output(struct connection *c)
{
	set_watch(c, &c->writable, &c->is_writing, c->out.len > 0 || c->transport.wants_write,
	    watch_start_write, on_writable);
}

static void send_waiting(struct connection *c)
{
	ssize_t n = 0;

	while (c->out.len > 0 && n >= 0) {
		n = transport_write(&c->transport, c->out.data, c->out.len);
		if (n > 0) {
			buf_drain(&c->out, (size_t)n);
			c->n_sent += (uint64_t)n;
		}
	}
	if (n == TRANSPORT_FAILED) {
		door_cut(c, CUT_GONE);
		return;
	}
	if (c->out.len == 0)
		buf_done(&c->out);
	watch_output(c);
}

/* Nothing is sent after what waits now: end our side, and close when the client has closed too. If
 * bytes of the client's were unread, a close at once would make the kernel drop the answer. */
static void linger(struct connection *c)
{
	if (c->phase != PHASE_CLOSING)
		connection_enter(c, PHASE_CLOSING);
	detach(c);
	buf_done(&c->in);
	send_waiting(c);
	if (c->is_closed || c->out.len > 0)
		return;
	transport_shut(&c->transport);
	if (c->is_ended)
		connection_close(c);
	else
		watch_input(c);
}

static void on_writable(void *arg)
{
	struct connection *c = arg;
	bool has_read_blocked = c->transport.wants_write;

	c->transport.wants_write = false;
	send_waiting(c);
	if (!c->is_closed && c->phase == PHASE_CLOSING)
		linger(c);
	else if (!c->is_closed && c->out.len == 0 && c->pipe != NULL)
		connection_relay(c);
	if (!c->is_closed && has_read_blocked)
		defer_start(&c->again);
}

static void send_bytes(struct connection *c, const char *bytes, size_t n)
{
	bool was_empty = c->out.len == 0;

	if (was_empty) {
		ssize_t sent = transport_write(&c->transport, bytes, n);
		if (sent == TRANSPORT_FAILED) {
			door_cut(c, CUT_GONE);
			return;
		}
		size_t n_sent = sent > 0 ? (size_t)sent : 0;
		c->n_sent += n_sent;
		bytes += n_sent;
		n -= n_sent;
	}
	if (n == 0)
		return;
	buf_add(&c->out, bytes, n);
	watch_output(c);
}

/* The part of an answer to a HEAD request that belongs to its head: libmicrohttpd adds the last
 * chunk of a body that there is not (RFC 9112 section 6.3). */
static size_t measure_head(struct connection *c, const char *bytes, size_t n)
{
	static const char end[] = "\r\n\r\n";
	size_t i = 0;

	while (i < n && c->n_matched < 4) {
		char byte = bytes[i++];
		c->n_matched = byte == end[c->n_matched] ? c->n_matched + 1 : byte == '\r';
	}
	return i;
}

/* --- Answers --- */

/* An interim response (1xx); the final one follows. */
static bool is_interim(const struct connection *c, const char *bytes, size_t n)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";

	return c->phase == PHASE_BODY && n == sizeof(text) - 1 && memcmp(bytes, text, n) == 0;
}

/* The response has ended, complete or not: start the next request, or close. */
static void finish(struct connection *c)
{
	bool is_whole = c->is_completed && !c->is_broken;
	bool may_stay =
	    is_whole && c->is_passed && !c->is_last && c->pipe != NULL && !c->server->is_ending;

	if (!is_whole && c->is_under_way && !c->is_answering) {
		connection_refuse(c, 500, "The request failed.");
	} else if (!is_whole && c->is_http_1_0) {
		transport_break(&c->transport); /* the length is determined by the close */
		connection_close(c);
	} else if (!may_stay) {
		linger(c);
	} else {
		TAILQ_REMOVE(&c->server->completed, c, completed_link);
		c->is_under_way = c->is_passed = c->is_answering = c->is_completed = false;
		connection_enter(c, PHASE_DRAIN);
		pass_waiting(c);
	}
}

void connection_complete(struct connection *c, bool is_whole)
{
	c->rq = NULL;
	c->is_broken = !is_whole;
	if (!c->is_completed)
		TAILQ_INSERT_TAIL(&c->server->completed, c, completed_link);
	c->is_completed = true;
}

/* Send on one piece of the response; false if there is nothing more to do now. */
static bool relay_piece(struct connection *c)
{
	char *scratch = c->server->scratch;
	ssize_t n = recv(c->pipe->fd, scratch, SERVER_PIECE, MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN) {
		pipe_listen(c->pipe, true);
		if (c->is_completed)
			finish(c);
		return false;
	}
	if (n <= 0) {
		pipe_close(c->pipe);
		c->pipe = NULL;
		finish(c);
		return false;
	}
	c->is_answering = c->is_answering || !is_interim(c, scratch, (size_t)n);
	send_bytes(c, scratch, c->is_head ? measure_head(c, scratch, (size_t)n) : (size_t)n);
	if (n == SERVER_PIECE || !c->is_completed || c->out.len > 0 || c->is_closed)
		return true;
	finish(c); /* no more data; the pipe reports whether libmicrohttpd has closed */
	return false;
}

void connection_relay(struct connection *c)
{
	for (int round = 0; c->pipe != NULL && c->out.len == 0; round++) {
		if (round >= MAX_ROUNDS && !c->is_completed)
			break;
		if (!relay_piece(c))
			return;
	}
	if (c->pipe != NULL)
		pipe_listen(c->pipe, c->out.len == 0);
}

void connection_refuse(struct connection *c, int status, const char *detail)
{
	if (c->phase == PHASE_CLOSING || c->is_answering) {
		connection_close(c);
		return;
	}
	connection_enter(c, PHASE_CLOSING);
	answer_write_refusal(status, detail, c->reader.head.is_head, &c->out);
	request_metrics_count(c->server->metrics, NULL, status);
	linger(c);
}

/* --- From the client --- */

static void on_answer(void *arg)
{
	connection_relay(arg);
}

/* libmicrohttpd takes bytes again. */
static void on_room(void *arg)
{
	struct connection *c = arg;

	c->has_waited = true;
	pass_waiting(c);
}

static void on_head(struct connection *c)
{
	const struct request_head *head = &c->reader.head;

	c->is_under_way = true;
	c->is_head = head->is_head;
	c->is_last = head->is_last;
	c->is_http_1_0 = head->is_http_1_0;
	c->n_matched = 0;
	c->n_body = 0;
	connection_enter(c, PHASE_BODY);
	if (head->is_head && head->has_body) {
		connection_refuse(c, 400, "A HEAD request must not have a body.");
		return;
	}
	if (c->pipe == NULL)
		c->pipe = pipe_open(c->server, on_answer, on_room, c);
	if (c->pipe == NULL) {
		connection_refuse(c, 503, "The daemon is out of file descriptors.");
		return;
	}
	pipe_add(c->pipe, head->text.data, head->text.len);
	pipe_listen(c->pipe, true);
}

static void on_body(struct connection *c, const char *piece, size_t n)
{
	struct buf *frame = &c->server->frame;

	c->n_body += n;
	if (!c->reader.head.is_chunked) {
		pipe_add(c->pipe, piece, n);
		return;
	}
	buf_clear(frame);
	buf_addf(frame, "%zx\r\n", n);
	buf_add(frame, piece, n);
	buf_add_str(frame, "\r\n");
	pipe_add(c->pipe, frame->data, frame->len);
}

static void on_end(struct connection *c)
{
	if (c->reader.head.is_chunked)
		pipe_add(c->pipe, "0\r\n\r\n", 5);
	c->is_passed = true;
	if (c->phase == PHASE_BODY)
		connection_enter(c, PHASE_WORK);
}

/* One request at a time, and only as much as libmicrohttpd accepts. */
static bool may_pass(const struct connection *c)
{
	return c->phase != PHASE_CLOSING && !c->is_passed &&
	       (c->pipe == NULL || !c->pipe->is_writing) && !(c->is_under_way && c->pipe == NULL);
}

/* Pass on as much as possible; returns the number of bytes read. */
static size_t pass(struct connection *c, const char *bytes, size_t n)
{
	enum reader_event event = READER_END;
	size_t n_taken = 0;

	while (may_pass(c) && event != READER_MORE) {
		const char *piece = NULL;
		size_t n_piece = 0;
		n_taken +=
		    reader_feed(&c->reader, bytes + n_taken, n - n_taken, &event, &piece, &n_piece);
		switch (event) {
		case READER_HEAD:
			on_head(c);
			break;
		case READER_BODY:
			on_body(c, piece, n_piece);
			break;
		case READER_END:
			on_end(c);
			break;
		case READER_BAD:
			connection_refuse(c, c->reader.status, c->reader.detail);
			break;
		case READER_MORE:
			break;
		}
	}
	if (c->pipe != NULL)
		pipe_send(c->pipe);
	if ((c->phase == PHASE_IDLE || c->phase == PHASE_DRAIN) && reader_is_in_head(&c->reader))
		connection_enter(c, PHASE_HEADER);
	return n_taken;
}

/* The client has shut down its side: answer complete requests, else close. */
static void judge_end(struct connection *c)
{
	bool is_waiting = c->is_under_way && c->is_passed;

	if (!c->is_ended || c->is_closed || c->in.len > 0 || is_waiting)
		return;
	if (c->phase == PHASE_CLOSING)
		linger(c);
	else if (c->is_under_way || reader_is_in_head(&c->reader))
		door_cut(c, CUT_GONE);
	else
		linger(c); /* what was answered may still be on its way */
}

static bool wants_bytes(const struct connection *c)
{
	return !c->is_closed && !c->is_ended && c->in.len == 0;
}

/* Take what the client has sent, up to a bound. */
static void on_readable(void *arg)
{
	struct connection *c = arg;
	char *scratch = c->server->scratch;

	for (int round = 0; wants_bytes(c); round++) {
		if (round == MAX_ROUNDS) { /* TLS may hold bytes that the socket does not show */
			defer_start(&c->again);
			break;
		}
		ssize_t n = transport_read(&c->transport, scratch, SERVER_PIECE);
		if (n == TRANSPORT_WAIT)
			break;
		if (n == TRANSPORT_FAILED) {
			door_cut(c, CUT_GONE);
			return;
		}
		c->is_ended = n == TRANSPORT_END;
		if (c->phase == PHASE_CLOSING || n == 0)
			continue;
		size_t n_taken = pass(c, scratch, (size_t)n);
		if (c->phase != PHASE_CLOSING)
			buf_add(&c->in, scratch + n_taken, (size_t)n - n_taken);
		if (n < SERVER_PIECE && c->transport.ssl == NULL)
			break; /* the socket has no more, or will say so */
	}
	judge_end(c);
	watch_input(c);
}

static void watch_input(struct connection *c)
{
	if (c->is_closed)
		return;
	set_watch(c, &c->readable, &c->is_reading, wants_bytes(c), watch_start_read, on_readable);
	watch_output(c);
}

/* Go on with what has come before and could not be passed on. Where that was the last piece of a
 * body, its end is still to be told. */
static void pass_waiting(struct connection *c)
{
	if (may_pass(c) && (c->in.len > 0 || c->is_under_way)) {
		size_t n_taken = pass(c, c->in.len > 0 ? c->in.data : "", c->in.len);
		if (c->is_closed)
			return;
		buf_drain(&c->in, n_taken < c->in.len ? n_taken : c->in.len);
		if (c->in.len == 0)
			buf_done(&c->in);
	}
	judge_end(c);
	watch_input(c);
}

void connection_rest(struct connection *c)
{
	if (c->pipe != NULL && !c->is_under_way) {
		pipe_close(c->pipe);
		c->pipe = NULL;
	}
}

/* --- The begin --- */

void connection_open(struct server *server, int fd, const struct endpoint *endpoint,
    struct share *share, bool is_clear)
{
	struct transport transport;
	const struct reader_limits limits = {.max_line = 24 << 10,
	    .max_head = 32 << 10,
	    .max_fields = 100,
	    .max_params = 100,
	    .max_body = server->opts.max_body};

	if (!transport_init(&transport, fd, is_clear ? NULL : server->opts.tls))
		return;
	struct connection *c = xcalloc(1, sizeof(*c));
	c->server = server;
	c->transport = transport;
	c->endpoint = *endpoint;
	c->share = share;
	reader_init(&c->reader, &limits);
	buf_init(&c->in, SERVER_PIECE);
	buf_init(&c->out, MAX_OUT);
	defer_init(&c->again, server->loop, on_readable, c);
	TAILQ_INSERT_TAIL(&server->door.connections, c, link);
	door_enter(server, c);
	door_measure(c, 0); /* PHASE_HEADER, which is 0, begins */
	on_readable(c);
}
