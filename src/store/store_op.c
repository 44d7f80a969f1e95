/* Operations are made here and ended, whoever carries them out. */
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
	free(post->url);
	free(post->host);
	free(post->body);
	*post = (struct stored_post){0};
}

static void free_outbox(struct stored_outbox *outbox)
{
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
	free(op->u.put.chunks);
	free(op->u.put.kept);
}

static void free_claim(struct chunks_page *page)
{
	free_chunks(page->chunks, page->n);
	free(page->skip);
}

static void free_list(struct store_op *op)
{
	for (uint32_t i = 0; i < op->u.list.n; i++)
		job_done(&op->u.list.jobs[i]);
	free(op->u.list.jobs);
	job_filter_done(&op->u.list.filter);
}

static void free_files(struct files_page *page)
{
	for (uint32_t i = 0; i < page->n; i++) {
		free(page->files[i].name);
		free(page->files[i].content_type);
		free(page->files[i].content_encoding);
	}
	free(page->files);
	free(page->name);
}

static void free_schedules(struct schedules_page *page)
{
	for (uint32_t i = 0; i < page->n; i++)
		schedule_done(&page->schedules[i]);
	free(page->schedules);
	free(page->name);
}

/* What an operation on a schedule, on some, or on what their runs found has beside itself. */
static void free_schedule_parts(struct store_op *op)
{
	if (op->verb == STORE_SCHEDULE_LIST) {
		free_schedules(&op->u.schedules);
	} else if (op->verb == STORE_CHANGES || op->verb == STORE_OUTCOMES) {
		buf_done(&op->u.log.target);
		buf_done(&op->u.log.text);
	} else {
		schedule_done(&op->u.schedule.schedule);
	}
}

/* What an operation has beside itself. */
static void free_parts(struct store_op *op)
{
	switch (op->verb) {
	case STORE_STAGE:
	case STORE_SUBMIT:
		free_input(op);
		break;
	case STORE_PUT:
	case STORE_CANCEL:
		free_put(op);
		break;
	case STORE_RETIRE:
		free(op->u.retire.jobs);
		break;
	case STORE_CLAIM:
		free_claim(&op->u.claim);
		break;
	case STORE_LOAD:
		job_done(&op->u.job);
		break;
	case STORE_LIST:
		free_list(op);
		break;
	case STORE_ROWS:
		buf_done(&op->u.rows.text);
		break;
	case STORE_FAILED:
		free(op->u.failed.indexes);
		chunk_done(&op->u.failed.names);
		break;
	case STORE_DONE:
		free(op->u.done.indexes);
		free(op->u.done.failed);
		break;
	case STORE_FILES:
		free_files(&op->u.files);
		break;
	case STORE_FOLDERS:
	case STORE_REMOVED:
		free(op->u.folders.ids);
		free(op->u.folders.removed);
		break;
	case STORE_SCHEDULE_ADD:
	case STORE_SCHEDULE_EDIT:
	case STORE_SCHEDULE_PASS:
	case STORE_SCHEDULE_REMOVE:
	case STORE_SCHEDULE_LOAD:
	case STORE_SCHEDULE_LIST:
	case STORE_CHANGES:
	case STORE_OUTCOMES:
		free_schedule_parts(op);
		break;
	case STORE_NOTE:
		free(op->u.notes.all);
		break;
	case STORE_OUTBOX:
		free_outbox(&op->u.outbox);
		break;
	case STORE_UNSTAGE:
	case STORE_COPY:
	case STORE_PAUSE:
	case STORE_DELETE:
	case STORE_POSTED:
	case STORE_WATCH:
	case STORE_CLEAN:
		break;
	}
}

void store_op_free(struct store_op *op)
{
	if (op == NULL)
		return;
	free_parts(op);
	free(op);
}
