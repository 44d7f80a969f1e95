/* Submissions.
 *
 *   reading ---> expanding ---> deduplicating ---> submitting ---> done
 *   (pieces of   (lists of      (aliases)          (the job)
 *    the body)    the spec)
 *
 * Each arrow is a step of work, in the loop when little is to be done and in the offload pool
 * otherwise; between steps full chunks are staged. At most one step or store operation is under
 * way. */
#include "core/submit.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "core/presets.h"
#include "core/core_private.h"
#include "core/flags.h"
#include "wire/submission.h"

enum {
	SMALL_PIECE = 16 << 10, /* bytes read, and items expanded, in the loop */
	SMALL_JSON = 64 << 10,
	SMALL_STEP = CHUNK_ITEMS,
	BIG_STEP = 32 * CHUNK_ITEMS,
	STAGE_CHUNKS = 16, /* full chunks that wait before they are staged */
	KEEP_CHUNKS = 8,   /* chunks of a small job that go to its run without being read back */
	ALIAS_BATCH = 8192,
};

enum phase { READING, EXPANDING, DEDUPLICATING, SUBMITTING, DONE };

struct submission {
	struct core *core;
	struct core_opts core_opts; /* as they were at its begin: work in the pool reads them */
	struct submission_opts opts;
	struct spec spec;
	struct problem problem;
	struct intake *intake; /* owned; NULL until the spec is known */
	enum phase phase;
	bool is_dry_run, is_ended, is_abandoned, is_finished;
	bool has_piece;     /* `piece` waits to be read */
	bool is_working;    /* a step of work, or the submission itself, is under way */
	bool is_staging;    /* chunks are being stored; work may go on meanwhile */
	bool is_big;        /* steps go to the pool */
	bool is_more;       /* the step before said that there is more of its kind */
	struct buf piece;   /* of the body; all of it for JSON */
	XXH3_state_t *hash; /* owned; of query and body */
	char *key;          /* owned; NULL: none */
	struct offload_task task;
	struct defer advance;
	enum err stage_error;
	int64_t job_no;               /* of what is staged; 0: nothing */
	uint32_t next_chunk;          /* number of the next chunk */
	struct duplicate *duplicates; /* owned */
	size_t n_duplicates;
	uint64_t n_duplicates_in_all;
};

static void advance(void *arg);

struct submission *submission_new(struct core *core, const struct submission_opts *opts)
{
	struct submission *s = xcalloc(1, sizeof(*s));

	*s = (struct submission){.core = core, .core_opts = core->opts, .opts = *opts};
	s->key = opts->idempotency_key != NULL ? xstrdup(opts->idempotency_key) : NULL;
	spec_init(&s->spec);
	buf_init(&s->piece, opts->max_json);
	defer_init(&s->advance, core->opts.loop, advance, s);
	s->hash = XXH3_createState();
	XXH3_128bits_reset(s->hash);
	XXH3_128bits_update(s->hash, &opts->body, sizeof(opts->body));
	return s;
}

