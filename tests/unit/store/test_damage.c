/* What no writer has written: results in blocks of 10, 1 and 19, the middle of which is damaged. */
#include "../unit.h"

#include <stdlib.h>

#include "world.h"

enum { FIRST = 11, BLOCKS = 3, N = 30 };

static int64_t submit_thirty(struct world *w)
{
	static const uint32_t ends[BLOCKS + 1] = {0, 10, 11, N};
	int64_t no = submit_job(w, 3, 10);

	for (int i = 0; i < BLOCKS; i++)
		ck_assert_int_eq(world_run(w, make_put(no, ends[i], ends[i + 1], JOB_RUNNING)), OK);
	return no;
}

static const struct {
	const char *name, *sql;
	uint64_t first, last;
} cases[] = {
    {"a byte",
	"UPDATE result SET records = CAST(x'07' || substr(records, 2) AS BLOB) WHERE seq = 11", 11,
	11},
    {"no bytes", "UPDATE result SET records = x'' WHERE seq = 11", 11, 11},
    {"no bytes and no sum", "UPDATE result SET records = x'', sum = NULL WHERE seq = 11", 11, 11},
    {"more than a record",
	"UPDATE result SET records = CAST(records || x'00' AS BLOB), sum = NULL WHERE seq = 11", 11,
	11},
    {"no records", "UPDATE result SET n = 0 WHERE seq = 11", 11, 11},
    {"very many records", "UPDATE result SET n = 9223372036854775807, sum = NULL WHERE seq = 11",
	11, 11},
    {"a block less", "DELETE FROM result WHERE seq = 11", 11, 11},
    {"the first block less", "DELETE FROM result WHERE seq = 1", 1, 10},
    {"the last block less", "DELETE FROM result WHERE seq = 12", 12, 30},
    {"a moved block", "UPDATE result SET seq = 13 WHERE seq = 12", 12, 12},
    {"an older row", "UPDATE result SET sum = NULL", 0, 0},
};

static void damage(struct world *w, size_t i)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "%s RETURNING 1", cases[i].sql);
	ck_assert_int_eq(world_sql(w, sql), 1);
}

static void check(const struct store_op *op, size_t i, uint64_t last)
{
	bool is_damaged = cases[i].first > 0;

	ck_assert_msg(
	    op->err == (is_damaged ? ERR_DAMAGED : OK), "%s: %s", cases[i].name, err_str(op->err));
	ck_assert_msg(last == (is_damaged ? cases[i].first - 1 : N), "%s: up to %llu",
	    cases[i].name, (unsigned long long)last);
	if (!is_damaged)
		return;
	ck_assert_int_eq(op->damage.what, DAMAGED_RESULTS);
	ck_assert_msg(op->damage.first == cases[i].first && op->damage.last == cases[i].last,
	    "%s: %llu to %llu", cases[i].name, (unsigned long long)op->damage.first,
	    (unsigned long long)op->damage.last);
}

TEST(readers_stop_where_the_damage_is)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_thirty(&w);
	damage(&w, (size_t)_i);
	struct store_op *op = world_call(&w, make_rows(no, 0, 0));
	check(op, (size_t)_i, op->u.rows.last);
	store_op_free(op);
	op = make_op(STORE_FAILED, no);
	op->u.failed.max = 1000;
	op = world_call(&w, op);
	check(op, (size_t)_i, op->u.failed.last);
	store_op_free(op);
	op = make_op(STORE_FILES, no);
	op->u.files.max = 1000;
	op = world_call(&w, op);
	check(op, (size_t)_i, op->u.files.last);
	store_op_free(op);
	world_done(&w);
}

/* What is before the damage is read with a limit, what is behind it with its last number. */
TEST(the_rest_can_be_read)
{
	struct world w;
	uint64_t first = cases[_i].first, last = cases[_i].last;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_thirty(&w);
	damage(&w, (size_t)_i);
	struct store_op *op = world_call(&w, make_rows(no, 0, first > 1 ? first - 1 : 0));
	if (first != 1)
		ck_assert_msg(
		    op->err == OK && op->u.rows.is_more == (first > 0), "%s", cases[_i].name);
	store_op_free(op);
	op = world_call(&w, make_rows(no, last, 0));
	bool is_moved = last == 12; /* that block has another number than its sum says */
	ck_assert_msg(
	    op->err == (is_moved ? ERR_DAMAGED : OK) && op->u.rows.last == (is_moved ? 12 : N),
	    "%s", cases[_i].name);
	store_op_free(op);
	world_done(&w);
}

