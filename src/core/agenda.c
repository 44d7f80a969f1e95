/* The heap: the run that is due first stands at place 0, and each one's place is written in it. */
#include "core/agenda.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "core/run.h"

/* Runs that are told in one turn of the loop. */
enum { MANY = 500 };

static void put(struct agenda *agenda, size_t place, struct run *run)
{
	agenda->runs[place] = run;
	run->agenda_place = place + 1;
}

/* Move the run at `place` to where it belongs. */
static void settle(struct agenda *agenda, size_t place)
{
	struct run *run = agenda->runs[place];

	while (place > 0 && agenda->runs[(place - 1) / 2]->due > run->due) {
		put(agenda, place, agenda->runs[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	for (;;) {
		size_t child = 2 * place + 1;
		if (child + 1 < agenda->n &&
		    agenda->runs[child + 1]->due < agenda->runs[child]->due)
			child++;
		if (child >= agenda->n || agenda->runs[child]->due >= run->due)
			break;
		put(agenda, place, agenda->runs[child]);
		place = child;
	}
	put(agenda, place, run);
}

static void take_out(struct agenda *agenda, struct run *run)
{
	size_t place = run->agenda_place - 1;
	struct run *last = agenda->runs[--agenda->n];

	run->agenda_place = 0;
	if (last == run)
		return;
	put(agenda, place, last);
	settle(agenda, place);
}

static void arm(struct agenda *agenda)
{
	if (agenda->n > 0)
		alarm_start(&agenda->alarm, agenda->runs[0]->due);
	else
		alarm_cancel(&agenda->alarm);
}

static void tell_due(void *arg)
{
	struct agenda *agenda = arg;
	usec_t now = agenda_now(agenda);

	for (int i = 0; agenda->n > 0 && agenda->runs[0]->due <= now; i++) {
		if (i == MANY) {
			defer_start(&agenda->more);
			return;
		}
		struct run *run = agenda->runs[0];
		take_out(agenda, run);
		agenda->on_due(run);
	}
	arm(agenda);
}

enum err agenda_init(struct agenda *agenda, struct loop *loop, void (*on_due)(struct run *run))
{
	*agenda = (struct agenda){.on_due = on_due};
	defer_init(&agenda->more, loop, tell_due, agenda);
	return alarm_init(&agenda->alarm, loop, tell_due, agenda);
}

void agenda_done(struct agenda *agenda)
{
	defer_cancel(&agenda->more);
	alarm_done(&agenda->alarm);
	free(agenda->runs);
	agenda->runs = NULL;
}

void agenda_set(struct agenda *agenda, struct run *run, usec_t due)
{
	const struct run *first = agenda->n > 0 ? agenda->runs[0] : NULL;
	usec_t first_due = first != NULL ? first->due : 0;

	if (run->agenda_place > 0 && run->due == due)
		return;
	if (run->agenda_place > 0)
		take_out(agenda, run);
	run->due = due;
	if (due > 0) {
		if (agenda->n == agenda->room) {
			agenda->room = agenda->room > 0 ? agenda->room * 2 : 64;
			agenda->runs = xrealloc(agenda->runs, agenda->room * sizeof(*agenda->runs));
		}
		put(agenda, agenda->n++, run);
		settle(agenda, agenda->n - 1);
	}
	/* the alarm goes by the first one alone; to set it is a call of the system */
	if (agenda->n == 0 ? first != NULL
			   : agenda->runs[0] != first || agenda->runs[0]->due != first_due)
		arm(agenda);
}

usec_t agenda_now(const struct agenda *agenda)
{
	return alarm_now(&agenda->alarm);
}
