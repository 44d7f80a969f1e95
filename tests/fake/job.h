/* What operations do to one job of a store in memory. Thread: loop. */
#pragma once

#include "store.h"

void fake_job_add_input(struct fake_job *j, const struct store_op *op);
void fake_job_add_result(struct fake_job *j, uint32_t index, enum item_status s, enum reason reason,
    const char *name, size_t name_len);
void fake_job_finish_chunk(struct fake_job *j, uint32_t no, bool is_kept);
void fake_job_check_progress(const struct fake_job *j, const struct chunk_progress *p);
void fake_job_total(const struct fake_job *j, struct job_totals *ret_totals);
enum err fake_job_cancel(struct fake_job *j, struct store_op *op);
enum err fake_job_copy(struct fake_job *j, struct store_op *op);
enum err fake_job_pause(struct fake_job *j, const struct store_op *op);
void fake_job_claim(const struct fake_job *j, struct store_op *op);
enum err fake_job_find_failed(const struct fake_job *j, struct store_op *op);
