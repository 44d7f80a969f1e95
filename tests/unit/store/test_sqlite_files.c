/* Saved files: which there are, by name and in pages, and that they go with their job. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "wire/record.h"
#include "world.h"

#define NOON ((usec_t)1795348800123456)

static struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

/* Add the result of a file to a PUT; `name` NULL: it was not there, and nothing was saved. */
static void add_file(struct store_op *put, uint32_t index, const char *name, const char *type)
{
	enum item_status status = name != NULL ? ITEM_OK : ITEM_NOT_FOUND;
	struct result r = {.index = index,
	    .status = status,
	    .reason = name != NULL ? REASON_NONE : REASON_HTTP_404,
	    .finished_at = NOON + index,
	    .name = "http://a.test/",
	    .name_len = 14,
	    .is_file = true,
	    .file = {.file_name = span_of(name != NULL ? name : "missing"),
		.content_type = span_of(type),
		.is_saved = name != NULL,
		.n_bytes = 1000 + index}};

	memset(r.file.digest, (int)index, sizeof(r.file.digest));
	record_add(&put->u.put.block, &r);
	put->u.put.counts[status]++;
	put->u.put.n++;
}

static struct store_op *make_files_put(int64_t job_no)
{
	struct store_op *put = make_put(job_no, 0, 0, JOB_RUNNING);

	put->u.put.has_files = true;
	return put;
}

static int64_t submit_kind(struct world *w, enum job_kind kind, struct id *ret_id)
{
	struct store_op *op = make_input(STORE_SUBMIT, 0, 1, 10);

	op->u.input.job.kind = kind;
	*ret_id = op->u.input.job.id;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	int64_t no = op->job_no;
	store_op_free(op);
	return no;
}

/* A job with ten results in blocks of 4, 1 and 5; every third file is missing. */
static int64_t submit_ten(struct world *w)
{
	static const uint32_t ends[] = {0, 4, 5, 10};
	struct id id;
	int64_t no = submit_kind(w, KIND_DOWNLOADS, &id);
	char name[16];

	for (int i = 0; i < 3; i++) {
		struct store_op *put = make_files_put(no);
		for (uint32_t k = ends[i]; k < ends[i + 1]; k++) {
			snprintf(name, sizeof(name), "f%u.gif", k);
			add_file(put, k, k % 3 == 2 ? NULL : name, k % 2 ? "image/gif" : NULL);
		}
		ck_assert_int_eq(world_run(w, put), OK);
	}
	return no;
}

static struct store_op *find_file(struct world *w, int64_t job_no, const char *name)
{
	struct store_op *op = make_op(STORE_FILES, job_no);

	op->u.files.name = xstrdup(name);
	return world_call(w, op);
}

static const char *const no_files[] = {
    "", "missing", "F0.gif", "f0.gif ", "f0", "f2.gif", "../f0.gif", "f%.gif", "f_.gif"};

TEST(finds_no_other_name)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_ten(&w);
	struct store_op *op = find_file(&w, no, no_files[_i]);
	ck_assert_msg(op->err == ERR_NOT_FOUND, "%s: %s", no_files[_i], err_str(op->err));
	ck_assert_uint_eq(op->u.files.n, 0);
	store_op_free(op);
	world_done(&w);
}

TEST(finds_a_file_by_its_name)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t other = submit_ten(&w), no = submit_ten(&w);
	for (uint32_t i = 0; i < 10; i++) {
		char name[16];
		snprintf(name, sizeof(name), "f%u.gif", i);
		struct store_op *op = find_file(&w, no, name);
		ck_assert_msg(op->err == (i % 3 == 2 ? ERR_NOT_FOUND : OK), "%s", name);
		if (op->err == OK) {
			const struct stored_file *f = op->u.files.files;
			uint8_t digest[FILE_DIGEST_SIZE];
			memset(digest, (int)i, sizeof(digest));
			ck_assert_uint_eq(op->u.files.n, 1);
			ck_assert_str_eq(f->name, name);
			ck_assert_pstr_eq(f->content_type, i % 2 ? "image/gif" : NULL);
			ck_assert_uint_eq(f->n_bytes, 1000 + i);
			ck_assert_int_eq(f->saved_at, NOON + i);
			ck_assert_mem_eq(f->digest, digest, sizeof(digest));
		}
		store_op_free(op);
	}
	struct store_op *op = find_file(&w, other + no, "f0.gif");
	ck_assert_int_eq(op->err, ERR_NOT_FOUND);
	store_op_free(op);
	world_done(&w);
}

