/* Notifications to the service manager (sd_notify(3)): ready, reloading, stopping, status and
 * watchdog. No effect without a manager or without libsystemd. Thread: loop. */
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "loop/loop.h"

struct notify;

struct notify_opts {
	struct loop *loop; /* borrowed */
	/* Add a line for people that says what the daemon does now. */
	void (*describe)(struct buf *line, void *arg);
	/* Name the part whose heart-beat is older than `most`, static; NULL: all are sound. */
	const char *(*find_stale)(usec_t most, void *arg);
	void *arg;
};

struct notify *notify_new(const struct notify_opts *opts);
void notify_free(struct notify *notify);

/* Send READY=1. From then on the status is sent when it has changed, at most every two seconds and
 * without extra wake-ups, and the watchdog is fed at half of its interval unless a part is stale.
 */
void notify_ready(struct notify *notify);

/* A reload begins, which ends with notify_ready. */
void notify_reloading(struct notify *notify);

/* The daemon drains. The manager is asked for more time as long as the loop turns. */
void notify_stopping(struct notify *notify);

/* The loop turns no more: the rest may take so long. */
void notify_last(struct notify *notify, usec_t most);
