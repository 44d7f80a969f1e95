/* A submission of the failed items of an ended job, or of those that RDAP is to be asked about.
 * Instead of a body it reads that job, a page at a time, so neither the loop nor the store is held
 * up however long it is. Results tell which items failed, and have the names. Files are read from
 * the chunks that were kept, because a result does not have all of an item. Thread: loop, except
 * read_page. */
#include <stdlib.h>

#include "base/alloc.h"
#include "intake/submit_private.h"

enum { INDEXES_A_PAGE = 50000, CHUNKS_A_PAGE = 4 };

struct retry {
	int64_t job_no;
	uint64_t total, n_failed; /* items of the job */
	enum reason reason;       /* of the items; NONE: those that failed */
	bool has_files;
	uint64_t after;      /* results are read up to this number */
	bool has_results;    /* all were read */
	uint32_t next_chunk; /* chunks are read up to this number; files only */
	bool has_chunks;
	uint64_t *failed; /* owned; a bit for each item that failed; files only */
	/* the page that was read: names, or chunks */
	struct chunk names;
	struct stored_chunk *chunks; /* owned */
	size_t n_chunks;
};

static void free_chunks(struct retry *r)
{
	for (size_t i = 0; i < r->n_chunks; i++)
		chunk_done(&r->chunks[i].chunk);
	free(TAKE(r->chunks));
	r->n_chunks = 0;
}

static void free_retry(void *data)
{
	struct retry *r = data;

	chunk_done(&r->names);
	free_chunks(r);
	free(r->failed);
	free(r);
}

static void set_read_problem(struct submission *s, const struct store_op *op)
{
	const struct store_damage *d = &op->damage;
	enum err e = op->err;

	if (e == ERR_DAMAGED && d->what == DAMAGED_RESULTS)
		problem_set(&s->problem, 500,
		    "Results from %llu on are damaged in the database: which items failed can't be "
		    "told.",
		    (unsigned long long)d->first);
	else if (e == ERR_DAMAGED)
		problem_set(&s->problem, 500, "The input of the job is damaged in the database.");
	else if (e == ERR_NOT_FOUND)
		problem_set(&s->problem, 404, "The job was deleted in the meantime.");
	else if (e != OK)
		problem_set(&s->problem, 500, "The job could not be read.");
}

static void on_failed(struct store_op *op)
{
	struct submission *s = op->arg;
	struct retry *r = s->source_data;
	struct failed_page *page = &op->u.failed;

	set_read_problem(s, op);
	for (size_t i = 0; r->has_files && i < page->n; i++) {
		if (page->indexes[i] < r->total)
			r->failed[page->indexes[i] / 64] |= (uint64_t)1 << page->indexes[i] % 64;
	}
	if (!r->has_files) {
		chunk_done(&r->names);
		r->names = page->names;
		chunk_init(&page->names, 0);
	}
	r->after = page->last;
	r->has_results = !page->is_more;
	submission_step_ended(s);
}

static void on_chunks(struct store_op *op)
{
	struct submission *s = op->arg;
	struct retry *r = s->source_data;

	set_read_problem(s, op);
	r->n_chunks = op->u.claim.n;
	r->chunks = TAKE(op->u.claim.chunks);
	op->u.claim.n = 0;
	r->has_chunks = r->n_chunks < op->u.claim.max;
	if (r->n_chunks > 0)
		r->next_chunk = r->chunks[r->n_chunks - 1].no + 1;
	submission_step_ended(s);
}

static void ask_failed(struct submission *s)
{
	const struct retry *r = s->source_data;
	struct store_op *op = store_op_new(STORE_FAILED, on_failed, s);

	op->job_no = r->job_no;
	op->u.failed.reason = r->reason;
	op->u.failed.after = r->after;
	op->u.failed.max = INDEXES_A_PAGE;
	op->u.failed.wants_names = !r->has_files;
	store_start(s->core->opts.store, op);
}

