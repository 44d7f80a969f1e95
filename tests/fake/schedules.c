/* Rows of schedules in memory. */
#include "schedules.h"

#include <check.h>
#include <string.h>

void fake_schedules_done(struct fake_schedules *all)
{
	for (size_t i = 0; i < all->n; i++)
		schedule_done(&all->rows[i]);
}

static struct schedule *find(struct fake_schedules *all, int64_t no)
{
	ck_assert(no >= 1 && no <= (int64_t)all->n);
	return all->is_gone[no - 1] ? NULL : &all->rows[no - 1];
}

static void give_row(const struct schedule *row, struct store_op *op)
{
	struct schedule *out = &op->u.schedule.schedule;

	schedule_done(out);
	*out = *row;
	out->rule = schedule_rule_copy(&row->rule);
}

static enum err load(struct fake_schedules *all, struct store_op *op)
{
	for (size_t i = 0; i < all->n; i++) {
		if (!all->is_gone[i] &&
		    memcmp(&all->rows[i].id, &op->u.schedule.schedule.id, sizeof(struct id)) == 0) {
			give_row(&all->rows[i], op);
			return OK;
		}
	}
	return ERR_NOT_FOUND;
}

static void add(struct fake_schedules *all, struct store_op *op)
{
	ck_assert_uint_lt(all->n, FAKE_MAX_SCHEDULES);
	struct schedule *row = &all->rows[all->n++];
	op->u.schedule.schedule.no = (int64_t)all->n;
	op->u.schedule.schedule.revision = 1;
	*row = op->u.schedule.schedule;
	row->rule = schedule_rule_copy(&row->rule);
}

static enum err edit(struct schedule *row, struct store_op *op)
{
	const struct schedule *in = &op->u.schedule.schedule;
	bool is_same = row->revision == in->revision;

	if (is_same) {
		schedule_rule_done(&row->rule);
		row->rule = schedule_rule_copy(&in->rule);
		row->revision++;
		row->updated_at = in->updated_at;
		row->served_until = op->u.schedule.sets_due ? in->served_until : row->served_until;
	}
	give_row(row, op);
	return is_same ? OK : ERR_CONFLICT;
}

static enum err settle(struct schedule *row, const struct due_time *due)
{
	if (row->served_until != due->served_until)
		return ERR_CONFLICT;
	ck_assert(due->next != due->served_until);
	row->served_until = due->next;
	row->skipped += due->n_skipped;
	return OK;
}

enum err fake_schedules_carry_out(struct fake_schedules *all, struct store_op *op)
{
	if (op->verb == STORE_SCHEDULE_LOAD)
		return load(all, op);
	if (op->verb == STORE_SCHEDULE_ADD) {
		add(all, op);
		return OK;
	}
	int64_t no = op->u.schedule.schedule.no;
	struct schedule *row = find(all, no);
	if (row == NULL)
		return ERR_NOT_FOUND;
	if (op->verb == STORE_SCHEDULE_REMOVE)
		all->is_gone[no - 1] = true;
	return op->verb == STORE_SCHEDULE_EDIT   ? edit(row, op)
	       : op->verb == STORE_SCHEDULE_PASS ? settle(row, &op->u.schedule.due)
						 : OK;
}

enum err fake_schedules_serve(struct fake_schedules *all, struct store_op *op)
{
	struct schedule *row = find(all, op->u.input.job.schedule_no);
	enum err e = all->serve_error;

	if (e == OK && row == NULL)
		e = ERR_NOT_FOUND;
	if (e == OK && op->u.input.due.served_until != 0)
		e = settle(row, &op->u.input.due);
	if (e == OK) {
		row->runs++;
		row->last_job = op->u.input.job.id;
	}
	return e;
}
