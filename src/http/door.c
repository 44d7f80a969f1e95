/* Each connection has a phase, and one sweep looks at all of them.
 *
 *   accepted --> header --> body --> work --> answer --> drain --> idle
 *                  ^                                                |
 *                  +------------------------------------------------+
 *
 * libmicrohttpd has one time-out that any byte renews, sees no client that drips, and overlooks a
 * close that came together with bytes (its sockets are edge-triggered). Here a header has a
 * deadline, a body and an answer must move so many bytes in so much time, and whose client closed
 * before its request was whole is let go. While the server is the slow side nobody's time runs.
 * Closing goes through shutdown(2): libmicrohttpd sees that at once, in each state but suspended.
 * Without connections there is no sweep. */
#include "http/door.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <uthash.h>

#include "http/server_private.h"
#include "base/alloc.h"
#include "base/log.h"

enum {
	LEAST_RATE = 1024, /* bytes a second of a body or an answer */
	MOST_ASKED = 1024, /* about so many idle connections are asked for bytes in one sweep */
	MOST_LINES = 20    /* logged from sweep to sweep */
};

#define SWEEP_MOST  (2 * USEC_PER_SEC)
#define SWEEP_LEAST (50 * USEC_PER_MSEC)

static const struct {
	const char *name;
	enum log_level level;
} cuts[N_CUTS] = {
    [CUT_GONE] = {"gone", LOG_LEVEL_DEBUG},
    [CUT_IDLE] = {"idle", LOG_LEVEL_DEBUG},
    [CUT_HEADER] = {"slow_header", LOG_LEVEL_INFO},
    [CUT_BODY] = {"slow_body", LOG_LEVEL_INFO},
    [CUT_ANSWER] = {"slow_reader", LOG_LEVEL_INFO},
    [CUT_PER_ADDRESS] = {"per_address", LOG_LEVEL_INFO},
    [CUT_CONNECTIONS] = {"connections", LOG_LEVEL_INFO},
};

/* What counts as one address: an IPv4 address, or the /64 that an IPv6 client picks from freely. */
struct origin {
	uint8_t key[16];
	size_t n_peers;
	UT_hash_handle hh;
};

/* The clock of the deadlines, which stands still while the loop is held up. */
static usec_t door_clock(const struct door *door)
{
	return clock_mono() - door->lost_time;
}

static void count_cut(struct server *server, enum cut why, const struct endpoint *endpoint)
{
	char text[ENDPOINT_TEXT_SIZE] = "unix";

	metric_add(server->door.cuts[why], 1);
	if (!log_is_on(cuts[why].level) || ++server->door.n_lines > MOST_LINES)
		return;
	if (endpoint->port != 0)
		endpoint_format(endpoint, text);
	log_write(cuts[why].level, "connection_cut", "why=%s peer=%s", cuts[why].name, text);
}

/* --- Connections come and go --- */

/* False for what is no network address. */
static bool read_address(const struct sockaddr *address, struct endpoint *ret_endpoint)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	memset(ret_endpoint, 0, sizeof(*ret_endpoint));
	if (address->sa_family == AF_INET6) {
		bool is_mapped = IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr);
		ret_endpoint->address.is_v6 = !is_mapped;
		memcpy(ret_endpoint->address.bytes, &v6->sin6_addr.s6_addr[is_mapped ? 12 : 0],
		    is_mapped ? 4 : 16);
		ret_endpoint->port = ntohs(v6->sin6_port);
	} else if (address->sa_family == AF_INET) {
		memcpy(ret_endpoint->address.bytes, &v4->sin_addr, 4);
		ret_endpoint->port = ntohs(v4->sin_port);
	}
	return address->sa_family == AF_INET6 || address->sa_family == AF_INET;
}

static struct origin *find_origin(const struct door *door, const struct address *a, bool may_make)
{
	struct origin *origin, key = {.n_peers = 0};