/* The later result counts: a crash between the folder and the commit leads to it. */
TEST(a_name_that_comes_again_is_the_later_one)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_kind(&w, KIND_DOWNLOADS, &id);
	for (uint32_t i = 1; i < 4; i++) {
		struct store_op *put = make_files_put(no);
		add_file(put, i, "a.gif", NULL);
		ck_assert_int_eq(world_run(&w, put), OK);
	}
	struct store_op *op = find_file(&w, no, "a.gif");
	ck_assert_uint_eq(op->u.files.files->n_bytes, 1003);
	store_op_free(op);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM file"), 1);
	world_done(&w);
}

/* A read left open would keep the log from ever starting anew. */
TEST(finding_leaves_the_log_free)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_ten(&w);
	store_op_free(find_file(&w, no, "f0.gif"));
	store_op_free(find_file(&w, no, "none"));
	ck_assert(world_wait(&w, world_log_is_free));
	world_done(&w);
}

static const struct {
	const char *name;
	uint64_t after;
	uint32_t max;
	const char *want; /* the numbers in the names of those that come */
	uint64_t last;
	bool is_more;
} pages[] = {
    {"all", 0, 100, "0134679", 10, false},
    {"exactly all", 0, 7, "0134679", 10, false},
    {"one", 0, 1, "0", 1, true},
    {"to the end of a block", 0, 3, "013", 4, true},
    {"across blocks", 3, 3, "346", 7, true},
    {"from a missing one", 2, 1, "3", 4, true},
    {"the last", 9, 5, "9", 10, false},
    {"behind the end", 10, 5, "", 10, false},
    {"far behind the end", 99, 5, "", 99, false},
};

TEST(pages_of_files)
{
	struct world w;
	char got[32] = "";

	world_init(&w);
	world_start(&w);
	struct store_op *op = make_op(STORE_FILES, submit_ten(&w));
	op->u.files.after = pages[_i].after;
	op->u.files.max = pages[_i].max;
	op = world_call(&w, op);
	ck_assert_int_eq(op->err, OK);
	for (uint32_t i = 0; i < op->u.files.n; i++)
		strncat(got, op->u.files.files[i].name + 1, 1);
	ck_row_str(pages[_i].name, got, pages[_i].want);
	ck_assert_msg(op->u.files.is_more == pages[_i].is_more, "%s", pages[_i].name);
	ck_assert_msg(op->u.files.last == pages[_i].last, "%s: %ju", pages[_i].name,
	    (uintmax_t)op->u.files.last);
	store_op_free(op);
	world_done(&w);
}

/* Page by page nothing is left out and nothing comes twice, whatever the size of a page. */
TEST(pages_join)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_ten(&w);
	for (uint32_t max = 1; max < 9; max++) {
		char got[32] = "";
		uint64_t after = 0;
		bool is_more = true;
		for (int i = 0; is_more && i < 20; i++) {
			struct store_op *op = make_op(STORE_FILES, no);
			op->u.files.after = after;
			op->u.files.max = max;
			op = world_call(&w, op);
			for (uint32_t k = 0; k < op->u.files.n; k++)
				strncat(got, op->u.files.files[k].name + 1, 1);
			after = op->u.files.last;
			is_more = op->u.files.is_more;
			store_op_free(op);
		}
		ck_assert_str_eq(got, "0134679");
	}
	world_done(&w);
}

TEST(names_have_no_files)
{
	struct world w;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_job(&w, 1, 10);
	ck_assert_int_eq(world_run(&w, make_put(no, 0, 10, JOB_RUNNING)), OK);
	struct store_op *op = make_op(STORE_FILES, no);
	op->u.files.max = 10;
	op = world_call(&w, op);
	ck_assert(op->err == OK && op->u.files.n == 0 && !op->u.files.is_more);
	ck_assert_uint_eq(op->u.files.last, 10);
	store_op_free(op);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM file"), 0);
	world_done(&w);
}

