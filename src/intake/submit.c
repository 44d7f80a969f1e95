/* The life of a submission.
 *
 *   opening ---> reading ---> expanding ---> deduplicating ---> submitting ---> ended
 *   (the spec)   (pieces of   (lists of      (aliases)          (the job)
 *                 the body)    the spec)
 *
 * A retry goes from reading to deduplicating. A problem ends any state, and so does its owner
 * (abandoned). Each state does its work in steps: in the loop when there is little to do, in the
 * offload pool otherwise. Full chunks are staged between steps. At most one step and one staging
 * operation are under way. */
#include "intake/submit_private.h"
#include "model/registry_state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "callbacks/callbacks.h"
#include "intake/flags.h"
#include "intake/presets.h"
#include "intake/words.h"
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

void submission_set_state(struct submission *s, enum submission_state state)
{
	enum { LAST = 1 << ENDED | 1 << ABANDONED };
	static const struct {
		const char *name;
		unsigned next; /* bits of the states that may follow */
	} rows[] = {[OPENING] = {"opening", 1 << READING | LAST},
	    [READING] = {"reading", 1 << EXPANDING | 1 << DEDUPLICATING | LAST},
	    [EXPANDING] = {"expanding", 1 << DEDUPLICATING | LAST},
	    [DEDUPLICATING] = {"deduplicating", 1 << SUBMITTING | LAST},
	    [SUBMITTING] = {"submitting", LAST},
	    [ENDED] = {"ended", 1 << ABANDONED},
	    [ABANDONED] = {"abandoned", 0}};

	assert((rows[s->state].next >> state & 1) != 0);
	log_debug("submission_state", "from=%s to=%s", rows[s->state].name, rows[state].name);
	s->state = state;
}

void submission_destroy(struct submission *s)
{
	if (s->job_no != 0) {
		struct store_op *op = store_op_new(STORE_UNSTAGE, NULL, NULL);
		op->job_no = s->job_no;
		store_start(s->core->opts.store, op);
	}
	defer_cancel(&s->advance);
	intake_free(s->intake);
	if (s->plan != NULL)
		s->core->opts.planner->free(s->plan);
	if (s->source != NULL)
		s->source->free(s->source_data);
	spec_done(&s->spec);
	problem_done(&s->problem);
	buf_done(&s->piece);
	XXH3_freeState(s->hash);
	FREE_ALL(s->key, s->duplicates, s);
}

void submission_free(struct submission *s)
{
	if (s == NULL)
		return;
	if (s->is_working || s->is_staging)
		submission_set_state(s, ABANDONED);
	else
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
	return s->opts.body != BODY_JSON && (s->is_working || s->piece.len > 0);
}

uint64_t submission_n_file_names(const struct submission *s)
{
	return s->intake != NULL ? intake_n_names(s->intake) : 0;
}

void submission_feed(struct submission *s, const char *bytes, size_t n_bytes)
{
	if (s->state > READING || s->problem.status != 0) {
		defer_start(&s->advance);
		return; /* it is refused anyway: the rest is passed over */
	}
	buf_add(&s->piece, bytes, n_bytes);
	if (s->piece.overflow)
		problem_set(&s->problem, 413,
		    "A JSON body must have at most %zu bytes; send lines instead.",
		    s->opts.max_json);
	if (s->opts.body != BODY_JSON || s->problem.status != 0)
		defer_start(&s->advance);
}

void submission_end(struct submission *s)
{
	s->has_all = true;
	defer_start(&s->advance);
}

/* --- Steps of work: in the loop's thread or in one of the pool's --- */

static void check_times(const struct spec *spec, struct problem *p)
{
	usec_t now = clock_wall(), begins = spec->run_at > now ? spec->run_at : now;

	if (spec->deadline > 0 && spec->deadline <= begins)
		problem_add(p, "/deadline", "The deadline is before run_at.");
}

/* Only runs of a schedule have copies before theirs. */
static void check_copies(struct submission *s)
{
	const struct file_options *o = &s->spec.files;

	if (s->opts.run.no != 0 || s->opts.is_template)
		return;
	if (o->keeps_last)
		problem_add(&s->problem, "/keep",
		    "Only the last copy can be kept where there are several: in the job of a "
		    "schedule.");
	if (o->if_changed)
		problem_add(&s->problem, "/if_changed",
		    "There is nothing to compare with: this works in the job of a schedule.");
}

