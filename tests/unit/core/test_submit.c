/* Submissions: what is refused, dry runs, idempotency, long lists. */
#include "../unit.h"

#include "bench.h"

static const char *const under_dev[] = {"tlds", "dev", NULL};
static const char *const bad_query[] = {"rate", "fast", NULL};
static const char *const bad_dry_run[] = {"dry_run", "yes", NULL};
static const char *const bad_preset[] = {"preset", "none", "tlds", "dev", NULL};

static const struct {
	const char *name, *text;
	enum submission_body body;
	const char *const *query;
	int status;
	const char *pointer;
} refused[] = {
    {"no JSON", "{", BODY_JSON, NULL, 400, ""},
    {"empty JSON", "", BODY_JSON, NULL, 400, ""},
    {"unknown field", "{\"kind\":\"domains\",\"domain\":[]}", BODY_JSON, NULL, 422, "/domain"},
    {"no names", "{\"kind\":\"domains\",\"domains\":[]}", BODY_JSON, NULL, 422, "/domains"},
    {"unknown preset", "{\"kind\":\"domains\",\"preset\":\"x\",\"tlds\":[\"dev\"]}", BODY_JSON,
	NULL, 422, "/preset"},
    {"empty text", "", BODY_TEXT, NULL, 422, "/domains"},
    {"blank text", "\n# x\n", BODY_TEXT, NULL, 422, "/domains"},
    {"bad line", "\"a.test\"\n{\"name\":1}\n", BODY_NDJSON, NULL, 422, NULL},
    {"bad query", "a.test\n", BODY_TEXT, bad_query, 422, "/rate"},
    {"bad dry run", "a.test\n", BODY_TEXT, bad_dry_run, 422, "/dry_run"},
    {"bad preset", "a\n", BODY_TEXT, bad_preset, 422, "/preset"},
};

TEST(is_refused)
{
	struct bench b;

	bench_begin(&b, 10);
	struct outcome o =
	    bench_submit(&b, refused[_i].body, refused[_i].text, NULL, refused[_i].query);
	ck_assert_msg(o.status == refused[_i].status || refused[_i].pointer == NULL, "%s: %d",
	    refused[_i].name, o.status);
	ck_assert_msg(o.status >= 400 && !o.has_job, "%s", refused[_i].name);
	if (refused[_i].pointer != NULL)
		ck_row_str(refused[_i].name, o.pointer, refused[_i].pointer);
	ck_assert_ptr_null(fake_store_job(b.store, 0));
	bench_end(&b);
}

TEST(too_many_items_leave_nothing)
{
	struct bench b;
	struct buf text;

	bench_begin(&b, 10);
	buf_init(&text, 16 << 20);
	for (uint64_t i = 0; i <= b.opts.max_items; i++)
		buf_addf(&text, "n%llu.test\n", (unsigned long long)i);
	struct outcome o = bench_submit(&b, BODY_TEXT, text.data, NULL, NULL);
	buf_done(&text);
	ck_assert(o.status == 422 && !o.has_job);
	run_turns(b.loop, 10);
	ck_assert(fake_store_job(b.store, 0)->is_deleted); /* what was staged */
	bench_end(&b);
}

TEST(too_large_json)
{
	struct bench b;
	struct buf text;

	bench_begin(&b, 10);
	buf_init(&text, 16 << 20);
	buf_add_str(&text, "{\"kind\":\"domains\",\"domains\":[\"a.test\"");
	while (text.len < 2 << 20)
		buf_add_str(&text, ",\"a.test\"");
	buf_add_str(&text, "]}");
	struct outcome o = bench_submit(&b, BODY_JSON, text.data, NULL, NULL);
	buf_done(&text);
	ck_assert_int_eq(o.status, 413);
	bench_end(&b);
}

TEST(all_three_bodies)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_checks_answer_all(b.checker);
	ck_assert(bench_submit(&b, BODY_TEXT, "and\nor", NULL, under_dev).total == 2);
	ck_assert(
	    bench_submit(&b, BODY_NDJSON, "\"and\"\n{\"domain\":\"or\"}", NULL, under_dev).total ==
	    2);
	bench_submit_json(&b,
	    "{\"kind\":\"domains\",\"names\":[\"and\",\"or\"],\"tlds\":[\"dev\"],\"label\":\"x\"}");
	for (size_t i = 0; i < 3; i++) {
		bench_finish(&b, i);
		ck_assert_str_eq(fake_checks_name(b.checker, 2 * i), "and.dev");
		ck_assert_str_eq(fake_checks_name(b.checker, 2 * i + 1), "or.dev");
	}
	ck_assert_str_eq(fake_store_job(b.store, 2)->job.label, "x");
	bench_end(&b);
}

TEST(a_dry_run_queues_nothing)
{
	static const char *const query[] = {"dry_run", "true", NULL};
	struct bench b;
	struct buf text;

	bench_begin(&b, 10);
	buf_init(&text, 16 << 20);
	for (int i = 0; i < 50000; i++)
		buf_addf(&text, "%s%d.test\n", i % 5 == 0 ? "@" : "n", i % 40000);
	struct outcome o = bench_submit(&b, BODY_TEXT, text.data, "key", query);
	buf_done(&text);
	ck_assert(o.status == 0 && !o.has_job && o.n_first == INTAKE_FIRST);
	ck_assert_uint_eq(o.total, 50000);
	ck_assert_uint_eq(o.invalid, 10000);
	ck_assert_uint_eq(o.duplicates, 8000);
	ck_assert_ptr_null(fake_store_job(b.store, 0));
	bench_end(&b);
}

