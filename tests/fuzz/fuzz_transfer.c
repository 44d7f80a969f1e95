/* What a web server may answer, through libcurl: several answers one after another, on connections
 * that are kept, and a plain one behind them, which must be read as what it is.
 *
 * The input is a list of answers, each ended by the byte 0x1e. The first byte of each says by its
 * low bits what goes with it (enum way); `@` says nothing. The rest is sent as it is. libcurl gets
 * one end of a socketpair for each connection, by this program's own socket() and connect(). */
#include "fuzz.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/metrics.h"
#include "engine/policy.h"
#include "engine/transfer.h"
#include "loop/loop.h"

enum way {
	CLOSE = 1,  /* the server closes behind the answer */
	POST = 2,   /* it answers a POST */
	ALONE = 4,  /* the connection is not to be kept */
	PIECES = 8, /* it is sent in pieces of a few bytes */
	PAUSE = 16, /* each piece of the body is held back for a turn */
	STOP = 32   /* the body is given up behind its first piece */
};

enum {
	END = 0x1e,
	MAX_ANSWERS = 8,
	MAX_CONNECTIONS = 64,
	PIECE = 3,
	PATIENCE = 8,     /* turns without a byte until the server closes */
	MAX_TURNS = 40000 /* of one transfer */
};

static const char plain[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n"
    "normal";

/* The server. */
static int servers[MAX_CONNECTIONS]; /* its ends; -1: closed */
static int n_servers;
static const char *answer; /* to what is asked for now */
static size_t n_answer, n_sent;
static int asked; /* the one that is being answered; -1: none */
static unsigned way;

/* The client. */
static struct transfer *transfer;
static bool is_done, is_paused;
static char body[8];
static size_t n_body;
static enum reason reason;
static uint32_t status;

/* --- What libcurl and the engine call instead of the system's --- */

int socket(int domain, int type, int protocol)
{
	int pair[2];

	(void)domain, (void)type, (void)protocol;
	if (n_servers == MAX_CONNECTIONS ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) != 0)
		return -1;
	servers[n_servers++] = pair[1];
	return pair[0];
}

int connect(int fd, const struct sockaddr *to, socklen_t len)
{
	(void)fd, (void)to, (void)len;
	return 0;
}

static int give_address(struct sockaddr *ret_address, socklen_t *len)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
	    .sin_port = htons(80),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	FUZZ_CHECK(*len >= sizeof(address));
	memcpy(ret_address, &address, sizeof(address));
	*len = sizeof(address);
	return 0;
}

int getpeername(int fd, struct sockaddr *restrict ret_address, socklen_t *restrict len)
{
	(void)fd;
	return give_address(ret_address, len);
}

int getsockname(int fd, struct sockaddr *restrict ret_address, socklen_t *restrict len)
{
	(void)fd;
	return give_address(ret_address, len);
}

/* --- The server --- */

static void close_server(int i)
{
	if (servers[i] >= 0)
		close(servers[i]);
	servers[i] = -1;
	if (asked == i)
		asked = -1;
}

/* Send up to `most` bytes of the answer. Returns whether anything was sent. */
static bool send_some(size_t most)
{
	size_t n = n_answer - n_sent < most ? n_answer - n_sent : most;

	if (asked < 0)
		return false;
	ssize_t sent = n > 0 ? send(servers[asked], answer + n_sent, n, MSG_NOSIGNAL) : 0;
	if (sent > 0)
		n_sent += (size_t)sent;
	if (n_sent == n_answer && (way & CLOSE) != 0)
		close_server(asked);
	return sent > 0;
}

/* Answer who asks. Returns whether anything happened. */
static bool serve(void)
{
	bool is_busy = false;
	char request[4096];

	for (int i = 0; i < n_servers; i++) {
		ssize_t n =
		    servers[i] >= 0 ? recv(servers[i], request, sizeof(request), MSG_DONTWAIT) : -1;
		if (n == 0)
			close_server(i);
		if (n <= 0)
			continue;
		is_busy = true;
		if (asked != i) {
			asked = i;
			n_sent = 0;
		}
	}
	return send_some((way & PIECES) != 0 ? PIECE : SIZE_MAX) || is_busy;
}

static void close_all(void)
{
	for (int i = 0; i < n_servers; i++)
		close_server(i);
}