static void open_spec(struct submission *s)
{
	bool has_lines = s->opts.body != BODY_JSON;
	struct intake_opts opts = {.spec = &s->spec,
	    .has_lines = has_lines,
	    .format = s->opts.body == BODY_NDJSON ? LINES_NDJSON : LINES_TEXT,
	    .max_items = s->core_opts.max_items,
	    .folder = s->core_opts.folder};

	const char *json = s->piece.data != NULL ? s->piece.data : ""; /* NULL: the body is empty */

	if (!has_lines && !submission_parse_json(json, s->piece.len, &s->spec, &s->problem))
		return;
	if (!submission_check(&s->spec, has_lines, &s->problem))
		return;
	check_times(&s->spec, &s->problem);
	check_copies(s);
	if (s->spec.kind == KIND_FLAGS)
		opts.base_url = flags_prepare(&s->core_opts, &s->spec, has_lines, &s->problem);
	else if (s->spec.preset != NULL && preset_find(s->spec.preset) == NULL)
		problem_add(&s->problem, "/preset", "Unknown preset.");
	if (s->problem.status == 0)
		s->intake = intake_new(&opts);
	if (has_lines)
		return;
	XXH3_128bits_update(s->hash, s->piece.data, s->piece.len);
	buf_done(&s->piece); /* it may have been large */
}

static void read_piece(struct submission *s)
{
	size_t n_read = s->piece.len;

	if (s->source != NULL) {
		s->source->read(s);
		return;
	}
	intake_read(s->intake, s->piece.data, s->piece.len, &n_read, &s->problem);
	XXH3_128bits_update(s->hash, s->piece.data, n_read);
	buf_drain(&s->piece, n_read);
}

static bool is_long(const struct submission *s)
{
	return intake_total(s->intake) >= SMALL_STEP;
}

static void expand(struct submission *s)
{
	size_t most = is_long(s) ? BIG_STEP : SMALL_STEP;

	intake_expand(s->intake, most, &s->is_more, &s->problem);
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

static void on_work(struct offload_task *task)
{
	struct submission *s =
	    (struct submission *)((char *)task - offsetof(struct submission, task));

	s->step(s);
}

/* --- Between steps, in the loop's thread --- */

void submission_step_ended(struct submission *s)
{
	s->is_working = false;
	if (s->state != ABANDONED)
		advance(s);
	else if (!s->is_staging)
		submission_destroy(s);
}

static void on_worked(struct offload_task *task)
{
	submission_step_ended(
	    (struct submission *)((char *)task - offsetof(struct submission, task)));
}

/* Whether the next step is too much for the loop. */
static bool is_big(const struct submission *s)
{
	size_t len =
	    s->piece.len * ((size_t)words_n_forms(&s->spec) + 1); /* a line becomes so many items */

	if (s->state == OPENING)
		return s->opts.body == BODY_JSON && len > SMALL_JSON;
	return s->state == READING ? len > SMALL_PIECE : is_long(s);
}

static void start_work(struct submission *s)
{
	static void (*const steps[])(struct submission *) = {[OPENING] = open_spec,
	    [READING] = read_piece,
	    [EXPANDING] = expand,
	    [DEDUPLICATING] = find_duplicates};

	s->step = steps[s->state];
	if (!is_big(s)) {
		s->step(s);
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
		if (s->plan != NULL)
			outcome.plan = (struct span){s->piece.data, s->piece.len};
	}
	submission_set_state(s, ENDED);
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
	submission_plan(s);
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
		submission_set_state(s, DEDUPLICATING);
		start_work(s);
	}
}

