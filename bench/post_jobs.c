/*
 * A crowd of clients for `make bench`: N keep-alive connections to a daemon on 127.0.0.1, each
 * posting jobs of one name, or getting a path, and waiting for the answer before it sends the next
 * request.
 *
 *     post_jobs PORT CONNECTIONS REQUESTS SUFFIX|PATH [MAX-SECONDS]
 *     requests=N seconds=S per_second=R unexpected=N p50_ms=T p99_ms=T
 *
 * A text that begins with a slash is a path; 200 is expected then, and 202 of a job. The names are
 * p0000000.SUFFIX, p0000001.SUFFIX, ... The clock runs from the first connect to the
 * last answer. It speaks raw HTTP/1.1 and understands only what it needs: a status line, headers
 * with Content-Length, a body that is thrown away. It connects to nothing but 127.0.0.1.
 *
 * Exit status: 0 all answered (whatever the status codes), 1 a connection broke or time ran out,
 * 2 usage.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#define MAX_CONNECTIONS 1000
#define MAX_REQUESTS    10000000
#define MAX_HEADER      65536
#define DEFAULT_SECONDS 120

struct crowd {
	struct event_base *events; /* owned */
	const char *suffix;        /* borrowed from argv; or the path */
	bool is_get;
	unsigned short port;
	size_t n_requests; /* to do in all */
	size_t n_sent, n_answered, n_unexpected;
	float *latencies_ms; /* owned: one for each answer */
	bool is_broken;
};

struct client {
	struct crowd *crowd;      /* borrowed */
	struct bufferevent *wire; /* owned */
	double sent_at;           /* seconds */
	size_t n_body_left;       /* bytes of the answer's body still to come */
	bool is_in_body;
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A whole number from 1 to max, or 0 when the text is anything else. */
static long parse_number(const char *text, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0' || value < 1 || value > max)
		return 0;
	return value;
}

static void give_up(struct crowd *crowd, const char *why)
{
	if (!crowd->is_broken)
		fprintf(stderr, "post_jobs: %s after %zu answers\n", why, crowd->n_answered);
	crowd->is_broken = true;
	event_base_loopbreak(crowd->events);
}

/* Write the next request; returns its length, which may be more than there is room for. */
static int write_request(const struct crowd *crowd, char *text, size_t size)
{
	char body[512];

	if (crowd->is_get)
		return snprintf(text, size, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n\r\n",
		    crowd->suffix, (unsigned)crowd->port);
	int n_body = snprintf(body, sizeof(body),
	    "{\"kind\":\"domains\",\"domains\":[\"p%07zu.%s\"]}", crowd->n_sent, crowd->suffix);
	if (n_body >= (int)sizeof(body))
		return n_body + (int)size;
	return snprintf(text, size,
	    "POST /jobs HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nContent-Type: application/json\r\n"
	    "Content-Length: %d\r\n\r\n%s",
	    (unsigned)crowd->port, n_body, body);
}

static void send_request(struct client *client)
{
	struct crowd *crowd = client->crowd;
	char text[1024];

	if (crowd->n_sent == crowd->n_requests)
		return;
	int n = write_request(crowd, text, sizeof(text));
	if (n >= (int)sizeof(text)) {
		give_up(crowd, "a suffix too long");
		return;
	}
	crowd->n_sent++;
	client->sent_at = seconds_now();
	evbuffer_add(bufferevent_get_output(client->wire), text, (size_t)n);
}

/*
 * Take the status line and headers off the input when they are whole. Returns 1 when taken,
 * 0 when more must come, -1 when this is no answer that we understand.
 */
static int take_header(struct client *client, struct evbuffer *input)
{
	struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
	long status = 0, length = -1;
	char *line, *after;

	if (end.pos < 0)
		return evbuffer_get_length(input) > MAX_HEADER ? -1 : 0;
	while ((line = evbuffer_readln(input, NULL, EVBUFFER_EOL_CRLF_STRICT)) != NULL) {
		bool is_last = line[0] == '\0';

		if (status == 0) {
			if (strncmp(line, "HTTP/1.1 ", 9) == 0)
				status = strtol(line + 9, &after, 10);
			if (status == 0)
				status = -1;
		} else if (strncasecmp(line, "Content-Length:", 15) == 0) {
			length = strtol(line + 15, &after, 10);
		}
		free(line);
		if (is_last)
			break;
	}
	if (status < 100 || status > 599 || length < 0)
		return -1;
	if (status != (client->crowd->is_get ? 200 : 202))
		client->crowd->n_unexpected++;
	client->n_body_left = (size_t)length;
	client->is_in_body = true;
	return 1;
}

static void count_answer(struct client *client)
{
	struct crowd *crowd = client->crowd;

	client->is_in_body = false;
	crowd->latencies_ms[crowd->n_answered++] = (float)((seconds_now() - client->sent_at) * 1e3);
	if (crowd->n_answered == crowd->n_requests)
		event_base_loopbreak(crowd->events);
	else
		send_request(client);
}

static void on_read(struct bufferevent *wire, void *arg)
{
	struct client *client = arg;
	struct evbuffer *input = bufferevent_get_input(wire);

	if (!client->is_in_body) {
		int taken = take_header(client, input);

		if (taken < 0)
			give_up(client->crowd, "an answer without Content-Length or not HTTP/1.1");
		if (taken <= 0)
			return;
	}
	while (client->n_body_left > 0 && evbuffer_get_length(input) > 0) {
		size_t n = evbuffer_get_length(input);

		if (n > client->n_body_left)
			n = client->n_body_left;
		evbuffer_drain(input, n);
		client->n_body_left -= n;
	}
	if (client->n_body_left == 0)
		count_answer(client);
}

static void on_wire_event(struct bufferevent *wire, short what, void *arg)
{
	struct client *client = arg;
	int on = 1;

	if (what & BEV_EVENT_CONNECTED) {
		setsockopt(bufferevent_getfd(wire), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		send_request(client);
	} else if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR)) {
		give_up(client->crowd, "a connection was closed or refused");
	}
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	give_up(arg, "no more time");
}

