/* How a live job leaves: its items are stopped, and it is removed from all lists. */
#include "jobs/jobs_private.h"

void live_stop_items(struct live_job *live)
{
	struct item *item;

	while ((item = TAILQ_FIRST(&live->items)) != NULL) {
		lane_cancel(live_lane(live), item->number);
		careful_rest(item);
		TAILQ_REMOVE(&live->items, item, link);
		item_free(item);
	}
	live->n_items = live->n_saving = 0;
	parking_drop(live);
}

void live_remove(struct live_job *live)
{
	struct core *core = live->core;
	struct subscription *s;

	live_stop_items(live);
	if (live->is_dirty)
		TAILQ_REMOVE(&core->dirty, live, dirt);
	turns_move(live, PLACE_NONE);
	agenda_set(&core->agenda, live, 0);
	timer_cancel(&live->bucket_timer);
	while ((s = LIST_FIRST(&live->subscriptions)) != NULL) {
		events_unsubscribe(s);
		s->on_change(NULL, s->arg); /* the core goes away: there was no end to tell */
	}
	core->n_pending -= live->n_block;
	core->pending_bytes -= live->block.len;
	chunks_close(live);
	live_forget(live);
}
