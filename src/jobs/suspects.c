/* The line of suspects, and those that are noted. */
#include "jobs/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/loop.h"

/* After a note that could not be written. */
#define AGAIN USEC_PER_SEC

/* No note is made this soon after an unclean end. Otherwise a suspect that happens to be noted
 * would be blamed for a crash by something that is not suspect yet. */
#define HEAD_START USEC_PER_SEC

enum { MOST = 64 /* begun at one time */ };

struct suspects {
	struct store *store;
	usec_t patience;
	TAILQ_HEAD(suspect_list, suspect) alone, line; /* who waits; those in doubt come first */
	struct suspect_list noted;                     /* or begun; the latest is the last */
	size_t n_noted;
	struct suspect *writing;    /* whose note is under way; NULL: it left */
	bool is_writing, has_notes; /* notes: the database has some that are begun */
	usec_t begun_at;            /* monotonic; of the latest */
	size_t n_doubts;
	struct stored_note doubts[STORE_MAX_NOTES]; /* not settled yet */
	struct defer step;
	struct timer again; /* to look at the line */
	struct timer pause; /* none is noted while it is set */
};

static struct stored_note *find_doubt(struct suspects *s, const struct suspect *suspect)
{
	for (size_t i = 0; i < s->n_doubts; i++) {
		if (s->doubts[i].job_no == suspect->job_no && s->doubts[i].index == suspect->index)
			return &s->doubts[i];
	}
	return NULL;
}

static void on_written(struct store_op *op)
{
	struct suspects *s = op->arg;
	struct suspect *suspect = TAKE(s->writing);

	s->is_writing = false;
	if (op->err != OK) { /* the store has said why */
		timer_start(&s->pause, AGAIN);
		return;
	}
	s->has_notes = op->u.notes.n > 0 && op->u.notes.all[0].is_begun;
	defer_start(&s->step); /* it may have left */
	if (suspect == NULL)
		return;
	TAILQ_REMOVE(suspect->is_alone ? &s->alone : &s->line, suspect, link);
	TAILQ_INSERT_TAIL(&s->noted, suspect, link);
	s->n_noted++;
	suspect->place = SUSPECT_NOTED;
	suspect->on_noted(suspect->arg);
}

static void add_note(struct stored_notes *notes, const struct suspect *suspect)
{
	notes->all[notes->n++] = (struct stored_note){.job_no = suspect->job_no,
	    .index = suspect->index,
	    .chunk = suspect->chunk,
	    .is_begun = true};
}

/* Write who is noted from now on: `next` if not NULL, those noted already, and then those in doubt
 * as far as there is room. */
static void write_notes(struct suspects *s, struct suspect *next)
{
	struct store_op *op = store_op_new(STORE_NOTE, on_written, s);
	struct stored_notes *notes = &op->u.notes;
	const struct suspect *suspect;

	notes->all = xcalloc(STORE_MAX_NOTES, sizeof(*notes->all));
	if (next != NULL)
		add_note(notes, next);
	TAILQ_FOREACH (suspect, &s->noted, link)
		add_note(notes, suspect);
	size_t n_begun = notes->n;
	for (size_t i = 0; i < s->n_doubts && notes->n < STORE_MAX_NOTES; i++) {
		bool is_there = false;
		for (size_t k = 0; k < n_begun; k++)
			is_there = is_there || (notes->all[k].job_no == s->doubts[i].job_no &&
						   notes->all[k].index == s->doubts[i].index);
		if (!is_there)
			notes->all[notes->n++] = s->doubts[i];
	}
	s->writing = next;
	s->is_writing = true;
	store_start(s->store, op);
}

/* Return whether one more may be noted. Set the timer if only time is missing. */
static bool has_room(struct suspects *s, const struct suspect *next)
{
	const struct suspect *latest = TAILQ_LAST(&s->noted, suspect_list);

	if (latest == NULL)
		return true;
	if (next->is_alone || latest->is_alone || latest->place != SUSPECT_BEGUN ||
	    s->n_noted >= MOST)
		return false;
	usec_t left = s->begun_at + s->patience - clock_mono();
	if (left > 0)
		timer_start(&s->again, left);
	return left <= 0;
}

/* Note the first in line. If there is none and none is begun, withdraw the last note, so that it is
 * not blamed for a later crash. */
static void step(void *arg)
{
	struct suspects *s = arg;
	struct suspect *next = TAILQ_FIRST(&s->alone);

	if (next == NULL)
		next = TAILQ_FIRST(&s->line);
	if (s->is_writing || timer_is_set(&s->pause))
		return;
	if (next == NULL ? s->n_noted == 0 && s->has_notes : has_room(s, next))
		write_notes(s, next);
}

void suspects_ask(struct suspects *s, struct suspect *suspect)
{
	if (suspect->place != SUSPECT_IDLE)
		return;
	suspect->place = SUSPECT_WAITING;
	suspect->is_alone = find_doubt(s, suspect) != NULL;
	TAILQ_INSERT_TAIL(suspect->is_alone ? &s->alone : &s->line, suspect, link);
	defer_start(&s->step);
}

void suspects_begin(struct suspects *s, struct suspect *suspect)
{
	suspect->place = SUSPECT_BEGUN;
	s->begun_at = clock_mono();
	defer_start(&s->step);
}

void suspects_leave(struct suspects *s, struct suspect *suspect)
{
	if (suspect->place == SUSPECT_IDLE)
		return;
	if (suspect->place == SUSPECT_WAITING) {
		TAILQ_REMOVE(suspect->is_alone ? &s->alone : &s->line, suspect, link);
	} else {
		TAILQ_REMOVE(&s->noted, suspect, link);
		s->n_noted--;
	}
	if (s->writing == suspect)
		s->writing = NULL;
	struct stored_note *doubt = find_doubt(s, suspect);
	if (doubt != NULL && suspect->place == SUSPECT_BEGUN)
		*doubt = s->doubts[--s->n_doubts];
	suspect->place = SUSPECT_IDLE;
	defer_start(&s->step);
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

struct suspects *suspects_new(struct loop *loop, struct store *store, usec_t patience)
{
	struct suspects *s = xcalloc(1, sizeof(*s));
	const struct store_life *life = store_life(store);

	s->store = store;
	s->patience = patience;
	TAILQ_INIT(&s->alone);
	TAILQ_INIT(&s->line);
	TAILQ_INIT(&s->noted);
	s->n_doubts = life->n_doubts;
	memcpy(s->doubts, life->doubts, sizeof(s->doubts));
	defer_init(&s->step, loop, step, s);
	timer_init(&s->again, loop, step, s);
	timer_init(&s->pause, loop, step, s);
	if (life->n_unclean > 0)
		timer_start(&s->pause, HEAD_START);
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
	timer_cancel(&s->pause);
	free(s);
}
