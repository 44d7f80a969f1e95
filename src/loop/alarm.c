/* A kernel timer on the wall clock, which also reports that the clock was set. */
#include "loop/alarm.h"

#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

static void set(struct alarm *a, usec_t due)
{
	struct itimerspec when;

	memset(&when, 0, sizeof(when));
	when.it_value.tv_sec = due / USEC_PER_SEC;
	when.it_value.tv_nsec = due % USEC_PER_SEC * 1000;
	(void)timerfd_settime(a->fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &when, NULL);
}

static void on_ready(void *arg)
{
	struct alarm *a = arg;
	uint64_t n_times;

	/* ECANCELED: the clock was set; it stays armed, and is the owner's to set anew. Either way
	 * the descriptor is not ready any more. */
	(void)!read(a->fd, &n_times, sizeof(n_times));
	a->on_time(a->arg);
}

enum err alarm_init(struct alarm *a, struct loop *loop, loop_fn *on_time, void *arg)
{
	*a = (struct alarm){.on_time = on_time, .arg = arg};
	a->fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (a->fd < 0)
		return ERR_SYSTEM;
	return watch_start_read(&a->watch, loop, a->fd, on_ready, a);
}

void alarm_done(struct alarm *a)
{
	watch_cancel(&a->watch);
	if (a->on_time != NULL && a->fd >= 0)
		close(a->fd);
	*a = (struct alarm){.fd = -1};
}

void alarm_start(struct alarm *a, usec_t due)
{
	set(a, due > 0 ? due : 1); /* 0 would mean never */
}

void alarm_cancel(struct alarm *a)
{
	set(a, 0);
}

usec_t alarm_now(const struct alarm *a)
{
	(void)a;
	return clock_wall();
}
