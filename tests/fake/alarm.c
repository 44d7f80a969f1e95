/* The wall clock and a distance from it. */
#include "alarm.h"

#include <check.h>

enum { MAX_ALARMS = 8 };

static struct fake {
	struct alarm *alarm; /* NULL: free */
	struct defer call;
	usec_t due; /* 0: it doesn't run */
} fakes[MAX_ALARMS];

static usec_t offset, stopped_at;
static size_t n_starts;

static struct fake *find(const struct alarm *a)
{
	for (int i = 0; i < MAX_ALARMS; i++) {
		if (fakes[i].alarm == a)
			return &fakes[i];
	}
	ck_abort_msg("there is no such alarm");
}

static void on_call(void *arg)
{
	struct fake *f = arg;

	if (f->due > 0)
		f->alarm->on_time(f->alarm->arg);
}

enum err alarm_init(struct alarm *a, struct loop *loop, loop_fn *on_time, void *arg)
{
	struct fake *f = find(NULL);

	*a = (struct alarm){.on_time = on_time, .arg = arg};
	*f = (struct fake){.alarm = a};
	defer_init(&f->call, loop, on_call, f);
	return OK;
}

void alarm_done(struct alarm *a)
{
	struct fake *f = find(a);

	defer_cancel(&f->call);
	f->alarm = NULL;
}

usec_t alarm_now(const struct alarm *a)
{
	(void)a;
	return (stopped_at > 0 ? stopped_at : clock_wall()) + offset;
}

void alarm_start(struct alarm *a, usec_t due)
{
	struct fake *f = find(a);

	n_starts++;
	f->due = due;
	if (due <= alarm_now(a))
		defer_start(&f->call);
}

void alarm_cancel(struct alarm *a)
{
	find(a)->due = 0;
}

void fake_alarm_move(usec_t by, bool is_step)
{
	offset += by;
	for (int i = 0; i < MAX_ALARMS; i++) {
		struct fake *f = &fakes[i];
		if (f->alarm != NULL && f->due > 0 && (is_step || f->due <= alarm_now(f->alarm)))
			defer_start(&f->call);
	}
}

void fake_alarm_stop_clock(usec_t at)
{
	stopped_at = at;
	offset = 0;
}

size_t fake_alarm_n_starts(void)
{
	return n_starts;
}
