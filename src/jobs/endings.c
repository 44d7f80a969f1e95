/* How a run leaves: its items are stopped, and it is taken out of all that knows of it. */
#include "jobs/jobs_private.h"

void run_stop_items(struct run *run)
{
	struct item *item;

	while ((item = TAILQ_FIRST(&run->items)) != NULL) {
		lane_cancel(run_lane(run), item->number);
		careful_rest(item);
		TAILQ_REMOVE(&run->items, item, link);
		item_free(item);
	}
	run->n_items = run->n_saving = 0;
}

void run_remove(struct run *run)
{
	struct core *core = run->core;
	struct subscription *s;

	run_stop_items(run);
	if (run->is_dirty)
		TAILQ_REMOVE(&core->dirty, run, dirt);
	turns_move(run, PLACE_NONE);
	agenda_set(&core->agenda, run, 0);
	timer_cancel(&run->bucket_timer);
	while ((s = LIST_FIRST(&run->subscriptions)) != NULL) {
		events_unsubscribe(s);
		s->on_change(NULL, s->arg); /* it was not told of an end: the core goes away */
	}
	core->n_pending -= run->n_block;
	core->pending_bytes -= run->block.len;
	chunks_close(run);
	run_forget(run);
}