	key.key[15] = a->is_v6;
	memcpy(key.key, a->bytes, a->is_v6 ? 8 : 4);
	HASH_FIND(hh, door->origins, key.key, sizeof(key.key), origin);
	if (origin == NULL && may_make) {
		origin = xcalloc(1, sizeof(*origin));
		*origin = key;
	}
	return origin;
}

enum MHD_Result door_on_accept(void *arg, const struct sockaddr *address, socklen_t len)
{
	struct server *server = arg;
	struct endpoint endpoint;

	(void)len;
	if (!read_address(
		address, &endpoint)) /* who may use the Unix socket is the owner's guest */
		return MHD_YES;
	if (server->door.n_network >= server->opts.max_connections) {
		count_cut(server, CUT_CONNECTIONS, &endpoint);
		return MHD_NO;
	}
	const struct origin *origin = find_origin(&server->door, &endpoint.address, false);
	if (origin != NULL && origin->n_peers >= server->opts.max_per_address) {
		count_cut(server, CUT_PER_ADDRESS, &endpoint);
		return MHD_NO;
	}
	return MHD_YES;
}

static void start_sweeping(struct door *door)
{
	door->sweep_due = clock_mono() + door->sweep_every;
	timer_start(&door->sweep_timer, door->sweep_every);
}

static struct peer *add_peer(struct server *server, struct MHD_Connection *connection)
{
	struct door *door = &server->door;
	struct peer *peer = xcalloc(1, sizeof(*peer));
	const struct sockaddr *address =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;

	peer->server = server;
	peer->fd =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	const union MHD_ConnectionInfo *tls =
	    MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
	peer->tls = tls != NULL ? tls->tls_session : NULL;
	if (read_address(address, &peer->endpoint)) {
		peer->origin = find_origin(door, &peer->endpoint.address, true);
		if (peer->origin->n_peers++ == 0)
			HASH_ADD(hh, door->origins, key, sizeof(peer->origin->key), peer->origin);
		door->n_network++;
	}
	if (door->n_peers++ == 0)
		start_sweeping(door);
	TAILQ_INSERT_TAIL(&door->peers, peer, link);
	peer_enter(peer, PEER_HEADER, NULL);
	return peer;
}

static void remove_peer(struct peer *peer)
{
	struct server *server = peer->server;
	struct door *door = &server->door;

	TAILQ_REMOVE(&door->peers, peer, link);
	if (--door->n_peers == 0)
		timer_cancel(&door->sweep_timer);
	if (peer->origin != NULL) {
		door->n_network--;
		if (--peer->origin->n_peers == 0) {
			HASH_DEL(door->origins, peer->origin);
			free(peer->origin);
		}
	}
	free(peer);
	/* at its limit libmicrohttpd listens again only when it is run again */
	if (!server->is_ending)
		defer_start(&server->pump);
}

void door_on_connection(void *arg, struct MHD_Connection *connection, void **context,
    enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		*context = add_peer(arg, connection);
	else
		remove_peer(*context);
}

struct peer *peer_of(struct MHD_Connection *connection)
{
	return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
	    ->socket_context;
}

/* --- The sweep --- */

/* Begin to measure anew. */
static void measure(struct peer *peer, uint64_t n_bytes)
{
	peer->since = door_clock(&peer->server->door);
	peer->n_before = n_bytes;
	peer->is_measured = true;
	peer->has_waited = false;
}

void peer_enter(struct peer *peer, enum peer_phase phase, struct request *rq)
{
	peer->phase = phase;
	peer->rq = rq;
	measure(peer, 0);
	peer->is_measured = false;
}

static void cut(struct peer *peer, enum cut why)
{
	static const struct linger at_once = {.l_onoff = 1};

	peer->is_cut = true;
	count_cut(peer->server, why, &peer->endpoint);
	if (why == CUT_ANSWER) /* nor shall the kernel go on sending */
		setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	if (peer->rq != NULL && peer->rq->is_suspended)
		server_cut_stream(peer->rq);
	else
		shutdown(peer->fd, SHUT_RDWR);
}

