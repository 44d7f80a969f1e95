/*
 * The yardstick of `make bench` for files: what libcurl's multi interface gives when nothing else
 * is done with the bodies.
 *
 * One thread, one event_base, one multi handle. The URLs of a file are read into memory before the
 * clock starts; then CONNECTIONS transfers are kept running until all are done, and the bytes are
 * only counted. libcurl never queues: it holds no more handles than run. A descriptor stays
 * registered from one transfer to the next, and a timer that is due at once is an active event.
 *
 *     bare_multi URLS-FILE CONNECTIONS [MAX-SECONDS]
 *     transfers=N seconds=S per_second=R ok=N other=N bytes=N connects=N cpu_us=T
 *
 * `ok` are whole answers of status 200; cpu_us is CPU time of this process a transfer, from the
 * first transfer's start to the last one's end.
 *
 * Exit status: 0 all answered (whatever the answers), 1 it could not run or ran out of time,
 * 2 usage.
 */
#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>
#include <event2/event_struct.h>

#define MAX_FILE_BYTES  (1024L * 1024 * 1024)
#define MAX_CONNECTIONS 1000
#define MAX_FD          4096
#define DEFAULT_SECONDS 120

struct watch {
	struct event event;
	short mask;     /* for which the event is registered; 0: it isn't */
	bool is_wanted; /* libcurl wants to hear of the descriptor */
};

struct run {
	struct event_base *events;     /* owned */
	CURLM *multi;                  /* owned */
	struct event kick;             /* a timer that is due at once */
	struct event timer;            /* one that is due later */
	struct watch watches[MAX_FD];  /* by descriptor */
	CURL *easies[MAX_CONNECTIONS]; /* owned */
	char *text;                    /* owned: the file, each line ended by NUL */
	char *next;                    /* borrowed from text: the next URL to ask for */
	char *end;                     /* borrowed from text */
	size_t n_running, n_ok, n_other;
	long n_connects;
	uint64_t n_bytes;
	bool is_cut_short;
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds_now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
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
static bool read_urls(struct run *run, const char *path)
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
	fprintf(stderr, "bare_multi: %s cannot be read, or is empty, or too large\n", path);
	if (file != NULL)
		fclose(file);
	return false;
}

/* The next URL, or NULL after the last; blank lines are skipped. */
static const char *take_url(struct run *run)
{
	const char *url;

	while (run->next < run->end && *run->next == '\0')
		run->next++;
	if (run->next >= run->end)
		return NULL;
	url = run->next;
	run->next += strlen(url);
	return url;
}

/* --- Transfers --- */

/* Let the handle fetch the next URL; without one it rests. */
static void fetch_next(struct run *run, CURL *easy)
{
	const char *url = take_url(run);

	if (url == NULL)
		return;
	curl_easy_setopt(easy, CURLOPT_URL, url);
	if (curl_multi_add_handle(run->multi, easy) == CURLM_OK)
		run->n_running++;
	else
		run->n_other++;
}

static void count(struct run *run, CURL *easy, CURLcode code)
{
	long status = 0, n_connects = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &n_connects);
	run->n_connects += n_connects;
	if (code == CURLE_OK && status == 200)
		run->n_ok++;
	else
		run->n_other++;
}

static void drain(struct run *run)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(run->multi, &left)) != NULL) {
		CURL *easy = message->easy_handle;

		if (message->msg != CURLMSG_DONE)
			continue;
		count(run, easy, message->data.result);
		curl_multi_remove_handle(run->multi, easy); /* the message is dead now */
		run->n_running--;
		fetch_next(run, easy);
	}
	if (run->n_running == 0)
		event_base_loopbreak(run->events);
}

static void act(struct run *run, curl_socket_t fd, int what)
{
	int n_running;

	curl_multi_socket_action(run->multi, fd, what, &n_running);
	drain(run);
}

/* --- Callbacks --- */

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct run *run = arg;

	(void)bytes;
	run->n_bytes += size * n;
	return size * n;
}

