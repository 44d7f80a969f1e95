/* The rows of schedules in a store in memory. Thread: loop. */
#pragma once

#include "store/store_op.h"

enum { FAKE_MAX_SCHEDULES = 300 };

struct fake_schedules {
	size_t n;
	struct schedule rows[FAKE_MAX_SCHEDULES]; /* by no - 1 */
	bool is_gone[FAKE_MAX_SCHEDULES];
	enum err serve_error; /* what further runs fail with */
};

void fake_schedules_done(struct fake_schedules *all);
enum err fake_schedules_carry_out(struct fake_schedules *all, struct store_op *op);
enum err fake_schedules_serve(struct fake_schedules *all, struct store_op *op);
