/* The reading verbs. */
#include "../unit.h"

#include <stdlib.h>

#include "world.h"

/* A job with results of 30 items in blocks of 10, 1 and 19. */
static int64_t submit_thirty(struct world *w)
{
	static const uint32_t ends[] = {0, 10, 11, 30};
	int64_t no = submit_job(w, 3, 10);

	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(world_run(w, make_put(no, ends[i], ends[i + 1], JOB_RUNNING)), OK);
	return no;
}

TEST(load_of_an_unknown_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_op(STORE_LOAD, 0);
	op->u.job.id = id_new(1);
	ck_assert_int_eq(world_run(&w, op), ERR_NOT_FOUND);
	world_done(&w);
}

TEST(rows_of_an_unknown_job)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = world_call(&w, make_rows(99, 3, 5));
	ck_assert_int_eq(op->err, ERR_NOT_FOUND);
	ck_assert_uint_eq(op->u.rows.n, 0);
	ck_assert_uint_eq(op->u.rows.last, 3);
	ck_assert(!op->u.rows.is_more);
	store_op_free(op);
	world_done(&w);
}

static const struct {
	const char *name;
	uint64_t after, limit, max_bytes;
	int status; /* -1: any */
	uint64_t n, first, last;
	bool is_more;
} pages[] = {
    {"all", 0, 0, SIZE_MAX, -1, 30, 1, 30, false},
    {"inside a block", 0, 4, SIZE_MAX, -1, 4, 1, 4, true},
    {"to the end of a block", 0, 10, SIZE_MAX, -1, 10, 1, 10, true},
    {"across blocks", 8, 6, SIZE_MAX, -1, 6, 9, 14, true},
    {"from inside a block to the end", 15, 0, SIZE_MAX, -1, 15, 16, 30, false},
    {"exactly to the end", 20, 10, SIZE_MAX, -1, 10, 21, 30, false},
    {"the last one", 29, 1, SIZE_MAX, -1, 1, 30, 30, false},
    {"behind the end", 30, 10, SIZE_MAX, -1, 0, 0, 30, false},
    {"far behind the end", 1000, 10, SIZE_MAX, -1, 0, 0, 1000, false},
    {"one status", 0, 0, SIZE_MAX, ITEM_NOT_FOUND, 10, 2, 30, false},
    {"one status, limited", 3, 2, SIZE_MAX, ITEM_NOT_FOUND, 2, 5, 8, true},
    {"enough bytes", 0, 0, 1, -1, 1, 1, 1, true},
    {"enough bytes across blocks", 9, 0, 20, -1, 2, 10, 11, true},
};

TEST(pages_of_rows)
{
	struct world w;
	const char *name = pages[_i].name;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_rows(submit_thirty(&w), pages[_i].after, pages[_i].limit);
	op->u.rows.max_bytes = pages[_i].max_bytes;
	op->u.rows.filter.has_status = pages[_i].status >= 0;
	if (op->u.rows.filter.has_status)
		op->u.rows.filter.status = (enum item_status)pages[_i].status;
	op = world_call(&w, op);
	ck_assert_int_eq(op->err, OK);
	ck_assert_msg(op->u.rows.n == pages[_i].n, "%s: %ju rows", name, (uintmax_t)op->u.rows.n);
	ck_assert_msg(
	    op->u.rows.last == pages[_i].last, "%s: last %ju", name, (uintmax_t)op->u.rows.last);
	ck_assert_msg(op->u.rows.is_more == pages[_i].is_more, "%s", name);
	if (pages[_i].n > 0) {
		const char *want = item_name((uint32_t)pages[_i].first - 1);
		ck_assert_msg(strncmp(op->u.rows.text.data + 2, want, strlen(want)) == 0, "%s: %s",
		    name, op->u.rows.text.data);
	}
	store_op_free(op);
	world_done(&w);
}

static const struct {
	const char *name;
	enum result_format format;
	bool is_first;
	const char *start, *part;
} formats[] = {
    {"ndjson", FORMAT_NDJSON, true, "{\"seq\":11,\"index\":10,\"domain\":\"name10.example\"",
	"}\n{\"seq\":12,"},
    {"json, first", FORMAT_JSON, true, "{\"seq\":11,\"index\":10,", "},{\"seq\":12,"},
    {"json, more", FORMAT_JSON, false, ",{\"seq\":11,\"index\":10,", "},{\"seq\":12,"},
    {"csv", FORMAT_CSV, true, "11,10,name10.example,", "\r\n12,11,name11.example,"},
    {"text", FORMAT_TEXT, true, "  name10.example\n", "\n? name11.example timeout\n"},
    {"events", FORMAT_EVENTS, true, "", "id: 12\n"},
};

TEST(rows_in_each_format)
{
	struct world w;
	const char *name = formats[_i].name, *start = formats[_i].start;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_rows(submit_thirty(&w), 10, 2);
	op->u.rows.format = formats[_i].format;
	op->u.rows.is_first = formats[_i].is_first;
	op = world_call(&w, op);
	const char *text = op->u.rows.text.data;
	ck_assert_uint_eq(op->u.rows.n, 2);
	ck_assert_msg(strncmp(text, start, strlen(start)) == 0, "%s: %s", name, text);
	ck_assert_msg(strstr(text, formats[_i].part) != NULL, "%s: %s", name, text);
	store_op_free(op);
	world_done(&w);
}