static void ask_chunks(struct submission *s)
{
	const struct retry *r = s->source_data;
	struct store_op *op = store_op_new(STORE_CLAIM, on_chunks, s);

	op->job_no = r->job_no;
	op->u.claim.from = r->next_chunk;
	op->u.claim.max = CHUNKS_A_PAGE;
	op->u.claim.with_kept = true;
	store_start(s->core->opts.store, op);
}

static bool has_page(const struct submission *s)
{
	const struct retry *r = s->source_data;

	return r->names.n > 0 || r->n_chunks > 0;
}

static bool ask(struct submission *s)
{
	struct retry *r = s->source_data;

	if (r->has_results && r->has_chunks) {
		if (r->reason != REASON_NONE && intake_total(s->intake) == 0)
			problem_set(&s->problem, 409,
			    "No names of the job ended as unknown with the reason %s.",
			    reason_name(r->reason));
		if (r->reason == REASON_NONE && intake_total(s->intake) != r->n_failed)
			problem_set(&s->problem, 409,
			    "The input of the failed items is no longer available.");
		return false;
	}
	s->is_working = true;
	if (!r->has_results)
		ask_failed(s);
	else
		ask_chunks(s);
	return true;
}

static bool is_failed(const struct retry *r, uint64_t index)
{
	return index < r->total && (r->failed[index / 64] >> index % 64 & 1) != 0;
}

static void read_page(struct submission *s)
{
	struct retry *r = s->source_data;
	struct chunk_item item;
	size_t offset = 0;

	while (chunk_next(&r->names, &offset, &item))
		intake_add(s->intake, item.text, item.len, item.is_valid, &s->problem);
	chunk_done(&r->names);
	for (size_t i = 0; i < r->n_chunks; i++) {
		const struct chunk *c = &r->chunks[i].chunk;
		uint64_t index = c->first;
		for (offset = 0; chunk_next(c, &offset, &item); index++) {
			if (is_failed(r, index))
				intake_add(
				    s->intake, item.text, item.len, item.is_valid, &s->problem);
		}
	}
	free_chunks(r);
}

static const struct submission_source source = {
    .has_page = has_page, .ask = ask, .read = read_page, .free = free_retry};

static struct submission *new_copy(struct core *core, const struct job *job, enum reason reason,
    const struct submission_opts *asked)
{
	struct submission_opts opts = *asked;

	opts.body = BODY_TEXT;
	struct submission *s = submission_new(core, &opts);
	struct retry *r = s->source_data = xcalloc(1, sizeof(*r));

	s->source = &source;
	s->retry_of = job->id;
	r->job_no = job->no;
	r->total = job->total;
	r->reason = reason;
	r->n_failed = job_failed(job);
	XXH3_128bits_update(s->hash, &job->id, sizeof(job->id));
	XXH3_128bits_update(s->hash, &reason, sizeof(reason));
	r->has_files = job_kind_is_files(job->kind);
	r->has_chunks = !r->has_files; /* nothing to read there */
	if (r->has_files)
		r->failed = xcalloc(job->total / 64 + 1, sizeof(*r->failed));
	chunk_init(&r->names, 0);
	s->spec.kind = job->kind;
	s->spec.check = job->check;
	s->spec.params = job->params;
	s->spec.label = job->label != NULL ? xstrdup(job->label) : NULL;
	s->spec.callback_url = job->callback_url != NULL ? xstrdup(job->callback_url) : NULL;
	s->core_opts.max_items = job->total;
	const struct intake_opts intake = {.spec = &s->spec,
	    .has_lines = true,
	    .format = LINES_TEXT,
	    .max_items = job->total,
	    .folder = s->core_opts.folder};
	s->intake = intake_new(&intake);
	s->has_all = true;
	defer_start(&s->advance);
	return s;
}

struct submission *submission_new_retry(
    struct core *core, const struct job *job, const struct submission_opts *opts)
{
	return new_copy(core, job, REASON_NONE, opts);
}

struct submission *submission_new_confirm(
    struct core *core, const struct job *job, const struct submission_opts *opts)
{
	struct submission *s = new_copy(core, job, REASON_RDAP_BUDGET, opts);

	s->spec.params.asked.rdap.use = RDAP_ALL;
	return s;
}
