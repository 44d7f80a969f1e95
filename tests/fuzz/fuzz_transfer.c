/* What a web server may answer, through libcurl: several answers one after another, on connections
 * that are kept, and a plain one behind them, which must be read as what it is.
 *
 * The input is a list of answers, each ended by the byte 0x1e. The first byte of each says by its
 * bits what goes with it (enum way); `@` says nothing. The rest is sent as it is. libcurl gets
 * one end of a socketpair for each connection, by this program's own socket() and connect(). */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metrics.h"
#include "fetch/policy.h"
#include "fetch/transfer.h"
#include "loop/loop.h"

enum way {
	CLOSE = 1,  /* the server closes behind the answer */
	POST = 2,   /* it answers a POST */
	ALONE = 4,  /* the connection is not to be kept */
	PIECES = 8, /* it is sent in pieces of a few bytes */
	PAUSE = 16, /* each piece of the body is held back for a turn */
	STOP = 32,  /* the body is given up behind its first piece */
	TWICE = 128 /* the plain one is asked for at the same time */
};

enum {
	END = 0x1e,
	MAX_ANSWERS = 8,
	MAX_CONNECTIONS = 64,
	PIECE = 3,
	PATIENCE = 8,     /* turns without a byte until the server closes */
	MAX_TURNS = 40000 /* of one transfer */
};

#define PLAIN_PATH "/plain"
#define ODD_PATH   "/a/b?c"