static void on_ready(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;
	struct watch *watch = &run->watches[fd];

	if (!watch->is_wanted) { /* an idle connection was closed: libcurl will see it later */
		event_del(&watch->event);
		watch->mask = 0;
		return;
	}
	act(run, fd,
	    ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
		((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct run *run = arg;
	struct watch *watch;
	short mask = (short)(((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
			     ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));

	(void)easy, (void)unused;
	if (fd >= MAX_FD)
		return 0;
	watch = &run->watches[fd];
	watch->is_wanted = what != CURL_POLL_REMOVE;
	if (!watch->is_wanted || watch->mask == mask)
		return 0;
	if (watch->mask != 0)
		event_del(&watch->event);
	event_assign(&watch->event, run->events, fd, (short)(mask | EV_PERSIST), on_ready, run);
	watch->mask = event_add(&watch->event, NULL) == 0 ? mask : 0;
	return 0;
}

static int on_close(void *arg, curl_socket_t fd)
{
	struct run *run = arg;

	if (fd < MAX_FD && run->watches[fd].mask != 0) {
		event_del(&run->watches[fd].event);
		run->watches[fd].mask = 0;
	}
	return close(fd);
}

static void on_time(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timer(CURLM *multi, long msec, void *arg)
{
	struct run *run = arg;
	struct timeval delay = {.tv_sec = msec / 1000, .tv_usec = msec % 1000 * 1000};

	(void)multi;
	event_del(&run->timer);
	if (msec == 0)
		event_active(&run->kick, EV_TIMEOUT, 0);
	else if (msec > 0)
		event_add(&run->timer, &delay);
	return 0;
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
	struct run *run = arg;

	(void)fd, (void)what;
	run->is_cut_short = true;
	event_base_loopbreak(run->events);
}

/* --- The run --- */

static bool open_easy(struct run *run, CURL **ret_easy)
{
	CURL *easy = curl_easy_init();

	if (easy == NULL)
		return false;
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, run);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, run);
	*ret_easy = easy;
	return true;
}

/* Make the loop and one handle a connection. Returns false when a library refuses. */
static bool open_run(struct run *run, long n_connections)
{
	struct event_config *config = event_config_new();

	if (config == NULL)
		return false;
	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
	run->events = event_base_new_with_config(config);
	event_config_free(config);
	if (run->events == NULL)
		return false;
	evtimer_assign(&run->timer, run->events, on_time, run);
	event_assign(&run->kick, run->events, -1, 0, on_time, run);
	run->multi = curl_multi_init();
	if (run->multi == NULL)
		return false;
	curl_multi_setopt(run->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(run->multi, CURLMOPT_SOCKETDATA, run);
	curl_multi_setopt(run->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(run->multi, CURLMOPT_TIMERDATA, run);
	curl_multi_setopt(run->multi, CURLMOPT_MAXCONNECTS, n_connections);
	for (long i = 0; i < n_connections; i++)
		if (!open_easy(run, &run->easies[i]))
			return false;
	return true;
}

static void close_run(struct run *run)
{
	for (int i = 0; i < MAX_CONNECTIONS && run->easies[i] != NULL; i++) {
		curl_multi_remove_handle(run->multi, run->easies[i]);
		curl_easy_cleanup(run->easies[i]);
	}
	if (run->multi != NULL)
		curl_multi_cleanup(run->multi); /* closes what is open by on_close */
	if (run->events != NULL) {
		event_del(&run->timer);
		event_del(&run->kick);
		event_base_free(run->events);
	}
	free(run->text);
	free(run);
}

/* Fetch everything and print the line of figures. Returns the exit status. */
static int fetch_all(struct run *run, long n_connections, long max_seconds)
{
	struct timeval patience = {.tv_sec = max_seconds};
	double started, cpu, seconds, n;

	if (event_base_once(run->events, -1, EV_TIMEOUT, on_deadline, run, &patience) != 0)
		return 1;
	started = seconds_now();
	cpu = cpu_seconds_now();
	for (long i = 0; i < n_connections; i++)
		fetch_next(run, run->easies[i]);
	if (run->n_running > 0)
		event_base_dispatch(run->events);
	seconds = seconds_now() - started;
	cpu = cpu_seconds_now() - cpu;
	if (run->is_cut_short) {
		fprintf(stderr, "bare_multi: not done after %ld s\n", max_seconds);
		return 1;
	}
	n = (double)(run->n_ok + run->n_other);
	printf("transfers=%.0f seconds=%.3f per_second=%.0f ok=%zu other=%zu bytes=%llu "
	       "connects=%ld cpu_us=%.2f\n",
	    n, seconds, n / seconds, run->n_ok, run->n_other, (unsigned long long)run->n_bytes,
	    run->n_connects, cpu / n * 1e6);
	return 0;
}

int main(int argc, char **argv)
{
	struct run *run;
	long n_connections = argc > 2 ? parse_number(argv[2], MAX_CONNECTIONS) : 0;
	long max_seconds = argc > 3 ? parse_number(argv[3], 3600) : DEFAULT_SECONDS;
	int status = 1;

	if (argc < 3 || argc > 4 || n_connections == 0 || max_seconds == 0) {
		fputs("usage: bare_multi URLS-FILE CONNECTIONS [MAX-SECONDS]\n", stderr);
		return 2;
	}
	run = calloc(1, sizeof(*run));
	if (run == NULL || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		free(run);
		return 1;
	}
	if (read_urls(run, argv[1])) {
		if (open_run(run, n_connections))
			status = fetch_all(run, n_connections, max_seconds);
		else
			fputs("bare_multi: no loop\n", stderr);
	}
	close_run(run);
	curl_global_cleanup();
	return status;
}