/* Put the TLDs of presets in place of their names. */
static void add_tlds(struct submission *s)
{
	const struct core_opts *opts = &s->core_opts;
	struct text_list *tlds = &s->spec.tlds;

	for (const char *preset = NULL;
	     (preset = text_list_next(&s->spec.tld_presets, preset)) != NULL;) {
		if (opts->add_tlds == NULL || !opts->add_tlds(preset, tlds, opts->add_tlds_arg))
			problem_add(
			    &s->problem, "/tlds", "There is no preset \"%s\" of TLDs.", preset);
	}
	if (s->spec.tld_presets.n > 0)
		text_list_drop_repeats(tlds);
	if (tlds->n > SPEC_MAX_TLDS)
		problem_add(&s->problem, "/tlds", "At most %d TLDs are allowed.", SPEC_MAX_TLDS);
	if (words_n_forms(&s->spec) > SPEC_MAX_FORMS)
		problem_add(&s->problem, "/tlds",
		    "One name must become at most %d items by prefixes, suffixes and TLDs.",
		    SPEC_MAX_FORMS);
}

static void judge_servers(struct submission *s)
{
	struct checker_pool *pool = s->core->opts.job_servers;
	const struct server_set *servers = &s->spec.params.servers;
	char pointer[32];

	if (servers->n > 0 && (pool == NULL || !checker_pool_is_allowed(pool))) {
		problem_add(&s->problem, "/servers",
		    "Jobs may not bring name servers of their own here (dns.job_servers).");
		return;
	}
	for (size_t i = 0; i < servers->n; i++) {
		const char *why = checker_pool_judge(pool, &servers->all[i]);
		snprintf(pointer, sizeof(pointer), "/servers/%zu", i);
		if (why != NULL)
			problem_add(
			    &s->problem, pointer, "This name server may not be asked: %s.", why);
	}
}

/* The spec is known. Servers and the callback are judged, and TLDs are looked up, in the loop's
 * thread, where the policy of targets and the lists of TLDs are. */
static void advance_opened(struct submission *s)
{
	judge_servers(s);
	const char *url = s->spec.callback_url;

	if (url != NULL && s->core->opts.callbacks != NULL)
		callbacks_judge(s->core->opts.callbacks, url, "/callback_url", &s->problem);
	add_tlds(s);
	submission_set_state(s, READING);
	advance(s);
}

static void advance_opening(struct submission *s)
{
	bool has_lines = s->opts.body != BODY_JSON;

	if (s->intake != NULL)
		advance_opened(s);
	else if (s->has_all || (has_lines && s->piece.len > 0))
		start_work(s);
	else if (has_lines)
		s->opts.events.on_ready(s->opts.events.arg);
}

static void advance_reading(struct submission *s)
{
	if (s->source != NULL) {
		advance_source(s);
	} else if (s->piece.len > 0) {
		start_work(s);
	} else if (s->has_all) {
		submission_set_state(s, EXPANDING);
		start_work(s);
	} else {
		s->opts.events.on_ready(s->opts.events.arg);
	}
}

static void end_dry_run(struct submission *s)
{
	submission_plan(s);
	if (s->plan != NULL)
		s->core->opts.planner->write(s->plan, &s->piece);
	submission_finish(s, NULL, false);
}

static void advance_deduplicating(struct submission *s)
{
	if (s->is_dry_run) {
		s->n_duplicates = 0;
		if (s->is_more || s->duplicates == NULL)
			start_work(s);
		else
			end_dry_run(s);
	} else if (s->duplicates == NULL || (s->is_more && s->n_duplicates == 0)) {
		start_work(s);
	} else if (s->is_more) {
		submission_stage(s);
	} else {
		submission_commit(s);
	}
}

static void advance(void *arg)
{
	struct submission *s = arg;

	if (s->is_working || s->state >= ENDED)
		return;
	if (s->stage_error != OK && s->problem.status == 0)
		submission_set_store_problem(s, s->stage_error);
	if (s->problem.status != 0) {
		submission_finish(s, NULL, false);
		return;
	}
	if (clear_chunks(s))
		return;
	switch (s->state) {
	case OPENING:
		advance_opening(s);
		break;
	case READING:
		advance_reading(s);
		break;
	case EXPANDING:
		if (!s->is_more)
			submission_set_state(s, DEDUPLICATING);
		start_work(s);
		break;
	case DEDUPLICATING:
		/* Each batch of aliases, and the job, follow what is being staged. */
		if (!s->is_staging)
			advance_deduplicating(s);
		break;
	case SUBMITTING:
	case ENDED:
	case ABANDONED:
		break;
	}
}
