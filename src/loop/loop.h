/* The event loop: the only owner of libevent's event_base. Everything that is not said to run
 * elsewhere runs in its thread, in callbacks that never block. Thread: loop, except loop_new. */
#pragma once

#include <event2/event_struct.h>
#include <stdbool.h>

#include <sys/queue.h>

#include "base/clock.h"
#include "base/err.h"

struct loop;
struct event_base;

/* Make a loop with epoll; NULL when the system refuses. */
struct loop *loop_new(void);
void loop_free(struct loop *loop);

/* Run until loop_stop; returns the status given to it. */
int loop_run(struct loop *loop);
void loop_stop(struct loop *loop, int status);

/* Run what is due once, without waiting. For use after loop_run. */
void loop_turn(struct loop *loop);

/* For the file that wraps a library which wants libevent's own handle. */
struct event_base *loop_event_base(struct loop *loop);

/* Measure the loop's lag: while `is_busy`, every 20 ms, otherwise once a second. */
void loop_watch_lag(struct loop *loop, bool is_busy);

typedef void loop_fn(void *arg);

/* Call `on_beat` whenever the lag is measured, at least once a second. For periodic checks that
 * should not wake the process. Embedded in its owner; a zeroed one may be cancelled. */
struct beat {
	LIST_ENTRY(beat) link;
	loop_fn *on_beat; /* NULL: it is not started */
	void *arg;
};
void beat_start(struct beat *beat, struct loop *loop, loop_fn *on_beat, void *arg);
void beat_cancel(struct beat *beat); /* not by another's on_beat */

/* One-shot timer, embedded in its owner. */
struct timer {
	struct event event;
	loop_fn *on_time;
	void *arg;
};

void timer_init(struct timer *t, struct loop *loop, loop_fn *on_time, void *arg);
/* Fire once after `delay` (at least 0); a timer that runs is set anew. The callback may free the
 * timer's owner. */
void timer_start(struct timer *t, usec_t delay);
void timer_cancel(struct timer *t); /* the callback will not be called any more */
bool timer_is_set(const struct timer *t);

/* A call deferred to the next turn of the loop, embedded in its owner. Several requests result in
 * one call. */
struct defer {
	struct event event;
	bool is_due;
	loop_fn *call;
	void *arg;
};

void defer_init(struct defer *d, struct loop *loop, loop_fn *call, void *arg);
void defer_start(struct defer *d);
void defer_cancel(struct defer *d);

/* Readiness of a descriptor, or arrival of a signal, embedded in its owner; level-triggered and
 * repeated until cancelled. The descriptor stays the caller's. */
struct watch {
	struct event event;
	loop_fn *on_ready;
	void *arg;
};

enum err watch_start_read(struct watch *w, struct loop *loop, int fd, loop_fn *on_ready, void *arg)
    MUST_CHECK;
enum err watch_start_write(struct watch *w, struct loop *loop, int fd, loop_fn *on_ready, void *arg)
    MUST_CHECK;
enum err watch_start_signal(
    struct watch *w, struct loop *loop, int signal, loop_fn *on_signal, void *arg) MUST_CHECK;
void watch_cancel(struct watch *w); /* a zeroed watch is fine */