TEST(a_key_makes_one_job)
{
	struct bench b;

	bench_begin(&b, 10);
	struct outcome first = bench_submit(&b, BODY_TEXT, "a\n", "key", under_dev),
		       again = bench_submit(&b, BODY_TEXT, "a\n", "key", under_dev),
		       other = bench_submit(&b, BODY_TEXT, "b\n", "key", under_dev),
		       query = bench_submit(&b, BODY_TEXT, "a\n", "key", NULL),
		       body = bench_submit(&b, BODY_NDJSON, "\"a\"\n", "key", under_dev);
	ck_assert(first.has_job && !first.is_replay);
	ck_assert(again.has_job && again.is_replay);
	ck_assert_mem_eq(&again.id, &first.id, sizeof(first.id));
	ck_assert(other.status == 422 && query.status == 422 && body.status == 422);
	ck_assert(bench_submit(&b, BODY_TEXT, "a\n", NULL, under_dev).has_job);
	ck_assert_ptr_nonnull(fake_store_job(b.store, 1));
	ck_assert_ptr_null(fake_store_job(b.store, 2));
	bench_end(&b);
}

TEST(a_key_belongs_to_its_owner)
{
	static const char *const owners[] = {NULL, "ci", "shop", "c"};
	struct outcome first[N_ROWS(owners)];
	struct bench b;

	bench_begin(&b, 10);
	for (size_t i = 0; i < N_ROWS(owners); i++) {
		b.owner = owners[i];
		first[i] = bench_submit(&b, BODY_TEXT, "a\n", "key", under_dev);
		ck_assert(first[i].has_job && !first[i].is_replay);
	}
	for (size_t i = 0; i < N_ROWS(owners); i++) {
		b.owner = owners[i];
		struct outcome again = bench_submit(&b, BODY_TEXT, "a\n", "key", under_dev);
		ck_assert(again.is_replay);
		ck_assert_mem_eq(&again.id, &first[i].id, sizeof(again.id));
		ck_assert_int_eq(bench_submit(&b, BODY_TEXT, "b\n", "key", under_dev).status, 422);
	}
	/* the last owner and a key that looks like another owner's */
	ck_assert(!bench_submit(&b, BODY_TEXT, "a\n", "ikey", under_dev).is_replay);
	bench_end(&b);
}

static const struct {
	enum err e;
} failures[] = {{ERR_FULL}, {ERR_READ_ONLY}, {ERR_IO}};

TEST(a_store_that_fails)
{
	struct bench b;

	bench_begin(&b, 10);
	fake_store_fail_writes(b.store, failures[_i].e);
	struct outcome o = bench_submit(&b, BODY_TEXT, "a.test\n", NULL, NULL);
	ck_assert(o.status == 507 && !o.has_job);
	bench_end(&b);
}

/* Staged in many pieces, with duplicates in all of them, and answered to the last item. */
TEST(a_long_list_with_duplicates)
{
	struct bench b;
	struct buf text;

	bench_begin(&b, 1000);
	fake_checks_answer_all(b.checker);
	buf_init(&text, 16 << 20);
	for (int i = 0; i < 60000; i++)
		buf_addf(&text, "n%d.test\n", i % 50000);
	struct outcome o = bench_submit(&b, BODY_TEXT, text.data, NULL, NULL);
	buf_done(&text);
	ck_assert(o.has_job && o.total == 60000);
	ck_assert_uint_gt(fake_store_n_done(b.store, STORE_STAGE), 2);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_checks_n_started(b.checker), 50000);
	bench_end(&b);
}

static void never(const struct submission_outcome *outcome, void *arg)
{
	(void)outcome, (void)arg;
	ck_abort_msg("it was given up");
}

static void ignore(void *arg)
{
	(void)arg;
}

TEST(may_be_given_up_at_any_time)
{
	struct submission_opts opts = {
	    .body = BODY_TEXT, .max_json = 1000, .events = {.on_ready = ignore, .on_done = never}};
	struct bench b;

	bench_begin(&b, 10);
	fake_store_hold(b.store, true);
	for (int turns = 0; turns < 8; turns++) {
		struct submission *s = submission_new(b.core, &opts);
		submission_feed(s, "a.test\n", 7);
		submission_end(s);
		if (turns > 0)
			run_turns(b.loop, turns);
		submission_free(s);
	}
	fake_store_hold(b.store, false);
	run_turns(b.loop, 10);
	submission_free(NULL);
	bench_end(&b);
}

SUITE(submit)
{
	ADD_ROWS(is_refused, refused);
	ADD(too_many_items_leave_nothing);
	ADD(too_large_json);
	ADD(all_three_bodies);
	ADD(a_dry_run_queues_nothing);
	ADD(a_key_makes_one_job);
	ADD(a_key_belongs_to_its_owner);
	ADD_ROWS(a_store_that_fails, failures);
	ADD(a_long_list_with_duplicates);
	ADD(may_be_given_up_at_any_time);
}