TEST(counts_what_is_ok)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_kind(&w, KIND_FLAGS, &id);
	struct store_op *put = make_files_put(no);
	add_file(put, 0, "a", NULL);
	add_file(put, 1, NULL, NULL);
	add_file(put, 2, "b", NULL);
	ck_assert_int_eq(world_run(&w, put), OK);
	world_stop(&w);
	world_start(&w);
	ck_assert_uint_eq(w.n_unfinished, 1);
	const struct job *job = &w.unfinished[0].job;
	ck_assert_int_eq(job->kind, KIND_FLAGS);
	ck_assert_uint_eq(job->counts[ITEM_OK], 2);
	ck_assert_uint_eq(job->counts[ITEM_NOT_FOUND], 1);
	ck_assert_uint_eq(job->counts[ITEM_FOUND], 0);
	struct store_op *rows = make_rows(no, 0, 0);

	rows->u.rows.table = row_table_of(KIND_DOWNLOADS, CHECK_RESOLVE);
	rows->u.rows.filter.has_status = true;
	rows->u.rows.filter.status = ITEM_OK;
	rows = world_call(&w, rows);
	ck_assert_str_eq(rows->u.rows.text.data, "a OK\nb OK\n");
	store_op_free(rows);
	world_done(&w);
}

static bool is_swept(struct world *w)
{
	return world_sql(w, "SELECT count(*) FROM job WHERE garbage > 0") == 0;
}

TEST(files_go_with_their_job)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t other = submit_ten(&w), no = submit_kind(&w, KIND_DOWNLOADS, &id);
	struct store_op *put = make_files_put(no);
	for (uint32_t i = 0; i < 12000; i++) {
		char name[16];
		snprintf(name, sizeof(name), "f%u", i);
		add_file(put, i, name, NULL);
	}
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM file"), 12007);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, no)), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM file"), 7);
	ck_assert_int_eq(world_sql(&w, "SELECT DISTINCT job FROM file"), other);
	world_done(&w);
}

/* An ended job keeps its files, whatever becomes of its input. */
TEST(files_stay_with_an_ended_job)
{
	struct world w;
	struct id id;

	world_init(&w);
	world_start(&w);
	int64_t no = submit_kind(&w, KIND_DOWNLOADS, &id);
	struct store_op *put = make_files_put(no);
	add_file(put, 0, "a", NULL);
	put->u.put.state = JOB_CANCELLED;
	put->u.put.finished_at = NOON;
	ck_assert_int_eq(world_run(&w, put), OK);
	ck_assert(world_wait(&w, is_swept));
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM chunk"), 0);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM file"), 1);
	world_done(&w);
}

static struct store_op *ask_unknown(struct world *w, const struct id *ids, size_t n)
{
	struct store_op *op = make_op(STORE_FOLDERS, 0);

	op->u.folders.ids = xmalloc(n * sizeof(*ids));
	memcpy(op->u.folders.ids, ids, n * sizeof(*ids));
	op->u.folders.n = n;
	op = world_call(w, op);
	ck_assert_int_eq(op->err, OK);
	return op;
}