static void destroy(struct submission *s)
{
	if (s->job_no != 0 && s->phase != DONE) {
		struct store_op *op = store_op_new(STORE_UNSTAGE, NULL, NULL);
		op->job_no = s->job_no;
		store_start(s->core->opts.store, op);
	}
	defer_cancel(&s->advance);
	intake_free(s->intake);
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
		destroy(s);
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

void submission_feed(struct submission *s, const char *bytes, size_t n_bytes)
{
	if (s->phase != READING || s->problem.status != 0) {
		defer_start(&s->advance);
		return; /* it is refused anyway: the rest is passed over */
	}
	buf_add(&s->piece, bytes, n_bytes);
	if (s->piece.overflow)
		problem_set(&s->problem, 413,
		    "A JSON body may have at most %zu bytes; send lines instead.",
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
	if (s->spec.kind == KIND_FLAGS)
		opts.base_url = flags_prepare(&s->core_opts, &s->spec, has_lines, &s->problem);
	else if (s->spec.preset != NULL && preset_find(s->spec.preset) == NULL)
		problem_add(&s->problem, "/preset", "There is no such preset.");
	if (s->problem.status == 0)
		s->intake = intake_new(&opts);
}

static void read_piece(struct submission *s)
{
	XXH3_128bits_update(s->hash, s->piece.data, s->piece.len);
	if (s->intake == NULL)
		start_intake(s);
	if (s->problem.status == 0 && s->opts.body != BODY_JSON)
		intake_read(s->intake, s->piece.data, s->piece.len, &s->problem);
	if (s->opts.body == BODY_JSON)
		buf_done(&s->piece); /* it may have been large */
	buf_clear(&s->piece);
	s->has_piece = false;
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

static void step_ended(struct submission *s)
{
	s->is_working = false;
	if (s->is_abandoned && !s->is_staging)
		destroy(s);
	else if (!s->is_abandoned)
		advance(s);
}

static void on_worked(struct offload_task *task)
{
	step_ended((struct submission *)((char *)task - offsetof(struct submission, task)));
}

static void start_work(struct submission *s)
{
	if (s->piece.len > (s->opts.body == BODY_JSON ? (size_t)SMALL_JSON : (size_t)SMALL_PIECE))
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

static void finish(struct submission *s, const struct job *job, bool is_replay)
{
	struct submission_outcome outcome = {
	    .problem = &s->problem, .job = job, .is_replay = is_replay, .spec = &s->spec};

	if (s->problem.status == 0) {
		outcome.total = intake_total(s->intake);
		outcome.invalid = intake_invalid(s->intake);
		outcome.duplicates = s->n_duplicates_in_all;
		outcome.first = intake_first(s->intake);
	}
	if (s->problem.status == 0)
		s->phase = DONE;
	s->is_finished = true;
	s->opts.events.on_done(&outcome, s->opts.events.arg);
}

static void set_store_problem(struct submission *s, enum err e)
{
	if (e == ERR_CONFLICT)
		problem_set(
		    &s->problem, 422, "This Idempotency-Key was used before with another request.");
	else
		problem_set(&s->problem, 507, "The job can't be stored now: the database is %s.",
		    e == ERR_FULL        ? "full"
		    : e == ERR_READ_ONLY ? "read-only"
					 : "not writable");
}

/* Move what the intake has ready into the operation. */
static void fill_input(struct submission *s, struct store_op *op)
{
	size_t n;
	struct chunk *chunks = intake_take_chunks(s->intake, &n);

	op->job_no = s->job_no;
	op->u.input.n_chunks = n;
	op->u.input.chunks = xcalloc(n, sizeof(*op->u.input.chunks));
	for (size_t i = 0; i < n; i++)
		op->u.input.chunks[i] =
		    (struct stored_chunk){.no = s->next_chunk++, .chunk = chunks[i]};
	free(chunks);
	op->u.input.n_aliases = s->n_duplicates;
	op->u.input.aliases = xmalloc(s->n_duplicates * sizeof(*op->u.input.aliases));
	for (size_t i = 0; i < s->n_duplicates; i++)
		op->u.input.aliases[i] = (struct alias){
		    .index = s->duplicates[i].index, .first = s->duplicates[i].first};
	s->n_duplicates = 0;
}

static void on_staged(struct store_op *op)
{
	struct submission *s = op->arg;

	s->is_staging = false;
	s->job_no = op->job_no;
	if (op->err != OK && !s->is_working)
		set_store_problem(s, op->err);
	else if (op->err != OK)
		s->stage_error = op->err; /* the problem belongs to the step under way now */
	if (s->is_working)
		return;
	step_ended(s);
}

static void start_stage(struct submission *s)
{
	struct store_op *op = store_op_new(STORE_STAGE, on_staged, s);

	fill_input(s, op);
	s->is_staging = true;
	store_start(s->core->opts.store, op);
}

static int compare_indexes(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* The job is committed: let it run. A small one brings its input along. */
static void start_run(struct core *core, struct store_op *op, bool has_staged)
{
	struct job job = job_copy(&op->u.input.job);
	struct run *run = run_new(core, &job);

	run->n_aliases = op->u.input.n_aliases_in_all;
	run->has_aliases = run->n_aliases > 0;
	metric_add(core->submitted[job.kind], 1);
	sched_add(run);
	if (has_staged || op->u.input.n_chunks > KEEP_CHUNKS)
		return;
	AUTO_FREE uint32_t *skip = xmalloc(op->u.input.n_aliases * sizeof(*skip));
	for (size_t i = 0; i < op->u.input.n_aliases; i++)
		skip[i] = op->u.input.aliases[i].index;
	qsort(skip, op->u.input.n_aliases, sizeof(*skip), compare_indexes);
	for (size_t i = 0; i < op->u.input.n_chunks; i++)
		claims_open(run, &op->u.input.chunks[i], skip, op->u.input.n_aliases);
	run->is_all_claimed = true;
}

static void log_submitted(const struct job *job)
{
	char id[ID_TEXT_SIZE];

	id_format(&job->id, id);
	log_info("job_submitted", "job=%s kind=%s items=%llu label=%s", id,
	    job_kind_name(job->kind), (unsigned long long)job->total,
	    log_quote(job->label != NULL ? job->label : ""));
}

static void on_submitted(struct store_op *op)
{
	struct submission *s = op->arg;
	bool has_staged = s->job_no != 0;

	s->is_working = false;
	if (op->err == OK && !op->u.input.is_replay) {
		start_run(s->core, op, has_staged);
		log_submitted(&op->u.input.job);
	}
	if (op->err == OK)
		s->phase = DONE;
	if (s->is_abandoned) {
		destroy(s);
		return;
	}
	if (op->err != OK)
		set_store_problem(s, op->err);
	finish(s, op->err == OK ? &op->u.input.job : NULL, op->u.input.is_replay);
}

static void start_submit(struct submission *s)
{
	struct store_op *op = store_op_new(STORE_SUBMIT, on_submitted, s);
	XXH128_canonical_t fingerprint;

	fill_input(s, op);
	op->u.input.n_aliases_in_all = s->n_duplicates_in_all;
	usec_t now = clock_wall(), begins = s->spec.run_at > now ? s->spec.run_at : now;
	op->u.input.job = (struct job){.id = id_new(now),
	    .kind = s->spec.kind,
	    .check = s->spec.check,
	    .state = JOB_QUEUED,
	    .params = s->spec.params,
	    .label = s->spec.label != NULL ? xstrdup(s->spec.label) : NULL,
	    .callback_url = s->spec.callback_url != NULL ? xstrdup(s->spec.callback_url) : NULL,
	    .run_at = s->spec.run_at,
	    .deadline =
		s->spec.deadline_after > 0 ? begins + s->spec.deadline_after : s->spec.deadline,
	    .total = intake_total(s->intake),
	    .created_at = now};
	if (s->key != NULL) {
		op->u.input.idempotency.key = xstrdup(s->key);
		XXH128_canonicalFromHash(&fingerprint, XXH3_128bits_digest(s->hash));
		memcpy(op->u.input.idempotency.fingerprint, fingerprint.digest,
		    sizeof(fingerprint.digest));
	}
	s->phase = SUBMITTING;
	s->is_working = true;
	store_start(s->core->opts.store, op);
}

/* Chunks that wait are staged, or thrown away when nothing will be queued. True when work must
 * wait, because those before are still being stored. */
static bool clear_chunks(struct submission *s)
{
	if (s->intake == NULL || intake_n_chunks(s->intake) < STAGE_CHUNKS)
		return false;
	if (!s->is_dry_run) {
		if (s->is_staging)
			return true;
		start_stage(s);
		return false;
	}
	size_t n;
	struct chunk *chunks = intake_take_chunks(s->intake, &n);
	for (size_t i = 0; i < n; i++)
		chunk_done(&chunks[i]);
	free(chunks);
	return false;
}

static void advance_reading(struct submission *s)
{
	if (s->opts.body == BODY_JSON ? s->is_ended && s->intake == NULL : s->has_piece) {
		start_work(s);
	} else if (s->is_ended) {
		if (s->intake == NULL) { /* a body of lines without any */
			start_intake(s);
			if (s->problem.status != 0) {
				finish(s, NULL, false);
				return;
			}
		}
		s->phase = EXPANDING;
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
			finish(s, NULL, false);
	} else if (s->duplicates == NULL || (s->is_more && s->n_duplicates == 0)) {
		start_work(s);
	} else if (s->is_more) {
		start_stage(s);
	} else {
		start_submit(s);
	}
}

static void advance(void *arg)
{
	struct submission *s = arg;

	if (s->is_working || s->is_finished)
		return;
	if (s->stage_error != OK && s->problem.status == 0)
		set_store_problem(s, s->stage_error);
	if (s->problem.status != 0) {
		finish(s, NULL, false);
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
			s->phase = DEDUPLICATING;
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
