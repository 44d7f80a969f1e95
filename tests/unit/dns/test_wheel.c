/* The timing wheel. */
#include "../unit.h"

#include "../../fake/runner.h"
#include "base/metrics.h"
#include "dns/wheel.h"

enum { N = 6 };

struct drill {
	struct loop *loop;
	struct wheel wheel;
	struct wheel_entry entries[N];
	int order[N], n_done;
	struct wheel_entry *to_cancel;
};

static void on_due(struct wheel_entry *entry, void *arg)
{
	struct drill *d = arg;

	d->order[d->n_done++] = (int)(entry - d->entries);
	if (d->to_cancel != NULL)
		wheel_cancel(&d->wheel, d->to_cancel);
	d->to_cancel = NULL;
}

static bool is_empty(void *arg)
{
	const struct drill *d = arg;

	return d->wheel.n_entries == 0;
}

static void begin(struct drill *d)
{
	*d = (struct drill){.loop = loop_new()};
	wheel_init(&d->wheel, d->loop, on_due, d);
}

static void end(struct drill *d)
{
	wheel_done(&d->wheel);
	loop_free(d->loop);
	metrics_done();
}

TEST(calls_in_the_order_of_time_and_never_early)
{
	static struct drill d;
	static const usec_t delays[N] = {90000, 30000, 0, 60000, 150000, 120000};

	begin(&d);
	usec_t now = clock_mono();
	for (int i = 0; i < N; i++)
		wheel_set(&d.wheel, &d.entries[i], now + delays[i], now);
	wheel_set(&d.wheel, &d.entries[4], now + 10000, now); /* moved */
	wheel_cancel(&d.wheel, &d.entries[3]);
	run_until(d.loop, is_empty, &d, "entries");
	ck_assert_int_ge(clock_mono(), now + 120000);
	ck_assert_int_eq(d.n_done, 5);
	static const int want[] = {2, 4, 1, 0, 5};
	ck_assert_mem_eq(d.order, want, sizeof(want));
	end(&d);
}

TEST(holds_what_is_due_in_a_later_round)
{
	static struct drill d;

	begin(&d);
	usec_t now = clock_mono();
	wheel_set(&d.wheel, &d.entries[0], now + ((usec_t)(WHEEL_SLOTS + 5) << WHEEL_SHIFT), now);
	wheel_set(&d.wheel, &d.entries[1], now + ((usec_t)5 << WHEEL_SHIFT), now);
	while (d.n_done == 0)
		loop_turn(d.loop);
	ck_assert_int_eq(d.order[0], 1);
	ck_assert_uint_eq(d.wheel.n_entries, 1);
	run_until(d.loop, is_empty, &d, "the last entry");
	ck_assert_int_ge(clock_mono(), now + ((usec_t)(WHEEL_SLOTS + 5) << WHEEL_SHIFT));
	end(&d);
}

TEST(a_callback_may_cancel_what_is_due_too)
{
	static struct drill d;

	begin(&d);
	usec_t now = clock_mono();
	wheel_set(&d.wheel, &d.entries[0], now, now);
	wheel_set(&d.wheel, &d.entries[1], now, now);
	d.to_cancel = &d.entries[0];
	run_until(d.loop, is_empty, &d, "entries");
	ck_assert_int_le(d.n_done, 2);
	ck_assert(!d.entries[0].is_set && !d.entries[1].is_set);
	end(&d);
}

TEST(tells_that_it_is_not_served)
{
	static struct drill d;

	begin(&d);
	usec_t now = clock_mono();
	ck_assert_int_eq(wheel_overdue(&d.wheel, now + USEC_PER_SEC), 0);
	wheel_set(&d.wheel, &d.entries[0], now + 100000, now);
	ck_assert_int_eq(wheel_overdue(&d.wheel, now + 90000), 0);
	ck_assert_int_gt(wheel_overdue(&d.wheel, now + USEC_PER_SEC), 800000);
	run_until(d.loop, is_empty, &d, "the entry");
	ck_assert_int_eq(wheel_overdue(&d.wheel, clock_mono() + USEC_PER_SEC), 0);
	end(&d);
}

SUITE(wheel)
{
	tcase_set_timeout(tcase, 20);
	ADD(calls_in_the_order_of_time_and_never_early);
	ADD(holds_what_is_due_in_a_later_round);
	ADD(a_callback_may_cancel_what_is_due_too);
	ADD(tells_that_it_is_not_served);
}