TEST(knows_which_ids_are_no_jobs)
{
	struct world w;
	struct id ids[5];

	world_init(&w);
	world_start(&w);
	store_op_free(ask_unknown(&w, ids, 0));
	submit_kind(&w, KIND_DOWNLOADS, &ids[0]);
	ids[1] = id_new(NOON);
	int64_t ended = submit_kind(&w, KIND_FLAGS, &ids[2]);
	ck_assert_int_eq(world_run(&w, make_put(ended, 0, 0, JOB_CANCELLED)), OK);
	int64_t deleted = submit_kind(&w, KIND_FLAGS, &ids[3]);
	ck_assert_int_eq(world_run(&w, make_op(STORE_DELETE, deleted)), OK);
	ids[4] = id_new(NOON);
	struct store_op *op = ask_unknown(&w, ids, 5);
	ck_assert_uint_eq(op->u.folders.n, 2);
	ck_assert_mem_eq(&op->u.folders.ids[0], &ids[1], sizeof(ids[1]));
	ck_assert_mem_eq(&op->u.folders.ids[1], &ids[4], sizeof(ids[4]));
	ck_assert_uint_eq(op->u.folders.n_removed, 1);
	ck_assert_mem_eq(&op->u.folders.removed[0], &ids[3], sizeof(ids[3]));
	store_op_free(op);
	/* the row of the job may be gone by now; that its files must go is known until they are */
	world_stop(&w);
	world_start(&w);
	op = ask_unknown(&w, ids, 5);
	ck_assert(op->u.folders.n == 2 && op->u.folders.n_removed == 1);
	store_op_free(op);
	op = make_op(STORE_REMOVED, 0);
	op->u.folders.removed = xmalloc(sizeof(ids[3]));
	op->u.folders.removed[0] = ids[3];
	op->u.folders.n_removed = 1;
	ck_assert_int_eq(world_run(&w, op), OK);
	ck_assert_int_eq(world_sql(&w, "SELECT count(*) FROM removal"), 0);
	world_done(&w);
}

static const struct {
	const char *name;
	int kind, state; /* -1: any */
	const char *want;
	bool is_more;
} lists[] = {
    {"all", -1, -1, "5 4 3 ", true},
    {"names", KIND_DOMAINS, -1, "1 ", false},
    {"downloads", KIND_DOWNLOADS, -1, "4 2 ", false},
    {"flags", KIND_FLAGS, -1, "5 3 ", false},
    {"flags that wait", KIND_FLAGS, JOB_QUEUED, "5 ", false},
    {"flags that are done", KIND_FLAGS, JOB_DONE, "3 ", false},
    {"names that are done", KIND_DOMAINS, JOB_DONE, "", false},
};

TEST(lists_by_kind)
{
	static const enum job_kind kinds[] = {
	    KIND_DOMAINS, KIND_DOWNLOADS, KIND_FLAGS, KIND_DOWNLOADS, KIND_FLAGS};
	struct world w;
	struct id id;
	char got[64] = "";

	world_init(&w);
	world_start(&w);
	for (size_t i = 0; i < N_ROWS(kinds); i++)
		submit_kind(&w, kinds[i], &id);
	ck_assert_int_eq(world_run(&w, make_put(3, 0, 0, JOB_DONE)), OK);
	struct store_op *op = make_op(STORE_LIST, 0);
	memset(&op->u.list.before, 0xff, sizeof(op->u.list.before));
	op->u.list.limit = 3;
	op->u.list.filter.has_kind = lists[_i].kind >= 0;
	op->u.list.filter.kind =
	    op->u.list.filter.has_kind ? (enum job_kind)lists[_i].kind : KIND_DOMAINS;
	op->u.list.filter.has_state = lists[_i].state >= 0;
	op->u.list.filter.state =
	    op->u.list.filter.has_state ? (enum job_state)lists[_i].state : JOB_QUEUED;
	op = world_call(&w, op);
	for (uint32_t i = 0; i < op->u.list.n; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%jd ",
		    (intmax_t)op->u.list.jobs[i].no);
	ck_row_str(lists[_i].name, got, lists[_i].want);
	ck_assert_int_eq(op->u.list.is_more, lists[_i].is_more);
	store_op_free(op);
	world_done(&w);
}

SUITE(sqlite_files)
{
	ADD_ROWS(finds_no_other_name, no_files);
	ADD(finds_a_file_by_its_name);
	ADD(a_name_that_comes_again_is_the_later_one);
	ADD(finding_leaves_the_log_free);
	ADD_ROWS(pages_of_files, pages);
	ADD(pages_join);
	ADD(names_have_no_files);
	ADD(counts_what_is_ok);
	ADD(files_go_with_their_job);
	ADD(files_stay_with_an_ended_job);
	ADD(knows_which_ids_are_no_jobs);
	ADD_ROWS(lists_by_kind, lists);
}