static const char plain[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n"
    "normal";

/* What is answered to ODD_PATH now. */
struct answer {
	const char *bytes;
	size_t n;
	unsigned way;
};

/* The server's end of a connection. */
struct server {
	int fd;               /* -1: closed */
	struct answer answer; /* to the last request */
	size_t n_sent;
	bool is_asked; /* and has not sent all of it */
};

struct client {
	struct transfer *transfer; /* NULL: none is running */
	struct answer answer;      /* that it should get */
	bool is_done, is_paused;
	char body[8];
	size_t n_body;
	enum reason reason;
	uint32_t status;
};

static struct server servers[MAX_CONNECTIONS];
static int n_servers;
static struct answer odd;

/* --- What libcurl and the engine call instead of the system's --- */

int socket(int domain, int type, int protocol)
{
	int pair[2];

	(void)domain, (void)type, (void)protocol;
	if (n_servers == MAX_CONNECTIONS ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	servers[n_servers++] = (struct server){.fd = pair[1]};
	return pair[0];
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	(void)fd, (void)to, (void)len;
	return 0;
}

static int give_address(int port, struct sockaddr *ret_address, socklen_t *len)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	FUZZ_CHECK(*len >= sizeof(address));
	memcpy(ret_address, &address, sizeof(address));
	*len = sizeof(address);
	return 0;
}

int getpeername(int fd, struct sockaddr *restrict ret_address, socklen_t *restrict len)
{
	(void)fd;
	return give_address(80, ret_address, len);
}

int getsockname(int fd, struct sockaddr *restrict ret_address, socklen_t *restrict len)
{
	return give_address(1024 + fd, ret_address, len);
}

/* --- The server --- */

static void close_server(struct server *s)
{
	if (s->fd >= 0)
		close(s->fd);
	s->fd = -1;
	s->is_asked = false;
}

/* Send up to `most` bytes of the answer. Returns whether anything was sent. */
static bool send_some(struct server *s, size_t most)
{
	size_t left = s->answer.n - s->n_sent, n = left < most ? left : most;

	if (!s->is_asked)
		return false;
	ssize_t sent = n > 0 ? send(s->fd, s->answer.bytes + s->n_sent, n, MSG_NOSIGNAL) : 0;
	if (sent > 0)
		s->n_sent += (size_t)sent;
	if (s->n_sent == s->answer.n && (s->answer.way & CLOSE) != 0)
		close_server(s);
	return sent > 0;
}

/* Answer who asks. Returns whether anything happened. */
static bool serve(struct server *s)
{
	char request[4096];
	ssize_t n = s->fd >= 0 ? recv(s->fd, request, sizeof(request) - 1, MSG_DONTWAIT) : -1;

	if (n == 0)
		close_server(s);
	if (n > 0) {
		request[n] = '\0';
		bool is_plain = strstr(request, " " PLAIN_PATH " ") != NULL;
		if (is_plain || strstr(request, " " ODD_PATH " ") != NULL) {
			s->answer = is_plain ? (struct answer){plain, strlen(plain), 0} : odd;
			s->n_sent = 0;
			s->is_asked = true;
		}
	}
	return send_some(s, (s->answer.way & PIECES) != 0 ? PIECE : SIZE_MAX) || n > 0;
}

static bool serve_all(void)
{
	bool is_busy = false;

	for (int i = 0; i < n_servers; i++)
		is_busy = serve(&servers[i]) || is_busy;
	return is_busy;
}

static void close_all(bool is_asked)
{
	for (int i = 0; i < n_servers; i++)
		if (servers[i].is_asked || !is_asked)
			close_server(&servers[i]);
}

/* --- The client --- */

static enum transfer_verdict on_body(const char *bytes, size_t n_bytes, long code, void *arg)
{
	struct client *c = arg;

	FUZZ_CHECK(!c->is_done && n_bytes > 0 && code >= 100 && code <= 999);
	if ((c->answer.way & PAUSE) != 0 && !c->is_paused) {
		c->is_paused = true;
		return TRANSFER_PAUSE;
	}
	c->is_paused = false;
	for (size_t i = 0; i < n_bytes && c->n_body + i < sizeof(c->body); i++)
		c->body[c->n_body + i] = bytes[i];
	c->n_body += n_bytes;
	return (c->answer.way & STOP) != 0 ? TRANSFER_STOP : TRANSFER_TAKEN;
}

static void on_done(const struct transfer_outcome *o, void *arg)
{
	struct client *c = arg;
	const struct answer *a = &c->answer;

	FUZZ_CHECK(!c->is_done);
	c->is_done = true;
	c->transfer = NULL;
	c->reason = o->reason;
	c->status = o->status;
	FUZZ_CHECK(o->reason == REASON_NONE || o->reason == REASON_CONNECT ||
		   o->reason == REASON_TRUNCATED || o->reason == REASON_TOO_LARGE ||
		   o->reason == REASON_CANCELLED);
	FUZZ_CHECK(o->status == 0 || (o->status >= 100 && o->status <= 999));
	FUZZ_CHECK((o->reason == REASON_CANCELLED) <= ((a->way & STOP) != 0));
	FUZZ_CHECK(o->retry_after >= 0);
	if (o->reason != REASON_NONE && o->reason != REASON_CANCELLED)
		FUZZ_CHECK(o->detail != NULL);
	if (o->reason == REASON_NONE) {
		FUZZ_CHECK(o->status >= 200 && (o->version == 10 || o->version == 11));
		/* the header was whole */
		FUZZ_CHECK(memmem(a->bytes, a->n, "\n\r\n", 3) != NULL ||
			   memmem(a->bytes, a->n, "\n\n", 2) != NULL);
	}
	if (o->content_type != NULL)
		FUZZ_CHECK(strlen(o->content_type) < a->n);
	if (o->location != NULL)
		FUZZ_CHECK(strlen(o->location) > 0);
}

static void start(struct transfers *transfers, struct client *c, const char *text)
{
	static const struct transfer_events events = {.on_body = on_body, .on_done = on_done};
	static const char posted[] = "posted";
	struct url url;

	FUZZ_CHECK(url_parse(text, strlen(text), &url) == URL_GOOD);
	struct transfer_request request = {.url = &url,
	    .address = {.bytes = {127, 0, 0, 1}},
	    .timeout = 600 * USEC_PER_SEC,
	    .keeps_connection = (c->answer.way & ALONE) == 0};
	if ((c->answer.way & POST) != 0)
		request.body = (struct span){posted, strlen(posted)};
	c->transfer = transfer_start(transfers, &request, &events, c);
	FUZZ_CHECK(c->transfer != NULL);
	url_done(&url);
}

static void start_plain(struct transfers *transfers, struct client *c)
{
	*c = (struct client){.answer = {plain, strlen(plain), 0}};
	start(transfers, c, "http://one.test" PLAIN_PATH);
}

static void check_plain(const struct client *c)
{
	FUZZ_CHECK(c->reason == REASON_NONE && c->status == 200);
	FUZZ_CHECK(c->n_body == 6 && memcmp(c->body, "normal", 6) == 0);
}

/* Go on until both have an answer. */
static void run(struct loop *loop, struct client *one, struct client *two)
{
	int idle = 0;

	for (int turn = 0; !one->is_done || !two->is_done; turn++) {
		FUZZ_CHECK(turn < MAX_TURNS);
		loop_turn(loop);
		idle = serve_all() ? 0 : idle + 1;
		if (one->is_paused && one->transfer != NULL)
			transfer_resume(one->transfer);
		if (idle >= PATIENCE)
			close_all(true);
	}
	for (int i = 0; i < n_servers; i++) {
		while (send_some(&servers[i], SIZE_MAX)) /* what comes behind, before anyone asks */
			;
	}
}

static void run_all(struct loop *loop, struct transfers *transfers, const char *at, const char *end)
{
	struct client one, two;

	for (int i = 0; i < MAX_ANSWERS && at < end; i++) {
		const char *stop = memchr(at, END, (size_t)(end - at));
		stop = stop != NULL ? stop : end;
		odd.way = at < stop ? (unsigned char)*at++ & 0xbf : 0;
		odd.bytes = at;
		odd.n = (size_t)(stop - at);
		one = (struct client){.answer = odd};
		two = (struct client){.is_done = true};
		start(transfers, &one, "http://one.test" ODD_PATH);
		if ((odd.way & TWICE) != 0)
			start_plain(transfers, &two);
		run(loop, &one, &two);
		if ((odd.way & TWICE) != 0)
			check_plain(&two);
		at = stop < end ? stop + 1 : end;
	}
	start_plain(transfers, &one);
	two = (struct client){.is_done = true};
	run(loop, &one, &two);
	check_plain(&one);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct policy_opts allow = {.allow = "127.0.0.0/8", .deny = "", .ports = "1-65535"};
	struct policy *policy = policy_new(&allow);
	struct loop *loop = loop_new();
	const struct transfers_opts opts = {
	    .loop = loop, .user_agent = "fuzz", .connect_timeout = 600 * USEC_PER_SEC};
	struct transfers *transfers = transfers_new(&opts);

	FUZZ_CHECK(policy != NULL && transfers != NULL);
	transfers_set_policy(transfers, policy);
	n_servers = 0;
	run_all(loop, transfers, (const char *)data, (const char *)data + size);
	close_all(false);
	transfers_free(transfers);
	policy_free(policy);
	loop_free(loop);
	metrics_done();
	return 0;
}
