/* Schedules in the database: due times and their jobs, changes, what a removal leaves. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wire/record.h"
#include "world.h"

enum { FIRST = 1000, MANY = 60 };

static struct store_op *make_add(const char *name)
{
	struct store_op *op = make_op(STORE_SCHEDULE_ADD, 0);

	op->u.schedule.schedule = (struct schedule){.id = id_new(clock_wall()),
	    .rule = {.name = xstrdup(name),
		.every = xstrdup("60s"),
		.callback_url = xstrdup("http://example.com/hook"),
		.job = xstrdup("{\"kind\":\"flags\"}")},
	    .served_until = FIRST,
	    .created_at = 5};
	return op;
}

/* Add a schedule; returns its number. */
static int64_t add(struct world *w, const char *name, struct id *ret_id)
{
	struct store_op *op = world_call(w, make_add(name));
	int64_t no = op->u.schedule.schedule.no;

	ck_assert_int_eq(op->err, OK);
	ck_assert_uint_eq(op->u.schedule.schedule.revision, 1);
	*ret_id = op->u.schedule.schedule.id;
	store_op_free(op);
	return no;
}

static struct schedule load(struct world *w, const struct id *id)
{
	struct store_op *op = make_op(STORE_SCHEDULE_LOAD, 0);

	op->u.schedule.schedule.id = *id;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	struct schedule schedule = op->u.schedule.schedule;
	op->u.schedule.schedule.rule = (struct schedule_rule){0};
	store_op_free(op);
	return schedule;
}

/* A run that serves what follows `served_until`; returns its job's number, or the error. */
static int64_t run(
    struct world *w, int64_t no, const struct id *id, usec_t served_until, usec_t next)
{
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, MANY);

	op->u.input.is_run = true;
	op->u.input.job.schedule_no = no;
	op->u.input.job.schedule_id = *id;
	op->u.input.due =
	    (struct due_time){.served_until = served_until, .next = next, .n_skipped = 2};
	op = world_call(w, op);
	int64_t result = op->err == OK ? op->job_no : op->err;
	store_op_free(op);
	return result;
}

TEST(a_due_time_is_served_once)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = add(&w, "x", &id);
	ck_assert_int_gt(run(&w, no, &id, FIRST, 2000), 0);
	ck_assert_int_eq(run(&w, no, &id, FIRST, 2000), ERR_CONFLICT);
	ck_assert_int_eq(run(&w, no, &id, FIRST, 3000), ERR_CONFLICT);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM job"), 1);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 1);
	ck_assert_int_gt(run(&w, no, &id, 2000, 3000), 0);
	ck_assert_int_gt(run(&w, no, &id, 0, 0), 0); /* asked for: it serves no due time */
	ck_assert_int_eq(run(&w, 99, &id, 0, 0), ERR_NOT_FOUND);
	struct schedule s = load(&w, &id);
	ck_assert_int_eq(s.served_until, 3000);
	ck_assert_uint_eq(s.runs, 3);
	ck_assert_uint_eq(s.skipped, 4);
	ck_assert_str_eq(s.rule.job, "{\"kind\":\"flags\"}");
	schedule_done(&s);
	world_done(&w);
}

static void count_schedule(const struct schedule *schedule, void *arg)
{
	ck_assert_int_eq(schedule->served_until, 2000);
	++*(int *)arg;
}

TEST(a_due_time_is_passed_over)
{
	struct world w;
	struct id id;
	int n = 0;

	world_init(&w);
	world_start(&w);
	int64_t no = add(&w, "x", &id);
	for (int i = 0; i < 2; i++) {
		struct store_op *op = make_op(STORE_SCHEDULE_PASS, 0);
		op->u.schedule.schedule.no = no;
		op->u.schedule.due =
		    (struct due_time){.served_until = FIRST, .next = 2000, .n_skipped = 3};
		ck_assert_int_eq(world_run(&w, op), i == 0 ? OK : ERR_CONFLICT);
	}
	world_stop(&w);
	store_free(TAKE(w.store));
	char *why = NULL;
	ck_assert_int_eq(world_try(&w, &why), OK);
	ck_assert_int_eq(store_each_schedule(w.store, count_schedule, &n), OK);
	ck_assert_int_eq(n, 1);
	world_done(&w);
}

TEST(a_change_is_for_one_revision)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = add(&w, "x", &id);
	for (int i = 0; i < 2; i++) {
		struct store_op *op = make_op(STORE_SCHEDULE_EDIT, 0);
		op->u.schedule.schedule = (struct schedule){.no = no,
		    .revision = 1,
		    .rule = {.name = xstrdup(i == 0 ? "y" : "z"),
			.cron = xstrdup("@daily"),
			.is_paused = true,
			.job = xstrdup("{}")},
		    .served_until = 7};
		op->u.schedule.sets_due = i == 1;
		op = world_call(&w, op);
		ck_assert_int_eq(op->err, i == 0 ? OK : ERR_CONFLICT);
		ck_assert_uint_eq(op->u.schedule.schedule.revision, 2);
		ck_assert_str_eq(op->u.schedule.schedule.rule.name, "y");
		ck_assert_ptr_null(op->u.schedule.schedule.rule.every);
		ck_assert_int_eq(op->u.schedule.schedule.served_until, FIRST);
		store_op_free(op);
	}
	world_done(&w);
}

