/* Each connection has a phase, and one sweep looks at all of them.
 *
 *   accepted --> header --> body --> work --> answer --> drain --> idle
 *                  ^                                                |
 *                  +------------------------------------------------+
 *
 * A header has a deadline; a body and an answer must move so many bytes in so much time. While the
 * server is the slow side nobody's time runs. Without connections there is no sweep. */
#include "http/door.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/log.h"
#include "http/server_private.h"

enum {
	LEAST_RATE = 1024, /* bytes a second of a body or an answer */
	MOST_LINES = 20,   /* logged from sweep to sweep */
	RESERVED_PART =
	    8, /* the reciprocal of the share that is reserved for addresses with few connections */
	RESERVED_SHARE = 16, /* connections that such an address has at most */
	NEEDED_FDS = 3,      /* of a connection at work: its own, and a pair of sockets */
	MOST_EVICTED = 64    /* connections that make room in one sweep */
};

#define SWEEP_MOST  (2 * USEC_PER_SEC)
#define SWEEP_LEAST (50 * USEC_PER_MSEC)
#define LINGER      (2 * USEC_PER_SEC) /* for the client to close after the last answer */
#define LEAST_IDLE  USEC_PER_SEC /* before an idle connection makes room, or gives up its pipe */

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
    [CUT_CROWDED] = {"crowded", LOG_LEVEL_DEBUG},
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

void door_cut(struct connection *c, enum cut why)
{
	count_cut(c->server, why, &c->endpoint);
	if (why == CUT_ANSWER) /* discard what the kernel has not sent */
		transport_break(&c->transport);
	connection_close(c);
}

/* --- Shares --- */

static struct share *find_share(struct server *server, const void *key, size_t len)
{
	struct share *share;

	HASH_FIND(hh, server->door.shares, key, len, share);
	if (share == NULL) {
		share = xcalloc(1, sizeof(*share));
		memcpy(share->key, key, len);
		HASH_ADD(hh, server->door.shares, key, len, share);
	}
	share->n_users++;
	return share;
}

struct share *door_share_address(struct server *server, const struct address *a)
{
	char key[18] = {'a', a->is_v6};

	memcpy(key + 2, a->bytes, a->is_v6 ? 8 : 4);
	return find_share(server, key, sizeof(key));
}

struct share *door_share_token(struct server *server, const char *name)
{
	char key[sizeof(((struct share *)0)->key)] = "t";
	size_t len = strlen(name);

	len = len < sizeof(key) - 1 ? len : sizeof(key) - 1;
	memcpy(key + 1, name, len);
	return find_share(server, key, len + 1);
}

void door_unshare(struct server *server, struct share *share)
{
	if (share == NULL || --share->n_users > 0)
		return;
	HASH_DEL(server->door.shares, share);
	free(share);
}

static bool is_idle(const struct connection *c)
{
	return c->phase == PHASE_IDLE && door_clock(&c->server->door) - c->since >= LEAST_IDLE;
}

/* Close the connection that has been idle longest, of one share or (NULL) of any. */
static bool evict(struct server *server, const struct share *share)
{
	struct connection *c, *oldest = NULL;

	TAILQ_FOREACH (c, &server->door.connections, link) {
		bool is_theirs = share == NULL ? c->share != NULL : c->share == share;
		if (is_theirs && is_idle(c) && (oldest == NULL || c->since < oldest->since))
			oldest = c;
	}
	if (oldest != NULL)
		door_cut(oldest, CUT_CROWDED);
	return oldest != NULL;
}

bool door_admits(struct server *server, struct share *share, const struct endpoint *endpoint)
{
	size_t most = server->opts.max_connections, reserved = most / RESERVED_PART;
	bool is_scarce = server->door.n_network >= most - reserved;
	bool has_many = share->n_connections >= server->opts.max_per_address ||
			(is_scarce && reserved > 0 && share->n_connections >= RESERVED_SHARE);

	if (!has_many || evict(server, share))
		return true;
	count_cut(server, CUT_PER_ADDRESS, endpoint);
	return false;
}

bool door_is_full(const struct server *server, bool is_local)
{
	const struct door *door = &server->door;

	return (is_local ? door->n_local : door->n_network) >= server->opts.max_connections;
}

void door_make_room(struct server *server)
{
	for (int i = 0; i < NEEDED_FDS && evict(server, NULL); i++)
		;
}

static void start_sweeping(struct door *door)
{
	door->sweep_due = clock_mono() + door->sweep_every;
	timer_start(&door->sweep_timer, door->sweep_every);
}

void door_enter(struct server *server, struct connection *c)
{
	struct door *door = &server->door;

	if (door->n_network + door->n_local == 0)
		start_sweeping(door);
	if (c->share != NULL)
		c->share->n_connections++;
	(*(c->share != NULL ? &door->n_network : &door->n_local))++;
}

void door_leave(struct server *server, struct connection *c)
{
	struct door *door = &server->door;

	(*(c->share != NULL ? &door->n_network : &door->n_local))--;
	if (c->share != NULL)
		c->share->n_connections--;
	door_unshare(server, c->share);
	c->share = NULL;
	if (door->n_network + door->n_local == 0)
		timer_cancel(&door->sweep_timer);
	if (server->is_resting)
		defer_start(&server->room);
}

/* --- The sweep --- */

void door_measure(struct connection *c, uint64_t n_bytes)
{
	c->since = door_clock(&c->server->door);
	c->n_before = n_bytes;
	c->is_measured = true;
	c->has_waited = false;
}

