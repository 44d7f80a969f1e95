/* A timing wheel. */
#include "dns/wheel.h"

static int64_t tick_of(usec_t time)
{
	return time >> WHEEL_SHIFT;
}

static void wake_at(struct wheel *w, int64_t tick, usec_t now)
{
	usec_t time = (tick + 1) << WHEEL_SHIFT;

	w->wake = tick;
	timer_start(&w->timer, time > now ? time - now : 0);
}

/* Find the next slot with an entry; it may belong to a later round. */
static void wake_for_next(struct wheel *w, usec_t now)
{
	w->wake = INT64_MAX;
	if (w->n_entries == 0)
		return;
	for (int64_t tick = w->done + 1; tick <= w->done + WHEEL_SLOTS; tick++) {
		if (!LIST_EMPTY(&w->slots[tick % WHEEL_SLOTS])) {
			wake_at(w, tick, now);
			return;
		}
	}
}

static void collect(struct wheel *w, int64_t tick)
{
	struct wheel_list *slot = &w->slots[tick % WHEEL_SLOTS];
	struct wheel_entry *entry = LIST_FIRST(slot), *next;

	for (; entry != NULL; entry = next) {
		next = LIST_NEXT(entry, link);
		if (entry->tick > tick)
			continue;
		LIST_REMOVE(entry, link);
		LIST_INSERT_HEAD(&w->due, entry, link);
	}
}

static void on_timer(void *arg)
{
	struct wheel *w = arg;
	struct wheel_entry *entry;
	usec_t now = clock_mono();
	int64_t last = tick_of(now) - 1, first = w->done + 1;

	if (last - first >= WHEEL_SLOTS)
		first = last - WHEEL_SLOTS + 1; /* each slot once */
	for (int64_t tick = first; tick <= last; tick++)
		collect(w, tick);
	w->done = last > w->done ? last : w->done;
	while ((entry = LIST_FIRST(&w->due)) != NULL) {
		wheel_cancel(w, entry);
		w->on_due(entry, w->arg);
	}
	wake_for_next(w, now);
}

void wheel_init(struct wheel *w, struct loop *loop, wheel_fn *on_due, void *arg)
{
	w->on_due = on_due;
	w->arg = arg;
	w->done = tick_of(clock_mono()) - 1;
	w->wake = INT64_MAX;
	w->n_entries = 0;
	LIST_INIT(&w->due);
	for (int i = 0; i < WHEEL_SLOTS; i++)
		LIST_INIT(&w->slots[i]);
	timer_init(&w->timer, loop, on_timer, w);
}

void wheel_done(struct wheel *w)
{
	timer_cancel(&w->timer);
}

void wheel_set(struct wheel *w, struct wheel_entry *entry, usec_t due, usec_t now)
{
	int64_t tick = tick_of(due);

	if (entry->is_set)
		wheel_cancel(w, entry);
	if (w->n_entries == 0 && w->done < tick_of(now) - 1)
		w->done = tick_of(now) - 1; /* nothing waits in between */
	entry->tick = tick > w->done ? tick : w->done + 1;
	entry->is_set = true;
	LIST_INSERT_HEAD(&w->slots[entry->tick % WHEEL_SLOTS], entry, link);
	w->n_entries++;
	if (entry->tick < w->wake)
		wake_at(w, entry->tick, now);
}

void wheel_cancel(struct wheel *w, struct wheel_entry *entry)
{
	if (!entry->is_set)
		return;
	LIST_REMOVE(entry, link);
	entry->is_set = false;
	w->n_entries--;
}

usec_t wheel_overdue(const struct wheel *w, usec_t now)
{
	int64_t tick = w->wake != INT64_MAX ? w->wake : w->done;
	usec_t due = (tick + 1) << WHEEL_SHIFT;

	return w->n_entries > 0 && now > due ? now - due : 0;
}