static void check_claim(struct world *w, int64_t no, uint32_t from, uint32_t max, const char *want,
    const char *want_done)
{
	char text[64] = "", done[64] = "";
	struct store_op *op = make_op(STORE_CLAIM, no);

	op->u.claim.from = from;
	op->u.claim.max = max;
	op->u.claim.has_aliases = true;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	for (size_t i = 0; i < op->u.claim.n; i++) {
		const struct stored_chunk *c = &op->u.claim.chunks[i];
		struct chunk_item item;
		size_t offset = 0;
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%u:%u+%u ", c->no,
		    c->chunk.first, c->chunk.n);
		ck_assert(chunk_next(&c->chunk, &offset, &item));
		const char *name = item_name(c->chunk.first);
		ck_assert(item.len == strlen(name) && memcmp(item.text, name, item.len) == 0);
		for (uint32_t place = 0; place < c->chunk.n; place++) {
			if (chunk_mask_has(&c->done, place))
				snprintf(done + strlen(done), sizeof(done) - strlen(done), "%u ",
				    c->chunk.first + place);
		}
	}
	ck_assert_str_eq(text, want);
	ck_assert_str_eq(done, want_done);
	store_op_free(op);
}

TEST(claims_chunks_and_their_aliases)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_input(STORE_SUBMIT, 0, 4, 10);
	add_alias(op, 9, 0);
	add_alias(op, 10, 0);
	add_alias(op, 19, 0);
	add_alias(op, 39, 2);
	op = world_call(&w, op);
	int64_t no = op->job_no;
	store_op_free(op);
	struct store_op *put = make_put(no, 20, 29, JOB_RUNNING);
	use_chunk(put, 2);
	ck_assert_int_eq(world_run(&w, put), OK);
	check_claim(&w, no, 0, 1, "0:0+10 ", "9 ");
	check_claim(&w, no, 1, 1, "1:10+10 ", "10 19 ");
	check_claim(&w, no, 1, 9, "1:10+10 3:30+10 ", "10 19 39 ");
	check_claim(&w, no, 4, 9, "", "");
	check_claim(&w, no + 1, 0, 9, "", "");
	world_done(&w);
}

/* What a claim says is done is what the last commit said. */
TEST(a_claim_tells_what_is_done)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 2, 10), other = submit_job(&w, 1, 10);
	struct store_op *put = make_put(no, 10, 13, JOB_RUNNING);
	mark_chunk(put, 1, 0, 3);
	ck_assert_int_eq(world_run(&w, put), OK);
	check_claim(&w, no, 0, 9, "0:0+10 1:10+10 ", "10 11 12 ");
	put = make_put(no, 13, 19, JOB_RUNNING);
	mark_chunk(put, 1, 0, 9);
	ck_assert_int_eq(world_run(&w, put), OK);
	check_claim(&w, no, 1, 9, "1:10+10 ", "10 11 12 13 14 15 16 17 18 ");
	check_claim(&w, other, 0, 9, "0:0+10 ", "");
	put = make_put(no, 19, 20, JOB_RUNNING);
	use_chunk(put, 1);
	ck_assert_int_eq(world_run(&w, put), OK);
	check_claim(&w, no, 0, 9, "0:0+10 ", "");
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM progress"), 0);
	world_done(&w);
}

/* List jobs before `id`; what came is written as their numbers. */
static void check_list(struct world *w, const struct id *before, int state, uint32_t limit,
    const char *want, bool want_more)
{
	char text[64] = "";
	struct store_op *op = make_op(STORE_LIST, 0);

	memset(&op->u.list.before, 0xff, sizeof(op->u.list.before));
	if (before != NULL)
		op->u.list.before = *before;
	op->u.list.filter.has_state = state >= 0;
	if (state >= 0)
		op->u.list.filter.state = (enum job_state)state;
	op->u.list.limit = limit;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	for (uint32_t i = 0; i < op->u.list.n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%jd ",
		    (intmax_t)op->u.list.jobs[i].no);
	ck_assert_str_eq(text, want);
	ck_assert_int_eq(op->u.list.is_more, want_more);
	store_op_free(op);
}

TEST(lists_newest_first)
{
	struct world w;
	struct id ids[5];

	world_init(&w);
	world_start(&w);
	check_list(&w, NULL, -1, 5, "", false);
	for (int i = 0; i < 5; i++) {
		struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 1);
		ids[i] = op->u.input.job.id;
		ck_assert_int_eq(world_run(&w, op), OK);
	}
	ck_assert_int_eq(world_run(&w, make_put(2, 0, 1, JOB_DONE)), OK);
	ck_assert_int_eq(world_run(&w, make_put(4, 0, 1, JOB_DONE)), OK);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, 3)), OK);
	check_list(&w, NULL, -1, 5, "5 4 2 1 ", false);
	check_list(&w, NULL, -1, 4, "5 4 2 1 ", false);
	check_list(&w, NULL, -1, 2, "5 4 ", true);
	check_list(&w, &ids[3], -1, 2, "2 1 ", false);
	check_list(&w, &ids[0], -1, 2, "", false);
	check_list(&w, NULL, JOB_DONE, 5, "4 2 ", false);
	check_list(&w, NULL, JOB_DONE, 1, "4 ", true);
	check_list(&w, &ids[3], JOB_DONE, 5, "2 ", false);
	check_list(&w, NULL, JOB_QUEUED, 5, "5 1 ", false);
	check_list(&w, NULL, JOB_FAILED, 5, "", false);
	world_done(&w);
}

SUITE(sqlite_read)
{
	ADD(load_of_an_unknown_job);
	ADD(rows_of_an_unknown_job);
	ADD_ROWS(pages_of_rows, pages);
	ADD_ROWS(rows_in_each_format, formats);
	ADD(claims_chunks_and_their_aliases);
	ADD(a_claim_tells_what_is_done);
	ADD(lists_newest_first);
}
