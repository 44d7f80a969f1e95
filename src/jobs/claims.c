/* Input: chunks are fetched from the store a little ahead of need, so a job of ten million items
 * needs the memory of its window only. */
#include "base/log.h"
#include "jobs/jobs_private.h"
#include "wire/record.h"

/* Chunks that a job holds ready: four while few jobs are active, one when there are many. */
enum { FEW_JOBS = 16, CHUNKS_AHEAD = 4 };

/* Bytes of open chunks, of all jobs, with which one that has parked items opens no more. */
enum { MAX_OPEN_BYTES = 40 << 20 };

/* All items of the chunk are settled. The next commit deletes it, or keeps it for a retry if some
 * failed and results don't have all of an item (intake/retry.c). */
static void finish_chunk(struct live_job *live, struct open_chunk *c)
{
	bool is_kept = c->stored.has_failed && lane_ops(live_lane(live))->keeps_failed;

	commit_add_progress(live, &(struct chunk_progress){.no = c->stored.no,
				      .state = is_kept ? CHUNK_KEPT : CHUNK_FINISHED});
	chunks_close_one(c);
	commit_mark(live);
}

void claims_open(struct live_job *live, struct stored_chunk *stored)
{
	struct open_chunk *c = chunks_open(live, stored);

	if (c->n_left == 0)
		finish_chunk(live, c);
	else if (live->current == NULL)
		live->current = c;
}

void claims_settle(
    struct live_job *live, struct open_chunk *c, uint32_t index, const struct lane_event *done)
{
	commit_add(live, done);
	chunk_mask_add(&c->stored.done, index - c->stored.chunk.first);
	c->stored.has_failed = c->stored.has_failed || item_status_is_failure(done->status);
	c->is_dirty = true;
	if (--c->n_left == 0)
		finish_chunk(live, c);
	commit_mark(live);
}

void claims_settle_invalid(
    struct live_job *live, struct open_chunk *c, const struct chunk_item *in, uint32_t index)
{
	const struct lane_ops *ops = lane_ops(live_lane(live));
	struct result r = {.index = index,
	    .status = job_failure_status(live->job.kind, live->job.check),
	    .reason = ops->invalid_item,
	    .is_file = ops->is_file,
	    .finished_at = clock_wall(),
	    .name = in->text,
	    .name_len = in->len};
	struct buf record;

	buf_init(&record, SIZE_MAX / 2);
	record_add(&record, &r);
	claims_settle(live, c, index,
	    &(struct lane_event){.type = LANE_DONE,
		.status = r.status,
		.reason = r.reason,
		.record = record.data,
		.n_record = record.len});
	buf_done(&record);
}

void claims_check_end(struct open_chunk *c, const struct chunk_cursor *at)
{
	if (at->next == at->end)
		return;
	live_stop(c->live, JOB_FAILED, JOB_REASON_INPUT_LOST); /* the bytes are damaged */
}

static void on_claimed(struct store_op *op)
{
	struct live_job *live = op->arg;

	live->is_claiming = false;
	if (!live->is_gone && !job_state_is_ended(live->next_state)) {
		if (op->err != OK) {
			log_error("input_lost", "job_no=%lld error=%s", (long long)live->job.no,
			    err_str(op->err));
			live_stop(live, JOB_FAILED, JOB_REASON_INPUT_LOST);
		}
		for (size_t i = 0; i < op->u.claim.n; i++)
			claims_open(live, &op->u.claim.chunks[i]);
		live->is_all_claimed = op->u.claim.n < op->u.claim.max;
		commit_mark(live); /* nothing may be left to do */
		turns_wake(live);
	}
	live_op_done(live);
}

void claims_fetch(struct live_job *live)
{
	uint32_t ahead = live->core->n_in_place[PLACE_ACTIVE] > FEW_JOBS ? 1 : CHUNKS_AHEAD,
		 ready = 0;

	if (live->is_claiming || live->is_all_claimed || job_state_is_ended(live->next_state))
		return;
	/* its chunks stay open as long as items of them are parked */
	if (live->n_parked > 0 && live->core->n_open_bytes > MAX_OPEN_BYTES)
		return;
	for (struct open_chunk *c = live->current; c != NULL && ready < ahead;
	     c = TAILQ_NEXT(c, link))
		ready += c->at.next < c->at.end;
	/* fetch again when half is used up; with one chunk ahead, when the last one is open */
	if (ready > ahead / 2)
		return;
	struct store_op *op = store_op_new(STORE_CLAIM, on_claimed, live);
	op->job_no = live->job.no;
	op->u.claim.from = live->next_chunk;
	op->u.claim.max = ahead - ready > 0 ? ahead - ready : 1;
	op->u.claim.has_aliases = live->has_aliases;
	if (live->job.params.asked.if_changed)
		op->u.claim.schedule_no = live->job.schedule_no;
	live->is_claiming = true;
	live->n_ops++;
	store_start(live->core->opts.store, op);
}
