/* Submissions.
 *
 *   reading ---> expanding ---> deduplicating ---> submitting ---> done
 *   (pieces of   (lists of      (aliases)          (the job)
 *    the body)    the spec)
 *
 * Each arrow is a step of work, in the loop when little is to be done and in the offload pool
 * otherwise; between steps full chunks are staged. At most one step or store operation is under
 * way. */
#include "intake/submit_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "callbacks/callbacks.h"
#include "intake/flags.h"
#include "intake/presets.h"
#include "wire/submission.h"

enum {
	SMALL_PIECE = 16 << 10, /* bytes read, and items expanded, in the loop */
	SMALL_JSON = 64 << 10,
	SMALL_STEP = CHUNK_ITEMS,
	BIG_STEP = 32 * CHUNK_ITEMS,
	ALIAS_BATCH = 8192,
	MAX_SCOPED_KEY = 4096,
};

static void advance(void *arg);

/* Return the key as the store has it, which is new text. A key belongs to its owner: the same text
 * from another one is another key. No name and no key has a line feed, so they can't be mistaken
 * for each other, nor for a key without an owner. */
static char *scope_key(const char *key, const char *owner)
{
	struct buf text;

	if (key == NULL || owner == NULL)
		return key != NULL ? xstrdup(key) : NULL;
	buf_init(&text, MAX_SCOPED_KEY);
	buf_addf(&text, "%s\n%s", owner, key);
	return buf_take(&text, NULL);
}

struct submission *submission_new(struct core *core, const struct submission_opts *opts)
{
	struct submission *s = xcalloc(1, sizeof(*s));

	*s = (struct submission){.core = core, .core_opts = core->opts, .opts = *opts};
	s->key = scope_key(opts->idempotency_key, opts->owner);
	spec_init(&s->spec);
	buf_init(&s->piece, opts->max_json);
	defer_init(&s->advance, core->opts.loop, advance, s);
	s->hash = XXH3_createState();
	XXH3_128bits_reset(s->hash);
	XXH3_128bits_update(s->hash, &opts->body, sizeof(opts->body));
	return s;
}

void submission_set_phase(struct submission *s, enum phase phase)
{
	static const char *const names[] = {[READING] = "reading",
	    [EXPANDING] = "expanding",
	    [DEDUPLICATING] = "deduplicating",
	    [SUBMITTING] = "submitting",
	    [DONE] = "done"};

	assert(phase > s->phase);
	log_debug("submission_phase", "from=%s to=%s", names[s->phase], names[phase]);
	s->phase = phase;
}

void submission_destroy(struct submission *s)
{
	if (s->job_no != 0 && s->phase != DONE) {
		struct store_op *op = store_op_new(STORE_UNSTAGE, NULL, NULL);
		op->job_no = s->job_no;
		store_start(s->core->opts.store, op);
	}
	defer_cancel(&s->advance);
	intake_free(s->intake);
	if (s->source != NULL)
		s->source->free(s->source_data);
	spec_done(&s->spec);
	problem_done(&s->problem);
	buf_done(&s->piece);
	XXH3_freeState(s->hash);
	free(s->key);
	free(s->duplicates);
	free(s);
}

void submission_free(struct submission *s)
{
	if (s == NULL)
		return;
	s->is_abandoned = true;
	if (!s->is_working && !s->is_staging)
		submission_destroy(s);
}

void submission_set(struct submission *s, const char *name, const char *value)
{
	XXH3_128bits_update(s->hash, name, strlen(name) + 1);
	XXH3_128bits_update(s->hash, value, strlen(value) + 1);
	if (strcmp(name, "dry_run") != 0)
		submission_set_query(&s->spec, name, value, &s->problem);
	else if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
		s->is_dry_run = value[0] == 't';
	else
		problem_add(&s->problem, "/dry_run", "This must be true or false.");
}

bool submission_is_busy(const struct submission *s)
{
	return s->has_piece && s->opts.body != BODY_JSON;
}

uint64_t submission_n_names(const struct submission *s)
{
	return s->intake != NULL && job_kind_is_files(s->spec.kind) ? intake_total(s->intake) : 0;
}

