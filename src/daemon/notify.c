/* Messages to the service manager. A timer of the loop feeds the watchdog, so a blocked loop stops
 * feeding it. The store has its own thread and could hang on a disk that does not respond;
 * therefore each part has a heart-beat, and the watchdog is not fed while one is stale. */
#include "daemon/notify.h"

#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/alloc.h"
#include "base/log.h"

enum { MAX_LINE = 200 };

#define STATUS_EVERY (2 * USEC_PER_SEC)
#define EXTEND_EVERY (5 * USEC_PER_SEC)
#define EXTEND_BY    (20 * USEC_PER_SEC)

struct notify {
	struct notify_opts opts;
	bool is_on; /* there is someone to tell */
	char status[MAX_LINE];
	usec_t status_at;
	struct beat beat;
	struct timer watchdog, extension;
	usec_t watchdog_time; /* 0: none */
	bool is_withheld;
};

static void PRINTF(2, 3) tell(const struct notify *n, const char *format, ...)
{
	char text[2 * MAX_LINE];
	va_list args;

	if (!n->is_on)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
#ifdef HAVE_LIBSYSTEMD
	int e = sd_notify(0, text);
	if (e < 0)
		log_debug("notify", "error=%s", log_quote(strerror(-e)));
#endif
}

/* Make the status line; false if it has not changed. */
static bool renew_status(struct notify *n)
{
	struct buf line;

	buf_init(&line, MAX_LINE - 1);
	n->opts.describe(&line, n->opts.arg);
	bool is_new = line.data != NULL && strcmp(line.data, n->status) != 0;
	if (is_new)
		snprintf(n->status, sizeof(n->status), "%s", line.data);
	buf_done(&line);
	n->status_at = clock_mono();
	return is_new;
}

static void on_beat(void *arg)
{
	struct notify *n = arg;

	if (clock_mono() - n->status_at >= STATUS_EVERY && renew_status(n))
		tell(n, "STATUS=%s", n->status);
}

static void on_watchdog(void *arg)
{
	struct notify *n = arg;
	const char *stale = n->opts.find_stale(n->watchdog_time, n->opts.arg);

	timer_start(&n->watchdog, n->watchdog_time / 2);
	if (stale == NULL)
		tell(n, "WATCHDOG=1");
	if (stale != NULL && !n->is_withheld)
		log_error("watchdog_withheld", "stale=%s", stale);
	n->is_withheld = stale != NULL;
}

static void on_extension(void *arg)
{
	struct notify *n = arg;

	timer_start(&n->extension, EXTEND_EVERY);
	renew_status(n);
	tell(n, "STATUS=%s\nEXTEND_TIMEOUT_USEC=%lld", n->status, (long long)EXTEND_BY);
}

struct notify *notify_new(const struct notify_opts *opts)
{
	struct notify *n = xcalloc(1, sizeof(*n));
	const char *socket = getenv("NOTIFY_SOCKET");

	n->opts = *opts;
	n->is_on = socket != NULL && *socket != '\0';
	timer_init(&n->watchdog, opts->loop, on_watchdog, n);
	timer_init(&n->extension, opts->loop, on_extension, n);
#ifdef HAVE_LIBSYSTEMD
	uint64_t time;
	if (sd_watchdog_enabled(0, &time) > 0)
		n->watchdog_time = (usec_t)time;
#endif
	return n;
}

void notify_free(struct notify *n)
{
	if (n == NULL)
		return;
	beat_cancel(&n->beat);
	timer_cancel(&n->watchdog);
	timer_cancel(&n->extension);
	free(n);
}

void notify_ready(struct notify *n)
{
	renew_status(n);
	tell(n, "READY=1\nSTATUS=%s", n->status);
	if (!n->is_on)
		return;
	if (n->beat.on_beat == NULL)
		beat_start(&n->beat, n->opts.loop, on_beat, n);
	if (n->watchdog_time > 0 && !timer_is_set(&n->watchdog))
		timer_start(&n->watchdog, n->watchdog_time / 2);
}

void notify_reloading(struct notify *n)
{
	/* managers that know Type=notify-reload wait for ever without the time */
	tell(n, "RELOADING=1\nMONOTONIC_USEC=%lld\nSTATUS=Reloading the settings",
	    (long long)clock_mono());
	n->status[0] = '\0';
}

void notify_stopping(struct notify *n)
{
	tell(n, "STOPPING=1");
	if (n->is_on)
		on_extension(n);
}

void notify_last(struct notify *n, usec_t most)
{
	tell(n, "STOPPING=1\nSTATUS=Committing finished items\nEXTEND_TIMEOUT_USEC=%lld",
	    (long long)most);
}
