/* The line of suspects, and the one that is noted. */
#include "core/suspects.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/loop.h"

/* After a note that could not be written. */
#define AGAIN USEC_PER_SEC

/* No note is made so soon after an unclean end: what crashes the daemon at once, and isn't suspect
 * yet, is not to be blamed on a suspect that happens to be noted. */
#define HEAD_START USEC_PER_SEC

struct suspects {
	struct store *store;
	TAILQ_HEAD(, suspect) line;
	struct suspect *noted;   /* it begins, or is worked on */
	struct suspect *writing; /* the first of the line, whose note is under way; NULL: it left */
	bool is_writing, has_note; /* note: the database has one */
	struct defer step;
	struct timer again; /* none is noted while it is set */
};

static void on_written(struct store_op *op)
{
	struct suspects *s = op->arg;
	struct suspect *suspect = TAKE(s->writing);

	s->is_writing = false;
	if (op->err != OK) { /* the store has said why */
		timer_start(&s->again, AGAIN);
		return;
	}
	s->has_note = op->u.note.index > 0 || op->job_no > 0;
	defer_start(&s->step); /* it may have left */
	if (suspect == NULL)
		return;
	TAILQ_REMOVE(&s->line, suspect, link);
	suspect->place = SUSPECT_NOTED;
	s->noted = suspect;
	suspect->on_noted(suspect->arg);
}

/* Note the first of the line; when there is none, that nothing is begun: a crash from now on is not
 * the fault of the last one. */
static void step(void *arg)
{
	struct suspects *s = arg;
	struct suspect *first = TAILQ_FIRST(&s->line);

	if (s->is_writing || s->noted != NULL || timer_is_set(&s->again) ||
	    (first == NULL && !s->has_note))
		return;
	struct store_op *op = store_op_new(STORE_NOTE, on_written, s);
	if (first != NULL) {
		op->job_no = first->job_no;
		op->u.note = first->note;
	}
	s->writing = first;
	s->is_writing = true;
	store_start(s->store, op);
}

void suspects_ask(struct suspects *s, struct suspect *suspect)
{
	if (suspect->place != SUSPECT_IDLE)
		return;
	suspect->place = SUSPECT_WAITING;
	TAILQ_INSERT_TAIL(&s->line, suspect, link);
	defer_start(&s->step);
}

void suspects_leave(struct suspects *s, struct suspect *suspect)
{
	if (suspect->place == SUSPECT_WAITING)
		TAILQ_REMOVE(&s->line, suspect, link);
	if (s->writing == suspect)
		s->writing = NULL;
	if (s->noted == suspect)
		s->noted = NULL;
	if (suspect->place != SUSPECT_IDLE)
		defer_start(&s->step);
	suspect->place = SUSPECT_IDLE;
}

uint32_t suspects_n_unclean(const struct suspects *s)
{
	return store_life(s->store)->n_unclean;
}

bool suspects_is_careful(const struct suspects *s)
{
	const struct store_life *life = store_life(s->store);

	return life->n_unclean > 0 || life->n_suspects > 0;
}

static void tell_crash(const struct store_life *life)
{
	struct metric_cell *items = metrics_cell(METRIC_CRASHED, "item"),
			   *posts = metrics_cell(METRIC_CRASHED, "callback");
	char id[ID_TEXT_SIZE];

	id_format(&life->crashed_id, id);
	if (life->crashed == CRASHED_ITEM) {
		metric_add(items, 1);
		log_error("item_crashed", "job=%s kind=%s index=%u", id,
		    job_kind_name(life->crashed_kind), life->crashed_index);
	} else if (life->crashed == CRASHED_POST) {
		metric_add(posts, 1);
		log_error("callback_crashed", "webhook=%s", id);
	}
}

static double get_unclean(void *arg)
{
	return (double)suspects_n_unclean(arg);
}

struct suspects *suspects_new(struct loop *loop, struct store *store)
{
	struct suspects *s = xcalloc(1, sizeof(*s));
	const struct store_life *life = store_life(store);

	s->store = store;
	TAILQ_INIT(&s->line);
	defer_init(&s->step, loop, step, s);
	timer_init(&s->again, loop, step, s);
	if (life->n_unclean > 0)
		timer_start(&s->again, HEAD_START);
	metrics_getter(METRIC_UNCLEAN_ENDS, get_unclean, s);
	if (!life->is_known)
		log_warning("unclean_ends", "state=unknown");
	else if (life->n_unclean > 0)
		log_warning("unclean_ends", "in_a_row=%u suspects=%llu", life->n_unclean,
		    (unsigned long long)life->n_suspects);
	tell_crash(life);
	return s;
}

void suspects_free(struct suspects *s)
{
	if (s == NULL)
		return;
	defer_cancel(&s->step);
	timer_cancel(&s->again);
	free(s);
}
