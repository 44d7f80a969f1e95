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

enum {
	MOST = STORE_MAX_NOTES, /* noted at one time: names whose servers fail take seconds, and
				   must not stop the line */
	MOST_GROUP = 64,        /* noted by one transaction */
	FEW_DOUBTS = 8,         /* so few in doubt are begun one after the other */
	DOUBT_PATIENCE = 10,    /* with one in doubt, in patiences of others */
};

struct suspects {
	struct store *store;
	usec_t patience;
	TAILQ_HEAD(suspect_list, suspect) doubted, line; /* who waits; those in doubt come first */
	struct suspect_list writing;                     /* whose notes are under way */
	struct suspect_list noted;                       /* or begun */
	size_t n_noted, n_begun;                         /* noted: the begun ones too */
	size_t group;                                    /* so many of the line are noted next */
	bool is_writing, has_notes;    /* notes: the database has some that are begun */
	bool is_doubted;               /* those that are noted are in doubt */
	usec_t begun_at;               /* monotonic; of the latest */
	size_t n_doubts, most_doubted; /* doubted: so many of them may be noted at one time */
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

/* The store refused the notes, and has said why: those who were to have them stand in line again.
 */
static void put_back(struct suspects *s)
{
	struct suspect *suspect;

	while ((suspect = TAILQ_LAST(&s->writing, suspect_list)) != NULL) {
		TAILQ_REMOVE(&s->writing, suspect, link);
		TAILQ_INSERT_HEAD(suspect->is_doubted ? &s->doubted : &s->line, suspect, link);
		suspect->place = SUSPECT_WAITING;
	}
	timer_start(&s->pause, AGAIN);
}

static void on_written(struct store_op *op)
{
	struct suspects *s = op->arg;
	struct suspect *suspect;

	s->is_writing = false;
	if (op->err != OK) {
		put_back(s);
		return;
	}
	s->has_notes = op->u.notes.n > 0 && op->u.notes.all[0].is_begun;
	defer_start(&s->step); /* they may have left */
	while ((suspect = TAILQ_FIRST(&s->writing)) != NULL) {
		TAILQ_REMOVE(&s->writing, suspect, link);
		TAILQ_INSERT_TAIL(&s->noted, suspect, link);
		s->n_noted++;
		s->is_doubted = suspect->is_doubted;
		suspect->place = SUSPECT_NOTED;
		suspect->on_noted(suspect->arg);
	}
}

static void add_note(struct stored_notes *notes, const struct suspect *suspect)
{
	notes->all[notes->n++] = (struct stored_note){.job_no = suspect->job_no,
	    .index = suspect->index,
	    .chunk = suspect->chunk,
	    .is_begun = true};
}

/* Write who is noted from now on: those that wait for it, those noted already, and then those in
 * doubt as far as there is room. */
static void write_notes(struct suspects *s)
{
	struct store_op *op = store_op_new(STORE_NOTE, on_written, s);
	struct stored_notes *notes = &op->u.notes;
	const struct suspect *suspect;

	notes->all = xcalloc(STORE_MAX_NOTES, sizeof(*notes->all));
	TAILQ_FOREACH (suspect, &s->writing, link)
		add_note(notes, suspect);
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
	s->is_writing = true;
	store_start(s->store, op);
}

/* Return whether more may be noted, in doubt or not. Set the timer if only time is missing. */
static bool has_room(struct suspects *s, bool is_doubted)
{
	if (s->n_noted == 0)
		return true;
	if (is_doubted != s->is_doubted || s->n_begun < s->n_noted ||
	    s->n_noted >= (is_doubted ? s->most_doubted : MOST))
		return false;
	usec_t left = s->begun_at + s->patience * (is_doubted ? DOUBT_PATIENCE : 1) - clock_mono();
	if (left > 0)
		timer_start(&s->again, left);
	return left <= 0;
}

/* Note the first in line: one in doubt, or a group. Each group is twice as large as the previous.
 */
static void take_next(struct suspects *s, struct suspect_list *list)
{
	struct suspect *suspect;
	size_t n = list == &s->line ? s->group : 1;

	n = n < MOST - s->n_noted ? n : MOST - s->n_noted;
	for (; n > 0 && (suspect = TAILQ_FIRST(list)) != NULL; n--) {
		TAILQ_REMOVE(list, suspect, link);
		TAILQ_INSERT_TAIL(&s->writing, suspect, link);
		suspect->place = SUSPECT_WRITING;
	}
	if (list == &s->line && s->group < MOST_GROUP)
		s->group *= 2;
	write_notes(s);
}

/* Note the next in line. If there is none and none is begun, withdraw the last notes, so that they
 * are not blamed for a later crash. */
static void step(void *arg)
{
	struct suspects *s = arg;
	struct suspect_list *list = TAILQ_EMPTY(&s->doubted) ? &s->line : &s->doubted;

	if (s->is_writing || timer_is_set(&s->pause))
		return;
	if (!TAILQ_EMPTY(list)) {
		if (has_room(s, list == &s->doubted))
			take_next(s, list);
	} else if (s->n_noted == 0 && s->has_notes) {
		write_notes(s);
	}
}

void suspects_ask(struct suspects *s, struct suspect *suspect)
{
	if (suspect->place != SUSPECT_IDLE)
		return;
	suspect->place = SUSPECT_WAITING;
	suspect->is_doubted = find_doubt(s, suspect) != NULL;
	TAILQ_INSERT_TAIL(suspect->is_doubted ? &s->doubted : &s->line, suspect, link);
	defer_start(&s->step);
}

void suspects_begin(struct suspects *s, struct suspect *suspect)
{
	suspect->place = SUSPECT_BEGUN;
	s->n_begun++;
	s->begun_at = clock_mono();
	defer_start(&s->step);
}

void suspects_leave(struct suspects *s, struct suspect *suspect)
{
	if (suspect->place == SUSPECT_IDLE)
		return;
	if (suspect->place == SUSPECT_WAITING) {
		TAILQ_REMOVE(suspect->is_doubted ? &s->doubted : &s->line, suspect, link);
	} else if (suspect->place == SUSPECT_WRITING) {
		TAILQ_REMOVE(&s->writing, suspect, link);
	} else {
		TAILQ_REMOVE(&s->noted, suspect, link);
		s->n_noted--;
		s->n_begun -= suspect->place == SUSPECT_BEGUN ? 1 : 0;
	}
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

/* Few are begun alone. Of many a small part is begun at one time, so that the next crash leaves
 * only that in doubt. */
static size_t find_most_doubted(size_t n_doubts)
{
	size_t n = 1;

	while (n_doubts > FEW_DOUBTS && n * n < n_doubts)
		n++;
	return n;
}

METRIC_GETTER(get_unclean, struct suspects, suspects_n_unclean(self))

struct suspects *suspects_new(struct loop *loop, struct store *store, usec_t patience)
{
	struct suspects *s = xcalloc(1, sizeof(*s));
	const struct store_life *life = store_life(store);

	s->store = store;
	s->patience = patience;
	TAILQ_INIT(&s->doubted);
	TAILQ_INIT(&s->line);
	TAILQ_INIT(&s->writing);
	TAILQ_INIT(&s->noted);
	s->n_doubts = life->n_doubts;
	s->most_doubted = find_most_doubted(s->n_doubts);
	s->group = 1;
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
