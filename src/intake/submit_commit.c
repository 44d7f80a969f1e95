/* The end of a submission: what was read is stored and becomes a live job. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "intake/submit_private.h"
#include "model/registry_state.h"

void submission_set_store_problem(struct submission *s, enum err e)
{
	s->store_error = e;
	if (s->opts.run.no != 0 && (e == ERR_CONFLICT || e == ERR_NOT_FOUND))
		problem_set(&s->problem, 404, "There is no such schedule.");
	else if (e == ERR_DAMAGED)
		problem_set(&s->problem, 500,
		    "The job created with this Idempotency-Key is damaged in the database.");
	else if (e == ERR_CONFLICT)
		problem_set(&s->problem, 422,
		    "This Idempotency-Key was already used with a different request.");
	else
		problem_set(&s->problem, 507, "The job can't be stored: the database is %s.",
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
	if (op->err == OK) /* otherwise the number was rolled back and may go to another job */
		s->job_no = op->job_no;
	if (op->err != OK && !s->is_working)
		submission_set_store_problem(s, op->err);
	else if (op->err != OK)
		s->stage_error = op->err; /* the problem belongs to the step under way now */
	if (s->is_working)
		return;
	submission_step_ended(s);
}

void submission_stage(struct submission *s)
{
	struct store_op *op = store_op_new(STORE_STAGE, on_staged, s);

	fill_input(s, op);
	s->is_staging = true;
	store_start(s->core->opts.store, op);
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
	if (op->err == OK)
		s->job_no = 0; /* it is a job now, no longer staged input */
	if (op->err == OK && !op->u.input.is_replay) {
		jobs_start(s->core, op, has_staged);
		log_submitted(&op->u.input.job);
	}
	if (s->state == ABANDONED) {
		submission_destroy(s);
		return;
	}
	if (op->err != OK)
		submission_set_store_problem(s, op->err);
	submission_finish(s, op->err == OK ? &op->u.input.job : NULL, op->u.input.is_replay);
}

void submission_commit(struct submission *s)
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
	    .retry_of = s->retry_of,
	    .run_at = s->spec.run_at,
	    .deadline =
		s->spec.deadline_after > 0 ? begins + s->spec.deadline_after : s->spec.deadline,
	    .total = intake_total(s->intake),
	    .created_at = now};
	op->u.input.job.params.asked.grid = intake_grid(s->intake);
	if (s->opts.run.no != 0) {
		op->u.input.job.schedule_no = s->opts.run.no;
		op->u.input.job.schedule_id = s->opts.run.id;
		op->u.input.is_run = true;
		op->u.input.due = s->opts.run.due;
	}
	if (s->key != NULL) {
		op->u.input.idempotency.key = xstrdup(s->key);
		XXH128_canonicalFromHash(&fingerprint, XXH3_128bits_digest(s->hash));
		memcpy(op->u.input.idempotency.fingerprint, fingerprint.digest,
		    sizeof(fingerprint.digest));
	}
	submission_set_state(s, SUBMITTING);
	s->is_working = true;
	store_start(s->core->opts.store, op);
}

/* A dry run: count which registries would be asked, and throw the chunks away. */
void submission_plan(struct submission *s)
{
	const struct registry_planner *planner = s->core->opts.planner;
	struct chunk_item item;
	size_t n, offset;

	if (s->plan == NULL && planner != NULL && s->spec.kind == KIND_DOMAINS &&
	    s->spec.check == CHECK_REGISTRATION)
		s->plan = planner->begin(&s->spec.params.asked.rdap, planner->arg);
	struct chunk *chunks = intake_take_chunks(s->intake, &n);
	for (size_t i = 0; i < n; i++) {
		offset = 0;
		while (s->plan != NULL && chunk_next(&chunks[i], &offset, &item)) {
			if (item.is_valid)
				planner->add(s->plan, item.text, item.len);
		}
		chunk_done(&chunks[i]);
	}
	free(chunks);
}