/* --- The client --- */

static enum transfer_verdict on_body(const char *bytes, size_t n_bytes, long code, void *arg)
{
	(void)arg;
	FUZZ_CHECK(!is_done && n_bytes > 0 && code >= 100 && code <= 999);
	if ((way & PAUSE) != 0 && !is_paused) {
		is_paused = true;
		return TRANSFER_PAUSE;
	}
	is_paused = false;
	for (size_t i = 0; i < n_bytes && n_body + i < sizeof(body); i++)
		body[n_body + i] = bytes[i];
	n_body += n_bytes;
	return (way & STOP) != 0 ? TRANSFER_STOP : TRANSFER_TAKEN;
}

static void on_done(const struct transfer_outcome *o, void *arg)
{
	(void)arg;
	FUZZ_CHECK(!is_done);
	is_done = true;
	transfer = NULL;
	reason = o->reason;
	status = o->status;
	FUZZ_CHECK(reason == REASON_NONE || reason == REASON_CONNECT ||
		   reason == REASON_TRUNCATED || reason == REASON_TOO_LARGE ||
		   reason == REASON_CANCELLED);
	FUZZ_CHECK(reason != REASON_NONE || (status >= 200 && status <= 999));
	FUZZ_CHECK(status == 0 || (status >= 100 && status <= 999));
	FUZZ_CHECK((reason == REASON_CANCELLED) <= ((way & STOP) != 0));
	FUZZ_CHECK(o->retry_after >= 0);
	FUZZ_CHECK(reason == REASON_NONE || reason == REASON_CANCELLED || o->detail != NULL);
	if (o->content_type != NULL)
		FUZZ_CHECK(strlen(o->content_type) < n_answer);
	if (o->location != NULL)
		FUZZ_CHECK(strlen(o->location) > 0);
}

static void start(struct transfers *transfers)
{
	static const struct transfer_events events = {.on_body = on_body, .on_done = on_done};
	static const char text[] = "http://one.test/a/b?c", posted[] = "posted";
	struct url url;

	FUZZ_CHECK(url_parse(text, strlen(text), &url) == URL_GOOD);
	struct transfer_request request = {.url = &url,
	    .address = {.bytes = {127, 0, 0, 1}},
	    .timeout = 600 * USEC_PER_SEC,
	    .keeps_connection = (way & ALONE) == 0};
	if ((way & POST) != 0)
		request.body = (struct span){posted, strlen(posted)};
	is_done = is_paused = false;
	n_body = n_sent = 0;
	asked = -1;
	transfer = transfer_start(transfers, &request, &events, NULL);
	FUZZ_CHECK(transfer != NULL);
	url_done(&url);
}

/* Have one answer read to its end. */
static void run(struct loop *loop, struct transfers *transfers)
{
	int idle = 0;

	start(transfers);
	for (int turn = 0; !is_done; turn++) {
		FUZZ_CHECK(turn < MAX_TURNS);
		loop_turn(loop);
		idle = serve() ? 0 : idle + 1;
		if (is_paused && transfer != NULL)
			transfer_resume(transfer);
		if (idle >= PATIENCE && asked >= 0)
			close_server(asked);
	}
	while (send_some(SIZE_MAX)) /* what comes behind the end, before anyone asks */
		;
	loop_turn(loop);
}

static void run_all(struct loop *loop, struct transfers *transfers, const char *at, const char *end)
{
	for (int i = 0; i < MAX_ANSWERS && at < end; i++) {
		const char *stop = memchr(at, END, (size_t)(end - at));
		stop = stop != NULL ? stop : end;
		way = at < stop ? (unsigned char)*at++ & 63 : 0;
		answer = at;
		n_answer = (size_t)(stop - at);
		run(loop, transfers);
		at = stop < end ? stop + 1 : end;
	}
	way = 0;
	answer = plain;
	n_answer = strlen(plain);
	run(loop, transfers);
	FUZZ_CHECK(reason == REASON_NONE && status == 200);
	FUZZ_CHECK(n_body == 6 && memcmp(body, "normal", 6) == 0);
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
	close_all();
	transfers_free(transfers);
	policy_free(policy);
	loop_free(loop);
	metrics_done();
	return 0;
}