/* What the kernel knows of a connection. */
struct flow {
	uint64_t received; /* bytes that came */
	uint64_t taken;    /* bytes that arrived at the other end; a Unix socket doesn't count them:
			      a number that changes when it takes some */
	bool is_owed;      /* others are on their way, or wait to be sent */
};

static struct flow ask_flow(const struct peer *peer)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int n_unsent = 0;

	memset(&info, 0, sizeof(info));
	if (peer->origin == NULL) {
		ioctl(peer->fd, SIOCOUTQ, &n_unsent);
		return (struct flow){.is_owed = n_unsent > 0,
		    .taken = (peer->rq != NULL ? peer->rq->n_streamed : 0) - (uint64_t)n_unsent};
	}
	getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return (struct flow){.received = info.tcpi_bytes_received,
	    .taken = info.tcpi_bytes_acked,
	    .is_owed = info.tcpi_notsent_bytes > 0 || info.tcpi_unacked > 0};
}

/* Has the client closed, and libmicrohttpd read all that came before? */
static bool has_closed(const struct peer *peer, short seen)
{
	int n_unread = 0;

	return (seen & (POLLRDHUP | POLLHUP | POLLERR)) != 0 &&
	       ioctl(peer->fd, FIONREAD, &n_unread) == 0 && n_unread == 0;
}

/* Is what was moved since the measuring began less than it must be? */
static bool is_too_slow(const struct peer *peer, usec_t age, uint64_t n_bytes)
{
	return n_bytes - peer->n_before < (uint64_t)(age / USEC_PER_MSEC) * LEAST_RATE / 1000;
}

static void judge_idle(struct peer *peer, short seen, usec_t age)
{
	if (has_closed(peer, seen)) {
		cut(peer, CUT_GONE);
		return;
	}
	if (age >= peer->server->opts.idle_timeout) {
		cut(peer, CUT_IDLE);
		return;
	}
	/* the begin of a request is nothing that libmicrohttpd tells; among many connections it may
	 * be seen some sweeps later */
	const struct door *door = &peer->server->door;
	size_t n_turns = door->n_peers / MOST_ASKED + 1;
	if ((size_t)peer->fd % n_turns != door->n_sweeps % n_turns)
		return;
	struct flow flow = ask_flow(peer);
	if (peer->is_measured && flow.received != peer->n_before)
		peer_enter(peer, PEER_HEADER, NULL);
	peer->n_before = flow.received;
	peer->is_measured = true;
}

static void judge_header(struct peer *peer, short seen, usec_t age)
{
	if (has_closed(peer, seen))
		cut(peer, CUT_GONE);
	else if (age >= peer->server->opts.header_timeout)
		cut(peer, CUT_HEADER);
}

static void judge_body(struct peer *peer, short seen, usec_t age)
{
	struct request *rq = peer->rq;

	if (rq->is_suspended) {
		peer->has_waited = true;
	} else if (has_closed(peer, seen)) {
		cut(peer, CUT_GONE);
	} else if (age >= peer->server->opts.transfer_timeout) {
		if (!peer->has_waited && is_too_slow(peer, age, rq->n_body)) {
			server_refuse_slow_body(rq);
			cut(peer, CUT_BODY);
		} else {
			measure(peer, rq->n_body);
		}
	}
}

/* Does the client take what it is owed? `is_waiting`: there is nothing more at this time. */
static void judge_taking(struct peer *peer, const struct flow *flow, bool is_waiting, usec_t age)
{
	bool has_taken = flow->taken != peer->n_before;
	bool is_counted = peer->origin != NULL;

	if (!peer->is_measured || (is_waiting && !flow->is_owed) || (has_taken && !is_counted)) {
		measure(peer, flow->taken);
	} else if (age >= peer->server->opts.transfer_timeout) {
		if (!has_taken || (!peer->has_waited && is_too_slow(peer, age, flow->taken)))
			cut(peer, CUT_ANSWER);
		else
			measure(peer, flow->taken);
	}
}

