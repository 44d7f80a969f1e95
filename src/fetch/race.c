/* Races of connections.
 *
 * A connection that is handed over was not asked for its state by connect(2) after it was made:
 * libcurl calls connect(2) on the socket that it is given, and Linux answers the first call behind
 * the end of a connection attempt with 0, and the next with EISCONN. */
#include "fetch/race.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop/loop.h"

#define NEXT_AFTER (250 * USEC_PER_MSEC)

struct attempt {
	struct race *race;
	struct endpoint to;
	int fd; /* owned; -1: not connecting */
	struct watch watch;
	struct timer deadline;
};

struct race {
	struct race_opts opts;
	struct timer next;
	usec_t started_at;
	size_t n_begun, n_open, n_denied;
	const char *denied;
	enum reason reason;
	char detail[RACE_DETAIL];
	bool was_tried[RACE_MAX];
	struct attempt attempts[];
};

static void close_attempt(struct attempt *a)
{
	if (a->fd < 0)
		return;
	watch_cancel(&a->watch);
	timer_cancel(&a->deadline);
	close(a->fd);
	a->fd = -1;
	a->race->n_open--;
}

void race_cancel(struct race *race)
{
	for (size_t i = 0; i < race->opts.n_endpoints; i++)
		close_attempt(&race->attempts[i]);
	timer_cancel(&race->next);
	free(race);
}

static void finish(struct race *race, struct race_outcome *outcome)
{
	outcome->duration = clock_mono() - race->started_at;
	outcome->was_tried = race->was_tried;
	outcome->reason = race->reason;
	outcome->detail = race->detail;
	race->opts.on_done(outcome, race->opts.arg);
	race_cancel(race);
}

/* Begin the next attempt now, or end when there is none. */
static void go_on(struct race *race)
{
	if (race->n_begun < race->opts.n_endpoints)
		timer_start(&race->next, 0);
	else if (race->n_open == 0)
		finish(race,
		    &(struct race_outcome){.fd = -1,
			.denied = race->n_denied == race->opts.n_endpoints ? race->denied : NULL});
}

static void note_failure(struct race *race, const struct endpoint *to, const char *what)
{
	size_t n = race->opts.n_endpoints - race->n_denied;
	char address[ENDPOINT_TEXT_SIZE];

	endpoint_format(to, address);
	if (n > 1)
		snprintf(race->detail, sizeof(race->detail),
		    "none of %zu addresses can be reached; %s: %s", n, address, what);
	else
		snprintf(race->detail, sizeof(race->detail), "%s: %s", address, what);
}

static void on_deadline(void *arg)
{
	struct attempt *a = arg;
	struct race *race = a->race;

	race->reason = REASON_TIMEOUT;
	note_failure(race, &a->to, "no connection in time");
	close_attempt(a);
	go_on(race);
}

/* The attempt is over, in one way or the other. */
static void on_writable(void *arg)
{
	struct attempt *a = arg;
	struct race *race = a->race;
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		error = errno;
	if (error == 0) {
		struct race_outcome won = {
		    .is_won = true, .winner = (size_t)(a - race->attempts), .fd = a->fd};
		watch_cancel(&a->watch);
		timer_cancel(&a->deadline);
		a->fd = -1;
		race->n_open--;
		finish(race, &won);
		return;
	}
	race->reason = REASON_CONNECT;
	note_failure(race, &a->to, strerror(error));
	close_attempt(a);
	go_on(race);
}

/* Begin an attempt; 0, or an errno. */
static int begin(struct attempt *a)
{
	struct sockaddr_storage to;
	socklen_t len = endpoint_to_sockaddr(&a->to, &to);
	int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return errno;
	if ((connect(fd, (struct sockaddr *)&to, len) < 0 && errno != EINPROGRESS) ||
	    watch_start_write(&a->watch, a->race->opts.loop, fd, on_writable, a) != OK) {
		int error = errno;
		close(fd);
		return error;
	}
	a->fd = fd;
	a->race->n_open++;
	timer_start(&a->deadline, a->race->opts.timeout);
	return 0;
}

static void on_next(void *arg)
{
	struct race *race = arg;
	size_t i = race->n_begun++;
	struct attempt *a = &race->attempts[i];
	const char *denied = race->opts.judge(&a->to, race->opts.arg);

	if (denied != NULL) {
		race->denied = denied;
		race->n_denied++;
		go_on(race);
		return;
	}
	race->was_tried[i] = true;
	int error = begin(a);
	if (error != 0) {
		race->reason = REASON_CONNECT;
		note_failure(race, &a->to, strerror(error));
		go_on(race);
	} else if (race->n_begun < race->opts.n_endpoints) {
		timer_start(&race->next, NEXT_AFTER);
	}
}

struct race *race_start(const struct race_opts *opts)
{
	struct race *race = xcalloc(1, sizeof(*race) + opts->n_endpoints * sizeof(struct attempt));

	race->opts = *opts;
	race->opts.endpoints = NULL;
	race->started_at = clock_mono();
	timer_init(&race->next, opts->loop, on_next, race);
	for (size_t i = 0; i < opts->n_endpoints; i++) {
		struct attempt *a = &race->attempts[i];
		a->race = race;
		a->to = opts->endpoints[i];
		a->fd = -1;
		timer_init(&a->deadline, opts->loop, on_deadline, a);
	}
	timer_start(&race->next, 0);
	return race;
}
