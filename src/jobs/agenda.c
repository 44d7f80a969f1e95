/* The heap and its alarm, which is set for the first job only. */
#include "jobs/agenda.h"

#include "jobs/live.h"

/* Jobs that are told in one turn of the loop. */
enum { MANY = 500 };

static struct live_job *job_of(struct due_entry *entry)
{
	return (struct live_job *)((char *)entry - offsetof(struct live_job, agenda_entry));
}

static void arm(struct agenda *agenda)
{
	const struct due_entry *first = due_heap_first(&agenda->heap);

	if (first != NULL)
		alarm_start(&agenda->alarm, first->key);
	else
		alarm_cancel(&agenda->alarm);
}

static void tell_due(void *arg)
{
	struct agenda *agenda = arg;
	usec_t now = agenda_now(agenda);
	struct due_entry *first;

	for (int i = 0; (first = due_heap_first(&agenda->heap)) != NULL && first->key <= now; i++) {
		if (i == MANY) {
			defer_start(&agenda->more);
			return;
		}
		due_heap_remove(first);
		agenda->on_due(job_of(first));
	}
	arm(agenda);
}

enum err agenda_init(
    struct agenda *agenda, struct loop *loop, void (*on_due)(struct live_job *live))
{
	*agenda = (struct agenda){.on_due = on_due};
	defer_init(&agenda->more, loop, tell_due, agenda);
	return alarm_init(&agenda->alarm, loop, tell_due, agenda);
}

void agenda_done(struct agenda *agenda)
{
	defer_cancel(&agenda->more);
	alarm_done(&agenda->alarm);
	due_heap_done(&agenda->heap);
}

void agenda_set(struct agenda *agenda, struct live_job *live, usec_t due)
{
	struct due_entry *entry = &live->agenda_entry;
	const struct due_entry *first = due_heap_first(&agenda->heap);
	usec_t first_due = first != NULL ? first->key : 0;

	if (entry->heap != NULL && entry->key == due)
		return;
	if (due > 0)
		due_heap_put(&agenda->heap, entry, due);
	else
		due_heap_remove(entry);
	/* the alarm goes by the first one alone; to set it is a call of the system */
	const struct due_entry *now_first = due_heap_first(&agenda->heap);
	if (now_first == NULL ? first != NULL : now_first != first || now_first->key != first_due)
		arm(agenda);
}

usec_t agenda_now(const struct agenda *agenda)
{
	return alarm_now(&agenda->alarm);
}