/* Connect one client to 127.0.0.1. Returns false when libevent or the system refuses at once. */
static bool client_start(struct client *client, struct crowd *crowd)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET,
	    .sin_port = htons(crowd->port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	client->crowd = crowd;
	client->wire = bufferevent_socket_new(crowd->events, -1, BEV_OPT_CLOSE_ON_FREE);
	if (client->wire == NULL)
		return false;
	bufferevent_setcb(client->wire, on_read, NULL, on_wire_event, client);
	bufferevent_enable(client->wire, EV_READ | EV_WRITE);
	return bufferevent_socket_connect(
		   client->wire, (struct sockaddr *)&address, sizeof(address)) == 0;
}

static int by_value(const void *left, const void *right)
{
	float a = *(const float *)left, b = *(const float *)right;

	return (a > b) - (a < b);
}

static void print_figures(struct crowd *crowd, double seconds)
{
	size_t n = crowd->n_answered;

	qsort(crowd->latencies_ms, n, sizeof(crowd->latencies_ms[0]), by_value);
	printf("requests=%zu seconds=%.3f per_second=%.0f unexpected=%zu p50_ms=%.2f p99_ms=%.2f\n",
	    n, seconds, (double)n / seconds, crowd->n_unexpected,
	    (double)crowd->latencies_ms[n / 2], (double)crowd->latencies_ms[n * 99 / 100]);
}

static int run(struct crowd *crowd, struct client *clients, size_t n_clients, long max_seconds)
{
	struct timeval patience = {.tv_sec = max_seconds};
	double started = seconds_now();

	if (event_base_once(crowd->events, -1, EV_TIMEOUT, on_deadline, crowd, &patience) != 0)
		return 1;
	for (size_t i = 0; i < n_clients; i++)
		if (!client_start(&clients[i], crowd))
			return 1;
	event_base_dispatch(crowd->events);
	if (crowd->is_broken || crowd->n_answered < crowd->n_requests)
		return 1;
	print_figures(crowd, seconds_now() - started);
	return 0;
}

int main(int argc, char **argv)
{
	struct crowd crowd = {0};
	struct client *clients = NULL;
	long n_clients = 0, max_seconds = DEFAULT_SECONDS;
	int status = 1;

	if (argc == 5 || argc == 6) {
		crowd.port = (unsigned short)parse_number(argv[1], 65535);
		n_clients = parse_number(argv[2], MAX_CONNECTIONS);
		crowd.n_requests = (size_t)parse_number(argv[3], MAX_REQUESTS);
		crowd.suffix = argv[4];
		crowd.is_get = argv[4][0] == '/';
	}
	if (argc == 6)
		max_seconds = parse_number(argv[5], 3600);
	if (crowd.port == 0 || n_clients == 0 || crowd.n_requests == 0 || max_seconds == 0) {
		fputs("usage: post_jobs PORT CONNECTIONS REQUESTS SUFFIX|PATH [MAX-SECONDS]\n",
		    stderr);
		return 2;
	}
	crowd.events = event_base_new();
	crowd.latencies_ms = calloc(crowd.n_requests, sizeof(crowd.latencies_ms[0]));
	clients = calloc((size_t)n_clients, sizeof(clients[0]));
	if (crowd.events != NULL && crowd.latencies_ms != NULL && clients != NULL)
		status = run(&crowd, clients, (size_t)n_clients, max_seconds);
	for (long i = 0; clients != NULL && i < n_clients; i++)
		if (clients[i].wire != NULL)
			bufferevent_free(clients[i].wire);
	free(clients);
	free(crowd.latencies_ms);
	if (crowd.events != NULL)
		event_base_free(crowd.events);
	return status;
}