static void judge_answer(struct peer *peer, short seen, usec_t age)
{
	bool is_waiting = peer->rq->is_streaming && peer->rq->is_suspended;

	if (is_waiting && (seen & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
		cut(peer, CUT_GONE);
		return;
	}
	struct flow flow = ask_flow(peer);
	judge_taking(peer, &flow, is_waiting, age);
}

static void judge_drain(struct peer *peer, short seen, usec_t age)
{
	struct flow flow = ask_flow(peer);

	if (flow.is_owed) {
		judge_taking(peer, &flow, false, age);
		return;
	}
	peer_enter(peer, PEER_IDLE, NULL);
	judge_idle(peer, seen, 0);
}

static void judge(struct peer *peer, short seen, usec_t age)
{
	switch (peer->phase) {
	case PEER_HEADER:
		judge_header(peer, seen, age);
		break;
	case PEER_IDLE:
		judge_idle(peer, seen, age);
		break;
	case PEER_BODY:
		judge_body(peer, seen, age);
		break;
	case PEER_WORK: /* the handler takes the time that it needs */
		break;
	case PEER_ANSWER:
		judge_answer(peer, seen, age);
		break;
	case PEER_DRAIN:
		judge_drain(peer, seen, age);
		break;
	}
}

/* One poll(2) for all. */
static void poll_peers(struct door *door)
{
	struct peer *peer;
	size_t n = 0;

	if (door->max_polled < door->n_peers) {
		door->max_polled = door->n_peers * 2;
		door->polled = xrealloc(door->polled, door->max_polled * sizeof(*door->polled));
	}
	TAILQ_FOREACH (peer, &door->peers, link) {
		bool is_asked = peer->phase != PEER_WORK && !peer->is_cut;
		door->polled[n++] =
		    (struct pollfd){.fd = is_asked ? peer->fd : -1, .events = POLLRDHUP};
	}
	if (poll(door->polled, n, 0) < 0) {
		for (size_t i = 0; i < n; i++)
			door->polled[i].revents = 0;
	}
}

static void on_sweep(void *arg)
{
	struct server *server = arg;
	struct door *door = &server->door;
	struct peer *peer;
	size_t i = 0;

	usec_t late = clock_mono() - door->sweep_due;
	if (late > door->sweep_every)
		door->lost_time += late;
	if (door->n_lines > MOST_LINES)
		log_info("connections_cut", "more=%u", door->n_lines - MOST_LINES);
	door->n_lines = 0;
	door->n_sweeps++;
	server_pump(server); /* so that what has come was taken, and who is gone is gone */
	if (door->n_peers == 0)
		return;
	poll_peers(door);
	usec_t now = door_clock(door);
	TAILQ_FOREACH (peer, &door->peers, link) {
		if (!peer->is_cut)
			judge(peer, door->polled[i].revents, now - peer->since);
		i++;
	}
	start_sweeping(door);
}

/* --- Begin and end --- */

void door_set_times(struct server *server)
{
	struct door *door = &server->door;
	const struct server_opts *o = &server->opts;
	usec_t least = o->header_timeout < o->idle_timeout ? o->header_timeout : o->idle_timeout;

	least = (least < o->transfer_timeout ? least : o->transfer_timeout) / 4;
	door->sweep_every = least > SWEEP_MOST    ? SWEEP_MOST
			    : least < SWEEP_LEAST ? SWEEP_LEAST
						  : least;
	if (door->n_peers > 0)
		start_sweeping(door);
}

void door_init(struct server *server)
{
	struct door *door = &server->door;

	TAILQ_INIT(&door->peers);
	timer_init(&door->sweep_timer, server->loop, on_sweep, server);
	for (int i = 0; i < N_CUTS; i++)
		door->cuts[i] = metrics_cell(METRIC_HTTP_CONNECTIONS_CUT, cuts[i].name);
	door_set_times(server);
}

void door_stop(struct server *server)
{
	timer_cancel(&server->door.sweep_timer);
}

void door_done(struct server *server)
{
	free(server->door.polled);
}