/* Results of `n` items whose status is `status`, as the end of a run. */
static struct store_op *make_results(
    int64_t job_no, int64_t no, uint32_t n, enum item_status status)
{
	struct store_op *op = make_put(job_no, 0, 0, JOB_DONE);

	for (uint32_t i = 0; i < n; i++) {
		const char *name = item_name(i);
		struct result r = {.index = i,
		    .status = status,
		    .reason = status == ITEM_FOUND ? REASON_NONE : REASON_NXDOMAIN,
		    .finished_at = 9,
		    .name = name,
		    .name_len = strlen(name)};
		record_add(&op->u.put.block, &r);
	}
	op->u.put.n = n;
	op->u.put.counts[status] = n;
	op->u.put.finished_at = 10;
	op->u.put.changes.schedule_no = no;
	op->u.put.changes.job = id_new(clock_wall());
	return op;
}

static uint64_t put_run(
    struct world *w, int64_t no, const struct id *id, usec_t served_until, enum item_status status)
{
	int64_t job = run(w, no, id, served_until, served_until + 1);

	ck_assert_int_gt(job, 0);
	struct store_op *op = world_call(w, make_results(job, no, MANY, status));
	ck_assert_int_eq(op->err, OK);
	uint64_t n = op->u.put.changes.n;
	ck_assert(op->u.put.changes.is_called == (n > 0));
	store_op_free(op);
	return n;
}

TEST(changes_are_what_differs)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = add(&w, "x", &id);
	ck_assert_uint_eq(put_run(&w, no, &id, FIRST, ITEM_FOUND), 0);
	ck_assert_uint_eq(put_run(&w, no, &id, FIRST + 1, ITEM_FOUND), 0);
	ck_assert_uint_eq(put_run(&w, no, &id, FIRST + 2, ITEM_NOT_FOUND), MANY);
	ck_assert_uint_eq(put_run(&w, no, &id, FIRST + 3, ITEM_FOUND), MANY);
	ck_assert_int_eq(world_sql(&w, "SELECT max(seq) FROM change"), 2 * MANY);
	ck_assert_int_eq(world_sql(&w, "SELECT changes FROM schedule"), 2 * MANY);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM outcome"), MANY);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM outbox"), 2);
	struct store_op *op = make_op(STORE_CHANGES, 0);
	op->u.log.schedule_no = no;
	op->u.log.after = 3;
	op->u.log.limit = 2;
	op = world_call(&w, op);
	ck_assert_uint_eq(op->u.log.n, 2);
	ck_assert_uint_eq(op->u.log.last, 5);
	ck_assert(op->u.log.is_more);
	ck_assert_ptr_nonnull(strstr(op->u.log.text.data, "},{\"seq\":5,"));
	store_op_free(op);
	world_done(&w);
}

TEST(the_log_is_bounded)
{
	struct world w;
	struct id id;
	usec_t served_until = FIRST;

	world_init(&w);
	world_start(&w);
	int64_t no = add(&w, "x", &id);
	for (int i = 0; i < 12000 / MANY; i++, served_until++)
		put_run(&w, no, &id, served_until, i % 2 ? ITEM_FOUND : ITEM_NOT_FOUND);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM change"), 10000);
	ck_assert_int_eq(world_sql(&w, "SELECT max(seq) FROM change"), 12000 - MANY);
	world_done(&w);
}

static bool is_swept(struct world *w)
{
	return world_sql(w, "SELECT (SELECT count(*) FROM schedule) + (SELECT count(*) FROM change)"
			    " + (SELECT count(*) FROM outcome)") == 0;
}

TEST(a_removal_leaves_nothing)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = add(&w, "x", &id);
	put_run(&w, no, &id, FIRST, ITEM_FOUND);
	put_run(&w, no, &id, FIRST + 1, ITEM_NOT_FOUND);
	int64_t job = run(&w, no, &id, FIRST + 2, FIRST + 3);
	for (int i = 0; i < 2; i++) {
		struct store_op *op = make_op(STORE_SCHEDULE_REMOVE, 0);
		op->u.schedule.schedule.no = no;
		ck_assert_int_eq(world_run(&w, op), i == 0 ? OK : ERR_NOT_FOUND);
	}
	ck_assert_int_eq(run(&w, no, &id, FIRST + 3, FIRST + 4), ERR_CONFLICT);
	ck_assert_int_eq(world_run(&w, make_results(job, no, MANY, ITEM_FOUND)), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM job WHERE state = 2"), 3);
	world_done(&w);
}

TEST(lists_come_in_pages)
{
	struct world w;
	struct id ids[5];
	static const struct {
		const char *name;
		uint32_t limit, n;
		bool is_more;
	} rows[] = {
	    {NULL, 2, 2, true}, {NULL, 5, 5, false}, {"b", 5, 2, false}, {"c", 5, 0, false}};

	world_init(&w);
	world_start(&w);
	for (int i = 0; i < 5; i++)
		add(&w, i % 2 ? "b" : "a", &ids[i]);
	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct store_op *op = make_op(STORE_SCHEDULE_LIST, 0);
		memset(&op->u.schedules.before, 0xff, sizeof(struct id));
		op->u.schedules.name = rows[i].name != NULL ? xstrdup(rows[i].name) : NULL;
		op->u.schedules.limit = rows[i].limit;
		op = world_call(&w, op);
		ck_assert_uint_eq(op->u.schedules.n, rows[i].n);
		ck_assert(op->u.schedules.is_more == rows[i].is_more);
		if (rows[i].name == NULL)
			ck_assert_mem_eq(
			    &op->u.schedules.schedules[0].id, &ids[4], sizeof(struct id));
		store_op_free(op);
	}
	world_done(&w);
}

SUITE(sqlite_schedule)
{
	ADD(a_due_time_is_served_once);
	ADD(a_due_time_is_passed_over);
	ADD(a_change_is_for_one_revision);
	ADD(changes_are_what_differs);
	ADD(the_log_is_bounded);
	ADD(a_removal_leaves_nothing);
	ADD(lists_come_in_pages);
}
