/* Input: chunks are fetched from the store as they are needed, a little ahead, so a job of ten
 * million items costs the memory of its window. */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "jobs/jobs_private.h"
#include "wire/record.h"

/* What one run holds ready: four chunks while few runs are active, one when there are many. */
enum { FEW_RUNS = 16, CHUNKS_AHEAD = 4 };

static void add_number(uint32_t **numbers, size_t *n, uint32_t number)
{
	*numbers = xrealloc(*numbers, (*n + 1) * sizeof(**numbers));
	(*numbers)[(*n)++] = number;
}

/* All items of the chunk are settled: the next commit deletes it, or keeps it for a retry of what
 * failed, when results don't tell all that was asked for (intake/retry.c). */
static void finish_chunk(struct run *run, struct open_chunk *c)
{
	if (c->has_failed && lane_ops(run_lane(run))->keeps_failed)
		add_number(&run->kept_chunks, &run->n_kept_chunks, c->stored.no);
	else
		add_number(&run->finished_chunks, &run->n_finished_chunks, c->stored.no);
	chunks_close_one(c);
	commit_mark(run);
}

void claims_open(struct run *run, struct stored_chunk *stored, const uint32_t *skip, size_t n_skip)
{
	struct open_chunk *c = chunks_open(run, stored, skip, n_skip);

	if (c->n_left == 0)
		finish_chunk(run, c);
	else if (run->current == NULL)
		run->current = c;
}

void claims_settle(struct run *run, struct open_chunk *c, const struct lane_event *done)
{
	commit_add(run, done);
	c->has_failed = c->has_failed || done->status == ITEM_ERROR;
	if (--c->n_left == 0)
		finish_chunk(run, c);
	commit_mark(run);
}

void claims_settle_invalid(
    struct run *run, struct open_chunk *c, const struct chunk_item *in, uint32_t index)
{
	const struct lane_ops *ops = lane_ops(run_lane(run));
	struct result r = {.index = index,
	    .status = ITEM_ERROR,
	    .reason = ops->invalid_item,
	    .is_file = ops->is_file,
	    .finished_at = clock_wall(),
	    .name = in->text,
	    .name_len = in->len};
	struct buf record;

	buf_init(&record, SIZE_MAX / 2);
	record_add(&record, &r);
	claims_settle(run, c,
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
	run_stop(c->run, JOB_FAILED, JOB_REASON_INPUT_LOST); /* the bytes are damaged */
}

static void on_claimed(struct store_op *op)
{
	struct run *run = op->arg;

	run->is_claiming = false;
	if (!run->is_gone && !job_state_is_ended(run->next_state)) {
		if (op->err != OK) {
			log_error("input_lost", "job_no=%lld error=%s", (long long)run->job.no,
			    err_str(op->err));
			run_stop(run, JOB_FAILED, JOB_REASON_INPUT_LOST);
		}
		for (size_t i = 0; i < op->u.claim.n; i++)
			claims_open(
			    run, &op->u.claim.chunks[i], op->u.claim.skip, op->u.claim.n_skip);
		run->is_all_claimed = op->u.claim.n < op->u.claim.max;
		commit_mark(run); /* nothing may be left to do */
		turns_wake(run);
	}
	run_op_done(run);
}

void claims_fetch(struct run *run)
{
	uint32_t ahead = run->core->n_in_place[PLACE_ACTIVE] > FEW_RUNS ? 1 : CHUNKS_AHEAD,
		 ready = 0;

	if (run->is_claiming || run->is_all_claimed || job_state_is_ended(run->next_state))
		return;
	for (struct open_chunk *c = run->current; c != NULL && ready < ahead;
	     c = TAILQ_NEXT(c, link))
		ready += c->at.next < c->at.end;
	/* again when half is used up: one chunk ahead means when it is the last */
	if (ready > ahead / 2)
		return;
	struct store_op *op = store_op_new(STORE_CLAIM, on_claimed, run);
	op->job_no = run->job.no;
	op->u.claim.from = run->next_chunk;
	op->u.claim.max = ahead - ready > 0 ? ahead - ready : 1;
	op->u.claim.has_aliases = run->has_aliases;
	run->is_claiming = true;
	run->n_ops++;
	store_start(run->core->opts.store, op);
}
