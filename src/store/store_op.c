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

void store_op_free(struct store_op *op)
{
	if (op == NULL)
		return;
	switch (op->verb) {
	case STORE_STAGE:
	case STORE_SUBMIT:
		free_chunks(op->u.input.chunks, op->u.input.n_chunks);
		free(op->u.input.aliases);
		free(op->u.input.idempotency.key);
		job_done(&op->u.input.job);
		break;
	case STORE_PUT:
		buf_done(&op->u.put.block);
		free(op->u.put.chunks);
		free(op->u.put.kept);
		break;
	case STORE_RETIRE:
		free(op->u.retire.jobs);
		break;
	case STORE_CLAIM:
		free_chunks(op->u.claim.chunks, op->u.claim.n);
		free(op->u.claim.skip);
		break;
	case STORE_LOAD:
		job_done(&op->u.job);
		break;
	case STORE_LIST:
		for (uint32_t i = 0; i < op->u.list.n; i++)
			job_done(&op->u.list.jobs[i]);
		free(op->u.list.jobs);
		job_filter_done(&op->u.list.filter);
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
		for (uint32_t i = 0; i < op->u.files.n; i++) {
			free(op->u.files.files[i].name);
			free(op->u.files.files[i].content_type);
		}
		free(op->u.files.files);
		free(op->u.files.name);
		break;
	case STORE_UNKNOWN:
		free(op->u.ids.ids);
		break;
	case STORE_SCHEDULE_ADD:
	case STORE_SCHEDULE_EDIT:
	case STORE_SCHEDULE_PASS:
	case STORE_SCHEDULE_REMOVE:
	case STORE_SCHEDULE_LOAD:
		schedule_done(&op->u.schedule.schedule);
		break;
	case STORE_SCHEDULE_LIST:
		for (uint32_t i = 0; i < op->u.schedules.n; i++)
			schedule_done(&op->u.schedules.schedules[i]);
		free(op->u.schedules.schedules);
		free(op->u.schedules.name);
		break;
	case STORE_CHANGES:
	case STORE_OUTCOMES:
		buf_done(&op->u.log.target);
		buf_done(&op->u.log.text);
		break;
	case STORE_OUTBOX:
		free_outbox(&op->u.outbox);
		break;
	case STORE_UNSTAGE:
	case STORE_COPY:
	case STORE_PAUSE:
	case STORE_DELETE:
	case STORE_POSTED:
		break;
	}
	free(op);
}