/* Socket statistics of the kernel. */
struct flow {
	uint64_t taken; /* bytes that arrived at the other end; a Unix socket doesn't count them:
			   a number that changes when it takes some */
	bool is_owed;   /* others are on their way, or wait to be sent */
};

static struct flow ask_flow(const struct connection *c)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int n_unsent = 0;

	memset(&info, 0, sizeof(info));
	if (c->share == NULL) {
		ioctl(c->transport.fd, SIOCOUTQ, &n_unsent);
		return (struct flow){.is_owed = n_unsent > 0 || c->out.len > 0,
		    .taken = c->n_sent - (uint64_t)n_unsent};
	}
	getsockopt(c->transport.fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	return (struct flow){.taken = info.tcpi_bytes_acked,
	    .is_owed = info.tcpi_notsent_bytes > 0 || info.tcpi_unacked > 0 || c->out.len > 0};
}

/* Whether the progress since the start of the measurement is too slow. */
static bool is_too_slow(const struct connection *c, usec_t age, uint64_t n_bytes)
{
	return n_bytes - c->n_before < (uint64_t)(age / USEC_PER_MSEC) * LEAST_RATE / 1000;
}

static void judge_body(struct connection *c, usec_t age)
{
	if (c->pipe != NULL && c->pipe->waiting.len > 0)
		c->has_waited = true;
	if (age < c->server->opts.transfer_timeout)
		return;
	if (c->has_waited || !is_too_slow(c, age, c->n_body)) {
		door_measure(c, c->n_body);
		return;
	}
	count_cut(c->server, CUT_BODY, &c->endpoint);
	connection_refuse(c, 408, "The body arrived too slowly.");
}

/* Whether the client reads its response fast enough. `is_waiting`: there is nothing to send. */
static void judge_taking(struct connection *c, const struct flow *flow, bool is_waiting, usec_t age)
{
	bool has_taken = flow->taken != c->n_before;
	bool is_counted = c->share != NULL;

	if (!c->is_measured || (is_waiting && !flow->is_owed) || (has_taken && !is_counted)) {
		door_measure(c, flow->taken);
	} else if (age >= c->server->opts.transfer_timeout) {
		if (!has_taken || (!c->has_waited && is_too_slow(c, age, flow->taken)))
			door_cut(c, CUT_ANSWER);
		else
			door_measure(c, flow->taken);
	}
}

/* Has the client of a request closed? Where bytes of its next request wait the socket is not read,
 * so it is asked. */
static bool has_left(const struct connection *c)
{
	struct pollfd poll_fd = {.fd = c->transport.fd, .events = POLLRDHUP};

	return c->is_ended || (c->in.len > 0 && poll(&poll_fd, 1, 0) > 0);
}

static void judge_answer(struct connection *c, usec_t age)
{
	bool is_waiting = c->is_quiet;

	if (is_waiting && has_left(c)) {
		door_cut(c, CUT_GONE);
		return;
	}
	c->has_waited = c->has_waited || is_waiting;
	struct flow flow = ask_flow(c);
	judge_taking(c, &flow, is_waiting, age);
}

static void judge_drain(struct connection *c, usec_t age)
{
	struct flow flow = ask_flow(c);

	if (flow.is_owed)
		judge_taking(c, &flow, false, age);
	else if (c->phase == PHASE_DRAIN)
		connection_enter(c, PHASE_IDLE);
	else if (age >= LINGER)
		connection_close(c);
}

static void judge_idle(struct connection *c, usec_t age)
{
	if (age >= c->server->opts.idle_timeout)
		door_cut(c, CUT_IDLE);
	else if (age >= LEAST_IDLE)
		connection_rest(c);
}

static void judge(struct connection *c, usec_t age)
{
	switch (c->phase) {
	case PHASE_HEADER:
		if (age >= c->server->opts.header_timeout)
			door_cut(c, CUT_HEADER);
		break;
	case PHASE_IDLE:
		judge_idle(c, age);
		break;
	case PHASE_BODY:
		judge_body(c, age);
		break;
	case PHASE_WORK: /* handlers have no time limit */
		if (c->is_quiet && has_left(c))
			door_cut(c, CUT_GONE);
		break;
	case PHASE_ANSWER:
		judge_answer(c, age);
		break;
	case PHASE_DRAIN:
	case PHASE_CLOSING:
		judge_drain(c, age);
		break;
	}
}

static void on_sweep(void *arg)
{
	struct server *server = arg;
	struct door *door = &server->door;
	struct connection *c, *next;

	usec_t late = clock_mono() - door->sweep_due;
	if (late > door->sweep_every)
		door->lost_time += late;
	if (door->n_lines > MOST_LINES)
		log_info("connections_cut", "more=%u", door->n_lines - MOST_LINES);
	door->n_lines = 0;
	usec_t now = door_clock(door);
	for (c = TAILQ_FIRST(&door->connections); c != NULL; c = next) {
		next = TAILQ_NEXT(c, link);
		judge(c, now - c->since);
	}
	for (int i = 0; i < MOST_EVICTED && door_is_full(server, false) && evict(server, NULL); i++)
		;
	if (door->n_network + door->n_local > 0)
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
	if (door->n_network + door->n_local > 0)
		start_sweeping(door);
}

void door_init(struct server *server)
{
	struct door *door = &server->door;

	TAILQ_INIT(&door->connections);
	timer_init(&door->sweep_timer, server->loop, on_sweep, server);
	for (int i = 0; i < N_CUTS; i++)
		door->cuts[i] = metrics_cell(METRIC_HTTP_CONNECTIONS_CUT, cuts[i].name);
	door_set_times(server);
}

void door_stop(struct server *server)
{
	timer_cancel(&server->door.sweep_timer);
}