void submission_feed(struct submission *s, const char *bytes, size_t n_bytes)
{
	if (s->phase != READING || s->problem.status != 0) {
		defer_start(&s->advance);
		return; /* it is refused anyway: the rest is passed over */
	}
	buf_add(&s->piece, bytes, n_bytes);
	if (s->piece.overflow)
		problem_set(&s->problem, 413,
		    "A JSON body must have at most %zu bytes; send lines instead.",
		    s->opts.max_json);
	s->has_piece = true;
	if (s->opts.body != BODY_JSON || s->problem.status != 0)
		defer_start(&s->advance);
}

void submission_end(struct submission *s)
{
	s->is_ended = true;
	defer_start(&s->advance);
}

/* --- Steps of work: in the loop's thread or in one of the pool's --- */

static void check_times(const struct spec *spec, struct problem *p)
{
	usec_t now = clock_wall(), begins = spec->run_at > now ? spec->run_at : now;

	if (spec->deadline > 0 && spec->deadline <= begins)
		problem_add(p, "/deadline", "The deadline is before run_at.");
}

static void start_intake(struct submission *s)
{
	bool has_lines = s->opts.body != BODY_JSON;
	struct intake_opts opts = {.spec = &s->spec,
	    .has_lines = has_lines,
	    .format = s->opts.body == BODY_NDJSON ? LINES_NDJSON : LINES_TEXT,
	    .max_items = s->core_opts.max_items,
	    .folder = s->core_opts.folder};

	if (!has_lines &&
	    !submission_parse_json(s->piece.data, s->piece.len, &s->spec, &s->problem))
		return;
	if (!submission_check(&s->spec, has_lines, &s->problem))
		return;
	check_times(&s->spec, &s->problem);
	if (s->spec.kind == KIND_FLAGS)
		opts.base_url = flags_prepare(&s->core_opts, &s->spec, has_lines, &s->problem);
	else if (s->spec.preset != NULL && preset_find(s->spec.preset) == NULL)
		problem_add(&s->problem, "/preset", "Unknown preset.");
	if (s->problem.status == 0)
		s->intake = intake_new(&opts);
}

static void read_piece(struct submission *s)
{
	size_t n_read = s->piece.len;

	if (s->intake == NULL)
		start_intake(s);
	if (s->problem.status == 0 && s->opts.body != BODY_JSON)
		intake_read(s->intake, s->piece.data, s->piece.len, &n_read, &s->problem);
	XXH3_128bits_update(s->hash, s->piece.data, n_read);
	if (s->opts.body == BODY_JSON)
		buf_done(&s->piece); /* it may have been large */
	else
		buf_drain(&s->piece, n_read);
	s->has_piece = s->piece.len > 0;
}

static void find_duplicates(struct submission *s)
{
	if (s->duplicates == NULL) {
		if (!intake_finish(s->intake, &s->problem))
			return;
		s->duplicates = xmalloc(ALIAS_BATCH * sizeof(*s->duplicates));
	}
	intake_duplicates(s->intake, s->duplicates, ALIAS_BATCH, &s->n_duplicates, &s->problem);
	s->n_duplicates_in_all += s->n_duplicates;
	s->is_more = s->n_duplicates == ALIAS_BATCH;
}

static void work(struct submission *s)
{
	switch (s->phase) {
	case READING:
		if (s->source != NULL)
			s->source->read(s);
		else
			read_piece(s);
		break;
	case EXPANDING:
		intake_expand(
		    s->intake, s->is_big ? BIG_STEP : SMALL_STEP, &s->is_more, &s->problem);
		break;
	case DEDUPLICATING:
		find_duplicates(s);
		break;
	case SUBMITTING:
	case DONE:
		break;
	}
}

static void on_work(struct offload_task *task)
{
	work((struct submission *)((char *)task - offsetof(struct submission, task)));
}

/* --- Between steps, in the loop's thread --- */

void submission_step_ended(struct submission *s)
{
	s->is_working = false;
	if (s->is_abandoned && !s->is_staging)
		submission_destroy(s);
	else if (!s->is_abandoned)
		advance(s);
}

static void on_worked(struct offload_task *task)
{
	submission_step_ended(
	    (struct submission *)((char *)task - offsetof(struct submission, task)));
}

static void start_work(struct submission *s)
{
	/* a line becomes as many items as there are TLDs */
	if (s->piece.len * (s->spec.tlds.n + 1) >
	    (s->opts.body == BODY_JSON ? (size_t)SMALL_JSON : (size_t)SMALL_PIECE))
		s->is_big = true;
	if (!s->is_big) {
		work(s);
		defer_start(&s->advance);
		return;
	}
	s->is_working = true;
	s->task = (struct offload_task){.work = on_work, .done = on_worked};
	offload_submit(s->core->opts.offload, &s->task);
}

