/*
 * A DNS server for tests: loopback only, UDP, answers by rule. See README.md beside this file.
 *
 * This file owns the process: sockets, signals, counters and its end. What a query is answered lies
 * in dns_rules.c, how replies leave in dns_outbox.c. One thread, one libevent loop:
 *
 *	recvmmsg -> dns_rules_answer -> outbox [-> delay line] -> sendmmsg
 */
#include "dns_options.h"
#include "dns_outbox.h"
#include "dns_rules.h"

#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	PACKET_BYTES = 1500,
	BATCH = DNS_OUTBOX_BATCH / DNS_REPLIES_MAX,
	MAX_BATCHES_PER_TURN = 16,
	BIND_ATTEMPTS = 32,
	EXIT_USAGE = 2,
};

struct listener {
	struct stub *stub; /* borrowed: the owner */
	int fd;
	int forge_fd;          /* same address, other port: sends forged replies */
	struct event *on_read; /* owned */
};

struct stub {
	struct event_base *base; /* owned, like all below; NULL until started */
	struct event *events[5]; /* stdin and signals */
	struct dns_zone *zone;
	struct dns_names *seen;
	struct dns_outbox *outbox;
	struct listener listeners[DNS_MAX_LISTEN];
	size_t n_listeners;
	struct dns_rules rules;
	uint64_t n_queries; /* datagrams that came in */
	uint64_t n_dropped; /* of them, those that got no reply by the rules */

	/* one batch, as recvmmsg fills it, and its replies */
	struct mmsghdr headers[BATCH];
	struct iovec vectors[BATCH];
	union dns_address from[BATCH];
	struct dns_replies replies[BATCH];
	uint8_t packets[BATCH][PACKET_BYTES];
};

static void print_stats(const struct stub *stub)
{
	printf("stats queries=%llu names=%zu answered=%llu dropped=%llu\n",
	    (unsigned long long)stub->n_queries, dns_names_count(stub->seen),
	    (unsigned long long)dns_outbox_answered(stub->outbox),
	    (unsigned long long)(stub->n_dropped + dns_outbox_dropped(stub->outbox)));
	fflush(stdout);
}

/* Answers datagram `i` of the batch. */
static void answer_packet(const struct listener *listener, size_t i, uint64_t now_us)
{
	struct stub *stub = listener->stub;
	struct dns_replies *replies = &stub->replies[i];

	stub->n_queries++;
	replies->n = 0;
	if (!(stub->headers[i].msg_hdr.msg_flags & MSG_TRUNC))
		dns_rules_answer(&stub->rules, stub->packets[i], stub->headers[i].msg_len, replies);
	if (replies->n == 0)
		stub->n_dropped++;
	for (size_t j = 0; j < replies->n; j++) {
		bool is_forged = j == 0 && replies->is_first_forged;
		struct dns_outgoing out = {
		    .fd = is_forged ? listener->forge_fd : listener->fd,
		    .is_last = j + 1 == replies->n,
		    .to = stub->from[i],
		    .n = replies->item[j].n,
		    .bytes = replies->item[j].bytes,
		};

		dns_outbox_put(stub->outbox, &out, replies->is_slow, now_us);
	}
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	const struct listener *listener = arg;
	struct stub *stub = listener->stub;

	(void)what;
	for (int turn = 0; turn < MAX_BATCHES_PER_TURN; turn++) {
		uint64_t now_us;
		int n;

		for (size_t i = 0; i < BATCH; i++)
			stub->headers[i].msg_hdr.msg_namelen = sizeof(stub->from[i]);
		n = recvmmsg(fd, stub->headers, BATCH, 0, NULL);
		if (n <= 0)
			return;
		now_us = dns_now_us();
		for (size_t i = 0; i < (size_t)n; i++)
			answer_packet(listener, i, now_us);
		dns_outbox_flush(stub->outbox);
		if (n < BATCH)
			return;
	}
}

static void on_stdin_readable(evutil_socket_t fd, short what, void *arg)
{
	struct stub *stub = arg;
	char bytes[4096];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	(void)what;
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		event_base_loopbreak(stub->base);
}

static void on_end_signal(evutil_socket_t number, short what, void *arg)
{
	struct stub *stub = arg;

	(void)number;
	(void)what;
	event_base_loopbreak(stub->base);
}

static void on_stats_signal(evutil_socket_t number, short what, void *arg)
{
	(void)number;
	(void)what;
	print_stats(arg);
}

static void on_black_hole_signal(evutil_socket_t number, short what, void *arg)
{
	struct stub *stub = arg;

	(void)number;
	(void)what;
	stub->rules.is_black_hole = !stub->rules.is_black_hole;
	printf("blackhole %s\n", stub->rules.is_black_hole ? "on" : "off");
	fflush(stdout);
}

static void close_listeners(struct stub *stub)
{
	for (size_t i = 0; i < stub->n_listeners; i++) {
		struct listener *listener = &stub->listeners[i];

		if (listener->on_read != NULL)
			event_free(listener->on_read);
		close(listener->fd);
		if (listener->forge_fd >= 0)
			close(listener->forge_fd);
	}
	stub->n_listeners = 0;
}

/* Opens all listeners on one port; 0 lets the system choose. Returns the port, or 0 and errno. */
static unsigned try_listeners(struct stub *stub, const struct dns_options *options)
{
	unsigned port = (unsigned)options->port;

	for (size_t i = 0; i < options->n_listen; i++) {
		struct listener *listener = &stub->listeners[i];
		union dns_address bound;
		socklen_t n = sizeof(bound);

		*listener = (struct listener){.stub = stub, .forge_fd = -1};
		listener->fd = dns_socket_open(options->listen[i], port);
		if (listener->fd < 0)
			return 0;
		stub->n_listeners++;
		listener->forge_fd = dns_socket_open(options->listen[i], 0);
		if (listener->forge_fd < 0 || getsockname(listener->fd, &bound.any, &n) != 0)
			return 0;
		port = dns_address_port(&bound);
	}
	return port;
}