TEST(a_result_to_copy_is_damaged)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 10);
	add_alias(op, 5, 0);
	op = world_call(&w, op);
	int64_t no = op->job_no;
	store_op_free(op);
	op = make_put(no, 0, 1, JOB_RUNNING);
	op->u.put.has_aliases = true;
	ck_assert_int_eq(world_run(&w, op), OK);
	ck_assert_int_eq(world_sql(&w, "UPDATE result SET records = x'00' RETURNING 1"), 1);
	op = make_op(STORE_COPY, no);
	op->u.copy.max = 10;
	op = world_call(&w, op);
	ck_assert(op->err == ERR_DAMAGED && op->damage.first == 1);
	ck_assert_int_eq(world_sql(&w, "SELECT completed FROM job"), 1);
	store_op_free(op);
	world_done(&w);
}

static const char *const chunk_damages[] = {
    "UPDATE chunk SET items = CAST(substr(items, 1, 3) || 'X' || substr(items, 5) AS BLOB)",
    "UPDATE chunk SET items = substr(items, 1, length(items) - 1), sum = NULL",
    "UPDATE chunk SET n = n + 1, sum = NULL",
    "UPDATE chunk SET n = n + 1",
    "UPDATE chunk SET first = first + 1",
    "UPDATE chunk SET n = 100000",
    "UPDATE chunk SET n = 0",
};

TEST(input_is_damaged)
{
	struct world w;
	char sql[256];

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 3, 10);
	snprintf(sql, sizeof(sql), "%s WHERE no = 1 RETURNING 1", chunk_damages[_i]);
	ck_assert_int_eq(world_sql(&w, sql), 1);
	struct store_op *op = make_op(STORE_CLAIM, no);
	op->u.claim.max = 3;
	op = world_call(&w, op);
	ck_assert_msg(op->err == ERR_DAMAGED && op->u.claim.n == 1, "%s", chunk_damages[_i]);
	ck_assert(op->damage.what == DAMAGED_INPUT && op->damage.first == 1);
	store_op_free(op);
	world_done(&w);
}

/* Numbers that would be places in tables of names. */
static const char *const job_damages[] = {"state = 9", "state = -1", "kind = 77", "checked = 5",
    "reason = 99", "completed = 7", "total = 0, completed = 1, found = 1", "id = x'01'"};

TEST(a_job_is_damaged)
{
	struct world w;
	char sql[256];
	struct id id;

	world_init(&w);
	world_start(&w);
	struct store_op *op = world_call(&w, make_input(STORE_SUBMIT, 0, 1, 10));
	id = op->u.input.job.id;
	store_op_free(op);
	submit_job(&w, 1, 10);
	snprintf(sql, sizeof(sql), "UPDATE job SET %s WHERE no = 1 RETURNING 1", job_damages[_i]);
	ck_assert_int_eq(world_sql(&w, sql), 1);
	op = make_op(STORE_LOAD, 0);
	op->u.job.id = id;
	enum err e = world_run(&w, op);
	ck_assert_msg(
	    e == ERR_DAMAGED || e == ERR_NOT_FOUND, "%s: %s", job_damages[_i], err_str(e));
	world_stop(&w);
	world_start(&w); /* the other one goes on */
	ck_assert_uint_eq(w.n_unfinished, 1);
	ck_assert_int_eq(w.unfinished[0].job.no, 2);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, 1)), OK); /* it can be got rid of */
	world_done(&w);
}

SUITE(damage)
{
	ADD_ROWS(readers_stop_where_the_damage_is, cases);
	ADD_ROWS(the_rest_can_be_read, cases);
	ADD(a_result_to_copy_is_damaged);
	ADD_ROWS(input_is_damaged, chunk_damages);
	ADD_ROWS(a_job_is_damaged, job_damages);
}
