/* The event loop and its small objects: timer, defer, watch. */
#include "loop/loop.h"

#include <event2/event.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"

#define LAG_BUSY (20 * USEC_PER_MSEC)
#define LAG_IDLE USEC_PER_SEC

struct loop {
	struct event_base *base; /* owned */
	int status;
	struct timer lag_timer;
	usec_t lag_due;
	bool is_lag_busy;
	struct metric_cell *lag;
	LIST_HEAD(, beat) beats;
};

static void on_libevent_log(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warning("libevent", "text=%s", log_quote(text));
}

static void on_lag_timer(void *arg)
{
	struct loop *loop = arg;
	usec_t late = clock_mono() - loop->lag_due, next = loop->is_lag_busy ? LAG_BUSY : LAG_IDLE;

	metric_observe(loop->lag, late > 0 ? (double)late / USEC_PER_SEC : 0);
	loop->lag_due = clock_mono() + next;
	timer_start(&loop->lag_timer, next);
	for (struct beat *b = LIST_FIRST(&loop->beats), *after; b != NULL; b = after) {
		after = LIST_NEXT(b, link);
		b->on_beat(b->arg);
	}
}

struct loop *loop_new(void)
{
	struct loop *loop = xcalloc(1, sizeof(*loop));

	event_set_log_callback(on_libevent_log);
	/* the same functions as its own choice, but then it clears memory itself: glibc's calloc
	 * makes no use of what the thread freed last, and evdns allocates twice a question */
	event_set_mem_functions(malloc, realloc, free);
	struct event_config *config = event_config_new();

	event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_PRECISE_TIMER);
	loop->base = event_base_new_with_config(config);
	event_config_free(config);
	if (loop->base == NULL) {
		free(loop);
		return NULL;
	}
	loop->lag = metrics_cell(METRIC_LOOP_LAG);
	timer_init(&loop->lag_timer, loop, on_lag_timer, loop);
	loop->lag_due = clock_mono() + LAG_IDLE;
	timer_start(&loop->lag_timer, LAG_IDLE);
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	timer_cancel(&loop->lag_timer);
	event_base_free(loop->base);
	free(loop);
}

int loop_run(struct loop *loop)
{
	event_base_dispatch(loop->base);
	return loop->status;
}

void loop_stop(struct loop *loop, int status)
{
	loop->status = status;
	event_base_loopbreak(loop->base);
}

void loop_turn(struct loop *loop)
{
	event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

struct event_base *loop_event_base(struct loop *loop)
{
	return loop->base;
}

void loop_watch_lag(struct loop *loop, bool is_busy)
{
	if (loop->is_lag_busy == is_busy)
		return;
	loop->is_lag_busy = is_busy;
	if (is_busy) {
		loop->lag_due = clock_mono() + LAG_BUSY;
		timer_start(&loop->lag_timer, LAG_BUSY);
	}
}

void beat_start(struct beat *beat, struct loop *loop, loop_fn *on_beat, void *arg)
{
	*beat = (struct beat){.on_beat = on_beat, .arg = arg};
	LIST_INSERT_HEAD(&loop->beats, beat, link);
}

void beat_cancel(struct beat *beat)
{
	if (beat->on_beat != NULL)
		LIST_REMOVE(beat, link);
	beat->on_beat = NULL;
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct timer *t = arg;

	(void)fd, (void)what;
	t->on_time(t->arg);
}

void timer_init(struct timer *t, struct loop *loop, loop_fn *on_time, void *arg)
{
	*t = (struct timer){.on_time = on_time, .arg = arg};
	event_assign(&t->event, loop->base, -1, 0, on_timer, t);
}

void timer_start(struct timer *t, usec_t delay)
{
	struct timeval tv = {.tv_sec = delay / USEC_PER_SEC, .tv_usec = delay % USEC_PER_SEC};

	event_add(&t->event, &tv);
}

void timer_cancel(struct timer *t)
{
	if (event_initialized(&t->event))
		event_del(&t->event);
}

bool timer_is_set(const struct timer *t)
{
	return event_pending(&t->event, EV_TIMEOUT, NULL) != 0;
}

static void on_defer(evutil_socket_t fd, short what, void *arg)
{
	struct defer *d = arg;

	(void)fd, (void)what;
	d->is_due = false;
	d->call(d->arg);
}

void defer_init(struct defer *d, struct loop *loop, loop_fn *call, void *arg)
{
	*d = (struct defer){.call = call, .arg = arg};
	event_assign(&d->event, loop->base, -1, 0, on_defer, d);
}

void defer_start(struct defer *d)
{
	static const struct timeval now = {0, 0};

	/* a timer of no length, not event_active: the loop looks at descriptors before it calls
	 * again */
	if (!d->is_due)
		event_add(&d->event, &now);
	d->is_due = true;
}

void defer_cancel(struct defer *d)
{
	if (event_initialized(&d->event))
		event_del(&d->event);
	d->is_due = false;
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
	struct watch *w = arg;

	(void)fd, (void)what;
	w->on_ready(w->arg);
}

static enum err start_watch(
    struct watch *w, struct loop *loop, int fd, short what, loop_fn *on_ready, void *arg)
{
	*w = (struct watch){.on_ready = on_ready, .arg = arg};
	event_assign(&w->event, loop->base, fd, (short)(what | EV_PERSIST), on_watch, w);
	return event_add(&w->event, NULL) == 0 ? OK : ERR_SYSTEM;
}

enum err watch_start_read(struct watch *w, struct loop *loop, int fd, loop_fn *on_ready, void *arg)
{
	return start_watch(w, loop, fd, EV_READ, on_ready, arg);
}

enum err watch_start_write(struct watch *w, struct loop *loop, int fd, loop_fn *on_ready, void *arg)
{
	return start_watch(w, loop, fd, EV_WRITE, on_ready, arg);
}

enum err watch_start_signal(
    struct watch *w, struct loop *loop, int signal, loop_fn *on_signal, void *arg)
{
	return start_watch(w, loop, signal, EV_SIGNAL, on_signal, arg);
}

void watch_cancel(struct watch *w)
{
	if (event_initialized(&w->event))
		event_del(&w->event);
}
