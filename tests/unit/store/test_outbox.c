/* Callbacks: a row comes with the end of its job, is read when it is due, and goes or is put off.
 */
#include "../unit.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "world.h"

#define URL  "https://Receiver.test/hook?key=1"
#define HOST "receiver.test:443"
#define HOUR (3600 * USEC_PER_SEC)

static int64_t submit_calling(struct world *w, const char *url)
{
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 4);

	op->u.input.job.callback_url = url != NULL ? xstrdup(url) : NULL;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	int64_t no = op->job_no;
	store_op_free(op);
	return no;
}

static void end_job(struct world *w, int64_t no, uint32_t n, enum job_state state)
{
	struct store_op *put = make_put(no, 0, n, state);

	put->u.put.started_at = 1795348800000000;
	put->u.put.finished_at = 1795348801500000;
	ck_assert_int_eq(world_run(w, put), OK);
}

/* What is due at `now`, for the caller to free. */
static struct store_op *read_due(struct world *w, usec_t now, uint32_t max, const char *passed_over)
{
	struct store_op *op = store_op_new(STORE_OUTBOX, NULL, NULL);

	op->u.outbox.now = now;
	op->u.outbox.max = max;
	op->u.outbox.passed_over = passed_over != NULL ? xstrdup(passed_over) : NULL;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	return op;
}

static struct store_op *make_attempt(int64_t no, bool is_over, usec_t due)
{
	struct store_op *op = store_op_new(STORE_POSTED, NULL, NULL);

	op->u.attempt = (struct stored_attempt){.no = no, .is_over = is_over, .due = due};
	return op;
}

static const struct {
	const char *name;
	enum job_state state;
	uint32_t n;
	const char *in_body;
} ends[] = {
    {"done", JOB_DONE, 4, "\"state\":\"done\",\"total\":4,\"completed\":4,"},
    {"cancelled", JOB_CANCELLED, 1, "\"state\":\"cancelled\",\"total\":4,\"completed\":1,"},
    {"failed", JOB_FAILED, 0, "\"state\":\"failed\",\"total\":4,\"completed\":0,"},
};

TEST(row_comes_with_the_end)
{
	static const char head[] =
	    "{\"type\":\"job.ended\",\"timestamp\":\"2026-11-22T12:00:01.500Z\""
	    ",\"data\":{\"id\":\"";
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_calling(&w, URL);
	ck_assert_int_eq(world_run(&w, make_put(no, 0, 0, JOB_RUNNING)), OK);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM outbox"), 0);
	usec_t before = clock_wall();
	end_job(&w, no, ends[_i].n, ends[_i].state);
	struct store_op *op = read_due(&w, clock_wall(), 10, NULL);
	ck_assert_msg(op->u.outbox.n == 1 && op->u.outbox.n_waiting == 1, "%s", ends[_i].name);
	const struct stored_post *post = &op->u.outbox.posts[0];
	ck_assert_str_eq(post->url, URL);
	ck_assert_str_eq(post->host, HOST);
	ck_assert_uint_eq(post->attempts, 0);
	ck_assert(post->created_at >= before && post->created_at <= clock_wall());
	ck_assert_uint_eq(post->body_len, strlen(post->body));
	ck_assert_msg(strncmp(post->body, head, strlen(head)) == 0, "%s", post->body);
	ck_assert_msg(strstr(post->body, ends[_i].in_body) != NULL, "%s", post->body);
	ck_assert_str_eq(post->body + post->body_len - 4, "\"}}}");
	ck_assert(post->id.bytes[6] >> 4 == 4 && post->id.bytes[8] >> 6 == 2);
	store_op_free(op);
	world_done(&w);
}

TEST(no_row_when_nobody_asked_or_the_job_is_deleted)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	end_job(&w, submit_calling(&w, NULL), 4, JOB_DONE);
	int64_t no = submit_calling(&w, URL);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert_int_eq(world_run(&w, make_put(no, 0, 4, JOB_DONE)), ERR_NOT_FOUND);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM outbox"), 0);
	world_done(&w);
}

