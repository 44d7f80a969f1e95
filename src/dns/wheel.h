/* A timing wheel: deadlines of thousands of lookups with one timer of the loop. Each slot of about
 * 4 ms has a list; an entry that is due in a later round stays on its slot's list until then.
 * Setting and cancelling take the same time however many there are. Thread: loop. */
#pragma once

#include <stddef.h>
#include <sys/queue.h>

#include "loop/loop.h"

enum { WHEEL_SLOTS = 1024, WHEEL_SHIFT = 12 }; /* a tick is 4096 microseconds */

/* Embedded in its owner. */
struct wheel_entry {
	LIST_ENTRY(wheel_entry) link;
	int64_t tick;
	bool is_set;
};

LIST_HEAD(wheel_list, wheel_entry);

/* Called for each entry that is due; it isn't set then. The callback may set and cancel entries. */
typedef void wheel_fn(struct wheel_entry *entry, void *arg);

struct wheel {
	struct timer timer;
	wheel_fn *on_due;
	void *arg;
	int64_t done; /* the last tick that was served */
	int64_t wake; /* when the timer fires; INT64_MAX: it isn't set */
	size_t n_entries;
	struct wheel_list due;
	struct wheel_list slots[WHEEL_SLOTS];
};

void wheel_init(struct wheel *w, struct loop *loop, wheel_fn *on_due, void *arg);
void wheel_done(struct wheel *w); /* entries that are set are left alone */

/* Have the entry called at `due` (by clock_mono; up to two ticks later); one that is set is moved.
 */
void wheel_set(struct wheel *w, struct wheel_entry *entry, usec_t due, usec_t now);
void wheel_cancel(struct wheel *w, struct wheel_entry *entry);

/* How long the next entry has been due; 0: none is. */
usec_t wheel_overdue(const struct wheel *w, usec_t now);
