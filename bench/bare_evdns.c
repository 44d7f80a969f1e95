/*
 * The yardstick of `make bench`: what evdns gives when nothing else is done with its answers.
 *
 * One thread, one event_base, one evdns_base with one server. The names of a file are read into
 * memory before the clock starts; then WINDOW questions for A are kept in flight until all are
 * answered, and the answers are only counted. evdns never queues: its own limit lies above the
 * window. Time-out 10 s and one attempt, so that no id is used again under a late reply; a lost
 * packet shows in `other` and in ten lost seconds.
 *
 *     bare_evdns ADDRESS:PORT NAMES-FILE WINDOW [MAX-SECONDS]
 *     names=N seconds=S per_second=R found=N nx=N other=N
 *
 * Exit status: 0 all answered, 1 it could not run or ran out of time, 2 usage.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>

#define MAX_FILE_BYTES  (1024L * 1024 * 1024)
#define MAX_WINDOW      32000
#define DEFAULT_SECONDS 120

struct run {
	struct event_base *events; /* owned */
	struct evdns_base *dns;    /* owned */
	char *text;                /* owned: the file, each line ended by NUL */
	char *next;                /* borrowed from text: the next name to ask */
	char *end;                 /* borrowed from text */
	size_t n_asked, n_found, n_nx, n_other;
	size_t n_in_flight;
	bool is_cut_short;
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

/* Read the file and cut it into lines. Returns false with a message on stderr. */
static bool read_names(struct run *run, const char *path)
{
	FILE *file = fopen(path, "rb");
	long size = -1;

	if (file != NULL && fseek(file, 0, SEEK_END) == 0)
		size = ftell(file);
	if (size < 1 || size > MAX_FILE_BYTES || fseek(file, 0, SEEK_SET) != 0)
		goto fail;
	run->text = malloc((size_t)size + 1);
	if (run->text == NULL || fread(run->text, 1, (size_t)size, file) != (size_t)size)
		goto fail;
	fclose(file);
	run->next = run->text;
	run->end = run->text + size;
	*run->end = '\0';
	for (char *at = run->text; at < run->end; at++)
		if (*at == '\n' || *at == '\r')
			*at = '\0';
	return true;
fail:
	fprintf(stderr, "bare_evdns: %s cannot be read, or is empty, or too large\n", path);
	if (file != NULL)
		fclose(file);
	return false;
}

/* The next name, or NULL after the last; blank lines are skipped. */
static const char *take_name(struct run *run)
{
	const char *name;

	while (run->next < run->end && *run->next == '\0')
		run->next++;
	if (run->next >= run->end)
		return NULL;
	name = run->next;
	run->next += strlen(name);
	return name;
}

static void ask_next(struct run *run);

static void on_answer(int result, char type, int count, int ttl, void *addresses, void *arg)
{
	struct run *run = arg;

	(void)type, (void)ttl, (void)addresses;
	run->n_in_flight--;
	if (result == DNS_ERR_NONE && count > 0)
		run->n_found++;
	else if (result == DNS_ERR_NOTEXIST)
		run->n_nx++;
	else
		run->n_other++;
	ask_next(run);
	if (run->n_in_flight == 0)
		event_base_loopbreak(run->events);
}

static void ask_next(struct run *run)
{
	const char *name;

	while ((name = take_name(run)) != NULL) {
		run->n_asked++;
		if (evdns_base_resolve_ipv4(run->dns, name, DNS_QUERY_NO_SEARCH, on_answer, run) !=
		    NULL) {
			run->n_in_flight++;
			return;
		}
		run->n_other++; /* evdns refused the name; the slot goes to the next one */
	}
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd, (void)what;
	run->is_cut_short = true;
	event_base_loopbreak(run->events);
}

/* Make the resolver for one server and a window. Returns false when libevent refuses. */
static bool open_resolver(struct run *run, const char *server, long window)
{
	struct sockaddr_storage address;
	int length = sizeof(address);
	char inflight[16];

	if (evutil_parse_sockaddr_port(server, (struct sockaddr *)&address, &length) != 0) {
		fprintf(stderr, "bare_evdns: %s is no ADDRESS:PORT\n", server);
		return false;
	}
	run->events = event_base_new();
	if (run->events == NULL)
		return false;
	run->dns = evdns_base_new(run->events, 0);
	if (run->dns == NULL)
		return false;
	/* Twice the window: never queued, and shorter chains in evdns's table of ids. */
	snprintf(inflight, sizeof(inflight), "%ld", 2 * window + 16);
	if (evdns_base_set_option(run->dns, "randomize-case", "0") != 0 ||
	    evdns_base_set_option(run->dns, "timeout", "10") != 0 ||
	    evdns_base_set_option(run->dns, "attempts", "1") != 0 ||
	    evdns_base_set_option(run->dns, "max-inflight", inflight) != 0 ||
	    evdns_base_set_option(run->dns, "so-rcvbuf", "4194304") != 0 ||
	    evdns_base_set_option(run->dns, "so-sndbuf", "4194304") != 0)
		return false;
	/* The server last: the socket options are those of the moment it is added. */
	return evdns_base_nameserver_sockaddr_add(
		   run->dns, (struct sockaddr *)&address, (ev_socklen_t)length, 0) == 0;
}

static void close_run(struct run *run)
{
	if (run->dns != NULL)
		evdns_base_free(run->dns, 0);
	if (run->events != NULL)
		event_base_free(run->events);
	free(run->text);
}

/* Ask everything and print the line of figures. Returns the exit status. */
static int ask_all(struct run *run, long window, long max_seconds)
{
	struct timeval patience = {.tv_sec = max_seconds};
	double started, seconds;

	if (event_base_once(run->events, -1, EV_TIMEOUT, on_deadline, run, &patience) != 0)
		return 1;
	started = seconds_now();
	for (long i = 0; i < window; i++)
		ask_next(run);
	if (run->n_in_flight > 0)
		event_base_dispatch(run->events);
	seconds = seconds_now() - started;
	if (run->is_cut_short) {
		fprintf(stderr, "bare_evdns: not done after %ld s\n", max_seconds);
		return 1;
	}
	printf("names=%zu seconds=%.3f per_second=%.0f found=%zu nx=%zu other=%zu\n", run->n_asked,
	    seconds, (double)run->n_asked / seconds, run->n_found, run->n_nx, run->n_other);
	return 0;
}

int main(int argc, char **argv)
{
	struct run run = {0};
	long window = argc > 3 ? parse_number(argv[3], MAX_WINDOW) : 0;
	long max_seconds = argc > 4 ? parse_number(argv[4], 3600) : DEFAULT_SECONDS;
	int status = 1;

	if (argc < 4 || argc > 5 || window == 0 || max_seconds == 0) {
		fputs("usage: bare_evdns ADDRESS:PORT NAMES-FILE WINDOW [MAX-SECONDS]\n", stderr);
		return 2;
	}
	if (!read_names(&run, argv[2]))
		goto out;
	if (!open_resolver(&run, argv[1], window)) {
		fputs("bare_evdns: no resolver\n", stderr);
		goto out;
	}
	status = ask_all(&run, window, max_seconds);
out:
	close_run(&run);
	return status;
}