/* The port that the system chose for the first address may be in use on the next: try again. */
static unsigned open_listeners(struct stub *stub, const struct dns_options *options)
{
	for (int attempt = 0; attempt < BIND_ATTEMPTS; attempt++) {
		unsigned port = try_listeners(stub, options);
		int error = errno;

		if (port != 0)
			return port;
		close_listeners(stub);
		errno = error;
		if (error != EADDRINUSE || options->port != 0)
			break;
	}
	perror("dns_stub: can't listen");
	return 0;
}

static void prepare_batch(struct stub *stub)
{
	for (size_t i = 0; i < BATCH; i++) {
		stub->vectors[i] = (struct iovec){stub->packets[i], PACKET_BYTES};
		stub->headers[i].msg_hdr.msg_name = &stub->from[i];
		stub->headers[i].msg_hdr.msg_iov = &stub->vectors[i];
		stub->headers[i].msg_hdr.msg_iovlen = 1;
	}
}

static bool add_event(struct stub *stub, struct event **ret_event, int fd, short what,
    event_callback_fn on_event, void *arg)
{
	*ret_event = event_new(stub->base, fd, what | EV_PERSIST, on_event, arg);
	return *ret_event != NULL && event_add(*ret_event, NULL) == 0;
}

static bool start_events(struct stub *stub, unsigned long seconds)
{
	struct timeval life = {(time_t)seconds, 0};

	if (!add_event(stub, &stub->events[0], SIGTERM, EV_SIGNAL, on_end_signal, stub) ||
	    !add_event(stub, &stub->events[1], SIGINT, EV_SIGNAL, on_end_signal, stub) ||
	    !add_event(stub, &stub->events[2], SIGUSR1, EV_SIGNAL, on_stats_signal, stub) ||
	    !add_event(stub, &stub->events[3], SIGUSR2, EV_SIGNAL, on_black_hole_signal, stub))
		return false;
	for (size_t i = 0; i < stub->n_listeners; i++) {
		struct listener *listener = &stub->listeners[i];

		if (!add_event(
			stub, &listener->on_read, listener->fd, EV_READ, on_readable, listener))
			return false;
	}
	return event_base_loopexit(stub->base, &life) == 0;
}

/* Watches stdin, whose end is our end. A file or /dev/null can't be watched. */
static bool start_stdin(struct stub *stub)
{
	if (add_event(stub, &stub->events[4], STDIN_FILENO, EV_READ, on_stdin_readable, stub))
		return true;
	fprintf(stderr, "dns_stub: stdin must be a pipe, socket or terminal that stays open\n");
	return false;
}

static struct event_base *new_base(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base;

	if (config == NULL)
		return NULL;
	/* whole milliseconds would make each delay up to 1 ms longer */
	event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
	base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

static void stub_free(struct stub *stub)
{
	if (stub == NULL)
		return;
	for (size_t i = 0; i < sizeof(stub->events) / sizeof(stub->events[0]); i++) {
		if (stub->events[i] != NULL)
			event_free(stub->events[i]);
	}
	close_listeners(stub);
	dns_outbox_free(stub->outbox);
	dns_names_free(stub->seen);
	dns_zone_free(stub->zone);
	if (stub->base != NULL)
		event_base_free(stub->base);
	free(stub);
}

/* Opens and starts everything; false after a message to stderr. */
static bool stub_start(struct stub *stub, const struct dns_options *options, unsigned *ret_port)
{
	if (options->zone_path != NULL) {
		stub->zone = dns_zone_load(options->zone_path);
		if (stub->zone == NULL)
			return false;
	}
	stub->base = new_base();
	stub->seen = dns_names_new();
	if (stub->base != NULL)
		stub->outbox = dns_outbox_new(stub->base, options->latency_ms, options->slow_ms);
	if (stub->outbox == NULL || stub->seen == NULL) {
		fprintf(stderr, "dns_stub: no event loop or memory\n");
		return false;
	}
	stub->rules = (struct dns_rules){
	    .zone = stub->zone,
	    .seen = stub->seen,
	    .otherwise = options->otherwise,
	    .slow_share = (unsigned)options->slow_share,
	    .drop_every = options->drop_every,
	    .is_servfail_all = options->is_servfail_all,
	    .is_lying = options->is_lying,
	    .noise = 88172645463325252u,
	};
	prepare_batch(stub);
	*ret_port = open_listeners(stub, options);
	return *ret_port != 0 && start_events(stub, options->seconds) && start_stdin(stub);
}

int main(int argc, char **argv)
{
	struct dns_options options;
	struct stub *stub;
	unsigned port;

	if (!dns_options_parse(argc, argv, &options))
		return EXIT_USAGE;
	signal(SIGPIPE, SIG_IGN);
	stub = calloc(1, sizeof(*stub));
	if (stub == NULL || !stub_start(stub, &options, &port)) {
		stub_free(stub);
		return EXIT_FAILURE;
	}
	printf("port %u\n", port);
	fflush(stdout);
	event_base_dispatch(stub->base);
	dns_outbox_drop_delayed(stub->outbox);
	print_stats(stub);
	stub_free(stub);
	return EXIT_SUCCESS;
}