void submission_finish(struct submission *s, const struct job *job, bool is_replay)
{
	struct submission_outcome outcome = {.problem = &s->problem,
	    .err = s->store_error,
	    .job = job,
	    .is_replay = is_replay,
	    .spec = &s->spec};

	if (s->problem.status == 0) {
		outcome.total = intake_total(s->intake);
		outcome.invalid = intake_invalid(s->intake);
		outcome.duplicates = s->n_duplicates_in_all;
		outcome.first = intake_first(s->intake);
	}
	if (s->problem.status == 0 && s->phase != DONE)
		submission_set_phase(s, DONE);
	s->is_finished = true;
	s->opts.events.on_done(&outcome, s->opts.events.arg);
}

/* Chunks that wait are staged, or thrown away when nothing will be queued. True when work must
 * wait, because those before are still being stored. */
static bool clear_chunks(struct submission *s)
{
	if (s->intake == NULL || !intake_is_full(s->intake))
		return false;
	if (!s->is_dry_run) {
		if (s->is_staging)
			return true;
		submission_stage(s);
		return false;
	}
	size_t n;
	struct chunk *chunks = intake_take_chunks(s->intake, &n);
	for (size_t i = 0; i < n; i++)
		chunk_done(&chunks[i]);
	free(chunks);
	return false;
}

static void advance_source(struct submission *s)
{
	if (s->source->has_page(s)) {
		start_work(s);
	} else if (!s->source->ask(s)) {
		if (s->problem.status != 0) {
			submission_finish(s, NULL, false);
			return;
		}
		s->is_big = intake_total(s->intake) >= SMALL_STEP;
		submission_set_phase(s, DEDUPLICATING);
		start_work(s);
	}
}

static void advance_reading(struct submission *s)
{
	if (s->source != NULL)
		advance_source(s);
	else if (s->opts.body == BODY_JSON ? s->is_ended && s->intake == NULL : s->has_piece) {
		start_work(s);
	} else if (s->is_ended) {
		if (s->intake == NULL) { /* a body of lines without any */
			start_intake(s);
			if (s->problem.status != 0) {
				submission_finish(s, NULL, false);
				return;
			}
		}
		submission_set_phase(s, EXPANDING);
		s->is_more = true;
		start_work(s);
	} else if (s->opts.body != BODY_JSON) {
		s->opts.events.on_ready(s->opts.events.arg);
	}
}

static void advance_deduplicating(struct submission *s)
{
	if (s->is_dry_run) {
		s->n_duplicates = 0;
		if (s->is_more || s->duplicates == NULL)
			start_work(s);
		else
			submission_finish(s, NULL, false);
	} else if (s->duplicates == NULL || (s->is_more && s->n_duplicates == 0)) {
		start_work(s);
	} else if (s->is_more) {
		submission_stage(s);
	} else {
		submission_commit(s);
	}
}

/* Once the spec is known; in the loop's thread, where the policy of targets is. */
static void judge_callback(struct submission *s)
{
	if (s->is_judged || s->intake == NULL)
		return;
	s->is_judged = true;
	if (s->spec.callback_url != NULL && s->core->opts.callbacks != NULL)
		callbacks_judge(
		    s->core->opts.callbacks, s->spec.callback_url, "/callback_url", &s->problem);
}

static void advance(void *arg)
{
	struct submission *s = arg;

	if (s->is_working || s->is_finished)
		return;
	judge_callback(s);
	if (s->stage_error != OK && s->problem.status == 0)
		submission_set_store_problem(s, s->stage_error);
	if (s->problem.status != 0) {
		submission_finish(s, NULL, false);
		return;
	}
	if (clear_chunks(s))
		return;
	switch (s->phase) {
	case READING:
		advance_reading(s);
		break;
	case EXPANDING:
		if (s->is_more) {
			s->is_big = s->is_big || intake_total(s->intake) >= SMALL_STEP;
		} else {
			submission_set_phase(s, DEDUPLICATING);
		}
		start_work(s);
		break;
	case DEDUPLICATING:
		if (!s->is_staging) /* each batch of aliases, and the job, come behind what is
				       staged */
			advance_deduplicating(s);
		break;
	case SUBMITTING:
	case DONE:
		break;
	}
}
