/* Creation and end of store operations. */
#include <stdlib.h>

#include "base/alloc.h"
#include "store/store.h"

struct store_op *store_op_new(enum store_verb verb, void (*on_done)(struct store_op *op), void *arg)
{
	struct store_op *op = xcalloc(1, sizeof(*op));

	op->verb = verb;
	op->on_done = on_done;
	op->arg = arg;
	return op;
}

static void free_chunks(struct stored_chunk *chunks, size_t n)
{
	for (size_t i = 0; i < n; i++)
		chunk_done(&chunks[i].chunk);
	free(chunks);
}

void stored_post_done(struct stored_post *post)
{
	FREE_ALL(post->url, post->host, post->body);
	*post = (struct stored_post){0};
}

void stored_file_done(struct stored_file *file)
{
	FREE_ALL(file->name, file->content_type, file->content_encoding);
	*file = (struct stored_file){0};
}

static void free_outbox(struct store_op *op)
{
	struct stored_outbox *outbox = &op->u.outbox;

	for (uint32_t i = 0; i < outbox->n; i++)
		stored_post_done(&outbox->posts[i]);
	free(outbox->posts);
	free(outbox->passed_over);
}

static void free_input(struct store_op *op)
{
	free_chunks(op->u.input.chunks, op->u.input.n_chunks);
	free(op->u.input.aliases);
	free(op->u.input.idempotency.key);
	job_done(&op->u.input.job);
}

static void free_put(struct store_op *op)
{
	buf_done(&op->u.put.block);
	run_changes_done(&op->u.put.changes);
	free(op->u.put.progress);
}

static void free_claim(struct store_op *op)
{
	free_chunks(op->u.claim.chunks, op->u.claim.n);
}

static void free_list(struct store_op *op)
{
	for (uint32_t i = 0; i < op->u.list.n; i++)
		job_done(&op->u.list.jobs[i]);
	free(op->u.list.jobs);
	job_filter_done(&op->u.list.filter);
}

static void free_files(struct store_op *op)
{
	struct files_page *page = &op->u.files;

	for (uint32_t i = 0; i < page->n; i++)
		stored_file_done(&page->files[i]);
	free(page->files);
	free(page->name);
}

static void free_schedules(struct store_op *op)
{
	struct schedules_page *page = &op->u.schedules;

	for (uint32_t i = 0; i < page->n; i++)
		schedule_done(&page->schedules[i]);
	free(page->schedules);
	free(page->name);
}

static void free_retired(struct store_op *op)
{
	free(op->u.retire.jobs);
}

static void free_job(struct store_op *op)
{
	job_done(&op->u.job);
}

static void free_rows(struct store_op *op)
{
	buf_done(&op->u.rows.text);
}

static void free_failed(struct store_op *op)
{
	free(op->u.failed.indexes);
	chunk_done(&op->u.failed.names);
}

static void free_folders(struct store_op *op)
{
	free(op->u.folders.ids);
	free(op->u.folders.removed);
}

static void free_schedule(struct store_op *op)
{
	schedule_done(&op->u.schedule.schedule);
}

static void free_log(struct store_op *op)
{
	buf_done(&op->u.log.target);
	buf_done(&op->u.log.text);
}

static void free_notes(struct store_op *op)
{
	free(op->u.notes.all);
}

static void free_nothing(struct store_op *op)
{
	(void)op;
}

/* --- What is left to sweep --- */

static bool leaves_never(const struct store_op *op)
{
	(void)op;
	return false;
}

static bool leaves_always(const struct store_op *op)
{
	(void)op;
	return true;
}

/* What was staged for it is not needed. */
static bool leaves_if_replayed(const struct store_op *op)
{
	return op->u.input.is_replay && op->job_no != 0;
}

/* A job that is done has used up its chunks. */
static bool leaves_if_ended(const struct store_op *op)
{
	return job_state_is_ended(op->u.put.state) &&
	       (op->u.put.state != JOB_DONE || op->u.put.has_aliases);
}

static bool leaves_if_retired(const struct store_op *op)
{
	return op->u.retire.n > 0;
}

/* --- The table --- */

enum { READS, WRITES };
enum { FAIL, KEEP };

static const struct {
	int mode, on_failure;
	bool (*leaves_garbage)(const struct store_op *op);
	void (*free_parts)(struct store_op *op);
} verbs[STORE_N_VERBS] = {
#define VERB(id, mode, on_failure, garbage, run, parts)                                            \
	[STORE_##id] = {mode, on_failure, leaves_##garbage, free_##parts},
#include "store/verbs.def"
#undef VERB
};

bool store_op_writes(const struct store_op *op)
{
	return verbs[op->verb].mode == WRITES;
}

bool store_op_must_not_be_lost(const struct store_op *op)
{
	return verbs[op->verb].on_failure == KEEP;
}

bool store_op_leaves_garbage(const struct store_op *op)
{
	return verbs[op->verb].leaves_garbage(op);
}

void run_changes_done(struct run_changes *changes)
{
	for (size_t i = 0; i < changes->n_stale; i++)
		free(changes->stale[i].name);
	free(TAKE(changes->stale));
	changes->n_stale = 0;
}

void store_op_free(struct store_op *op)
{
	if (op == NULL)
		return;
	verbs[op->verb].free_parts(op);
	free(op);
}