TEST(rows_come_as_they_are_due)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	for (int i = 0; i < 3; i++)
		end_job(&w, submit_calling(&w, URL), 4, JOB_DONE);
	usec_t now = clock_wall();
	struct store_op *op = read_due(&w, now - HOUR, 10, NULL);
	ck_assert_uint_eq(op->u.outbox.n, 0);
	ck_assert_uint_eq(op->u.outbox.n_waiting, 3);
	ck_assert(op->u.outbox.next_due > now - HOUR && op->u.outbox.next_due <= now);
	store_op_free(op);
	ck_assert_int_eq(world_run(&w, make_attempt(1, false, now + 20)), OK);
	ck_assert_int_eq(world_run(&w, make_attempt(2, false, now + 10)), OK);
	op = read_due(&w, now + 9, 10, NULL);
	ck_assert(op->u.outbox.n == 1 && op->u.outbox.posts[0].no == 3);
	ck_assert_int_eq(op->u.outbox.next_due, now + 10);
	store_op_free(op);
	op = read_due(&w, now + 20, 2, NULL);
	ck_assert_uint_eq(op->u.outbox.n, 2);
	ck_assert_int_eq(op->u.outbox.posts[0].no, 3);
	ck_assert_int_eq(op->u.outbox.posts[1].no, 2);
	ck_assert_uint_eq(op->u.outbox.posts[1].attempts, 1);
	ck_assert_int_eq(op->u.outbox.next_due, 0);
	id = op->u.outbox.posts[1].id;
	store_op_free(op);
	ck_assert_int_eq(world_run(&w, make_attempt(3, true, 0)), OK);
	ck_assert_int_eq(world_run(&w, make_attempt(2, false, now + 30)), OK);
	op = read_due(&w, now + 30, 10, NULL);
	ck_assert_uint_eq(op->u.outbox.n, 2);
	ck_assert_int_eq(op->u.outbox.posts[1].no, 2);
	ck_assert_uint_eq(op->u.outbox.posts[1].attempts, 2);
	ck_assert_mem_eq(&op->u.outbox.posts[1].id, &id, sizeof(id)); /* the same over attempts */
	store_op_free(op);
	world_done(&w);
}

/* Rows put off by a clock that is set back afterwards wait no longer than they would have. */
TEST(a_clock_that_was_set_back_does_not_hold_rows)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	end_job(&w, submit_calling(&w, URL), 4, JOB_DONE);
	usec_t now = clock_wall();
	ck_assert_int_eq(world_run(&w, make_attempt(1, false, now + HOUR)), OK);
	struct store_op *op = read_due(&w, now - 30 * 24 * HOUR, 10, NULL);
	ck_assert_uint_eq(op->u.outbox.n, 1);
	store_op_free(op);
	op = read_due(&w, now, 10, NULL);
	ck_assert_uint_eq(op->u.outbox.n, 0);
	store_op_free(op);
	world_done(&w);
}

static const struct {
	const char *passed_over;
	uint32_t n;
} passes[] = {
    {NULL, 3},
    {"", 3},
    {"\n" HOST "\n", 2},
    {"\n127.0.0.1:8080\n\n" HOST "\n", 1},
    {"\neceiver.test:443\n", 3},
    {"\nreceiver.test:44\n", 3},
};

TEST(hosts_are_passed_over)
{
	static const char *const urls[] = {
	    URL, "http://127.0.0.1:8080/", "http://receiver.test:4430/"};
	struct world w;

	world_init(&w);
	world_start(&w);
	for (size_t i = 0; i < N_ROWS(urls); i++)
		end_job(&w, submit_calling(&w, urls[i]), 4, JOB_DONE);
	struct store_op *op = read_due(&w, clock_wall(), 10, passes[_i].passed_over);
	ck_assert_msg(op->u.outbox.n == passes[_i].n, "%s: %u",
	    passes[_i].passed_over != NULL ? passes[_i].passed_over : "none", op->u.outbox.n);
	ck_assert_uint_eq(op->u.outbox.n_waiting, 3);
	store_op_free(op);
	world_done(&w);
}

TEST(rows_outlive_the_store_and_their_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_calling(&w, URL);
	end_job(&w, no, 4, JOB_DONE);
	struct store_op *op = read_due(&w, clock_wall(), 10, NULL);
	struct id id = op->u.outbox.posts[0].id;
	store_op_free(op);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	world_stop(&w);
	world_start(&w);
	op = read_due(&w, clock_wall(), 10, NULL);
	ck_assert_uint_eq(op->u.outbox.n, 1);
	ck_assert_mem_eq(&op->u.outbox.posts[0].id, &id, sizeof(id));
	store_op_free(op);
	world_done(&w);
}

static bool is_unwritable(struct world *w)
{
	return w->n_unwritable > 0;
}

static void set_room(bool has_room)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = has_room ? limit.rlim_max : 4096;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* What was delivered must not be delivered again because the disk was full. */
TEST(without_room_attempts_are_kept)
{
	struct world w;
	struct store_op *attempt = NULL;

	world_init(&w);
	world_start(&w);
	end_job(&w, submit_calling(&w, URL), 4, JOB_DONE);
	set_room(false);
	world_begin(&w, make_attempt(1, true, 0), &attempt);
	bool did_report = world_wait(&w, is_unwritable);
	unsigned n_open = w.n_open;
	set_room(true);
	ck_assert(did_report);
	ck_assert_uint_eq(n_open, 1);
	ck_assert(world_wait(&w, world_is_idle));
	ck_assert_int_eq(attempt->err, OK);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM outbox"), 0);
	store_op_free(attempt);
	world_done(&w);
}

SUITE(outbox)
{
	ADD(no_row_when_nobody_asked_or_the_job_is_deleted);
	ADD_ROWS(row_comes_with_the_end, ends);
	ADD(rows_come_as_they_are_due);
	ADD(a_clock_that_was_set_back_does_not_hold_rows);
	ADD_ROWS(hosts_are_passed_over, passes);
	ADD(rows_outlive_the_store_and_their_job);
	ADD(without_room_attempts_are_kept);
}
