/* Submissions of downloads and flags: defaults, servers, what is refused. */
#include "../unit.h"

#include "bench.h"

#define F "{\"kind\":\"flags\""

static const struct {
	const char *name, *text;
	enum submission_body body;
	const char *query[7];
	int status;
	const char *pointer;
} refused[] = {
    {"no URLs", "{\"kind\":\"downloads\",\"urls\":[]}", BODY_JSON, {NULL}, 422, "/urls"},
    {"no lines of URLs", "", BODY_TEXT, {"kind", "downloads"}, 422, "/urls"},
    {"blank lines", "\n# x\n", BODY_TEXT, {"kind", "downloads"}, 422, "/urls"},
    {"a field of flags", "http://a.test/\n", BODY_TEXT, {"kind", "downloads", "limit", "3"}, 422,
	"/limit"},
    {"a preset of downloads", "http://a.test/\n", BODY_TEXT, {"kind", "downloads", "preset", "all"},
	422, "/preset"},
    {"a line that is no item", "\"http://a.test/\"\n7\n", BODY_NDJSON, {"kind", "downloads"}, 422,
	""},
    {"no lines of codes", "", BODY_TEXT, {"kind", "flags"}, 422, "/codes"},
    {"a line that is no code", "br\nusa\n", BODY_TEXT, {"kind", "flags"}, 422, "/codes"},
    {"the last line is no code", "br\nusa", BODY_TEXT, {"kind", "flags"}, 422, "/codes"},
    {"an unknown server", F ",\"server\":\"nowhere\"}", BODY_JSON, {NULL}, 422, "/server"},
    {"an empty server", F ",\"server\":\"\"}", BODY_JSON, {NULL}, 422, "/server"},
    {"an unknown server in the query", "br\n", BODY_TEXT, {"kind", "flags", "server", "x"}, 422,
	"/server"},
    {"an unknown preset", F ",\"preset\":\"pop2\"}", BODY_JSON, {NULL}, 422, "/preset"},
    {"a preset of names", F ",\"preset\":\"python-keywords\"}", BODY_JSON, {NULL}, 422, "/preset"},
    {"a preset of flags for names", "{\"kind\":\"domains\",\"preset\":\"pop20\",\"tlds\":[\"de\"]}",
	BODY_JSON, {NULL}, 422, "/preset"},
};

TEST(is_refused)
{
	struct bench b;

	bench_begin(&b, 10);
	struct outcome o =
	    bench_submit(&b, refused[_i].body, refused[_i].text, NULL, refused[_i].query);
	ck_assert_msg(
	    o.status == refused[_i].status && !o.has_job, "%s: %d", refused[_i].name, o.status);
	ck_row_str(refused[_i].name, o.pointer, refused[_i].pointer);
	ck_assert_ptr_null(fake_store_job(b.store, 0));
	bench_end(&b);
}

#define REMOTE "https://flags.test/data/flags/"

static const struct {
	const char *name, *text;
	enum submission_body body;
	const char *query[9];
	uint64_t total;
	const char *first_url;
	uint32_t concurrency;
	usec_t timeout;
} accepted[] = {
    {"nothing said: the twenty", F "}", BODY_JSON, {NULL}, 20, REMOTE "bd/bd.gif", 5, 6100000},
    {"an empty list is nothing said", F ",\"codes\":[]}", BODY_JSON, {NULL}, 20, REMOTE "bd/bd.gif",
	5, 6100000},
    {"zeroes are nothing said", F ",\"concurrency\":0,\"timeout_ms\":0}", BODY_JSON, {NULL}, 20,
	REMOTE "bd/bd.gif", 5, 6100000},
    {"codes are not the twenty", F ",\"codes\":[\"us\",\"BR\",\"US\"]}", BODY_JSON, {NULL}, 2,
	REMOTE "br/br.gif", 5, 6100000},
    {"codes and a preset", F ",\"codes\":[\"aa\"],\"preset\":\"pop20\"}", BODY_JSON, {NULL}, 21,
	REMOTE "aa/aa.gif", 5, 6100000},
    {"all", F ",\"preset\":\"all\"}", BODY_JSON, {NULL}, 194, REMOTE "ad/ad.gif", 5, 6100000},
    {"every, as many as asked for", F ",\"preset\":\"every\",\"limit\":30}", BODY_JSON, {NULL}, 30,
	REMOTE "aa/aa.gif", 5, 6100000},
    {"a letter", F ",\"codes\":[\"z\"]}", BODY_JSON, {NULL}, 26, REMOTE "za/za.gif", 5, 6100000},
    {"a server", F ",\"server\":\"LOCAL\"}", BODY_JSON, {NULL}, 20,
	"http://127.0.0.1:8000/flags/bd/bd.gif", 5, 6100000},
    {"the default server by its label", F ",\"server\":\"remote\"}", BODY_JSON, {NULL}, 20,
	REMOTE "bd/bd.gif", 5, 6100000},
    {"a base wins", F ",\"server\":\"Local\",\"base_url\":\"http://b.test/X\"}", BODY_JSON, {NULL},
	20, "http://b.test/x/bd/bd.gif", 5, 6100000},
    {"limits of its own", F ",\"concurrency\":1000,\"timeout_ms\":1}", BODY_JSON, {NULL}, 20,
	REMOTE "bd/bd.gif", 1000, 1000},
    {"lines", "us\nbr\n", BODY_TEXT, {"kind", "flags", "server", "local"}, 2,
	"http://127.0.0.1:8000/flags/br/br.gif", 5, 6100000},
    {"lines without a last line end", "us\nbr", BODY_TEXT, {"kind", "flags"}, 2, REMOTE "br/br.gif",
	5, 6100000},
    {"lines and a preset", "aa\n", BODY_TEXT, {"kind", "flags", "preset", "pop20"}, 21,
	REMOTE "aa/aa.gif", 5, 6100000},
    {"JSON lines", "\"us\"\n\"br\"\n", BODY_NDJSON, {"kind", "flags", "concurrency", "7"}, 2,
	REMOTE "br/br.gif", 7, 6100000},
    {"downloads have no such defaults", "http://a.test/x", BODY_TEXT, {"kind", "downloads"}, 1,
	"http://a.test/x", 0, 0},
    {"downloads by JSON lines", "\"http://a.test/x\"\n{\"url\":\"http://a.test/y\"}", BODY_NDJSON,
	{"kind", "downloads", "timeout_ms", "60000"}, 2, "http://a.test/x", 0, 60000000},
};

TEST(is_accepted)
{
	const char *row = accepted[_i].name;
	struct bench b;

	bench_begin(&b, 10);
	struct outcome o =
	    bench_submit(&b, accepted[_i].body, accepted[_i].text, NULL, accepted[_i].query);
	ck_assert_msg(o.has_job && o.duplicates == 0 && o.invalid == 0, "%s: %d %s", row, o.status,
	    o.pointer);
	ck_assert_msg(o.total == accepted[_i].total, "%s: %ju", row, (uintmax_t)o.total);
	const struct job *job = &fake_store_job(b.store, 0)->job;
	ck_assert_msg(job->params.concurrency == accepted[_i].concurrency, "%s: %u", row,
	    job->params.concurrency);
	ck_assert_msg(job->params.timeout == accepted[_i].timeout, "%s: %jd", row,
	    (intmax_t)job->params.timeout);
	ck_assert_uint_eq(job->params.attempts, 0);
	bench_wait_fetches(&b, 1);
	ck_row_str(row, fake_fetcher_asked(b.fetcher, 0)->url, accepted[_i].first_url);
	fake_fetcher_answer_all(b.fetcher, NULL);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_store_job(b.store, 0)->job.counts[ITEM_OK], accepted[_i].total);
	bench_end(&b);
}

TEST(five_flags_at_a_time)
{
	struct bench b;

	bench_begin(&b, 100);
	bench_submit_json(&b, F ",\"name_by_country\":true}");
	bench_wait_fetches(&b, 5);
	run_turns(b.loop, 20);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 5);
	const struct fetch_asked *asked = fake_fetcher_asked(b.fetcher, 0);
	ck_assert_str_eq(asked->name, "BD.gif");
	ck_assert_str_eq(asked->code, "BD");
	ck_assert(asked->by_country && asked->timeout == 6100000);
	bench_end(&b);
}

/* Long enough to be staged, and its names are unique all the same. */
TEST(a_long_list)
{
	static const char *const query[] = {"kind", "downloads", NULL};
	enum { N = 30000 };
	struct bench b;
	struct buf text;

	bench_begin(&b, 1000);
	fake_fetcher_answer_all(b.fetcher, NULL);
	buf_init(&text, 16 << 20);
	for (int i = 0; i < N; i++)
		buf_addf(&text, "http://h%d.test/a.gif\n", i);
	struct outcome o = bench_submit(&b, BODY_TEXT, text.data, NULL, query);
	buf_done(&text);
	ck_assert(o.has_job && o.total == N);
	ck_assert_uint_ge(fake_store_n_done(b.store, STORE_STAGE), 1);
	bench_finish(&b, 0);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), N);
	ck_assert_str_eq(fake_fetcher_asked(b.fetcher, 0)->name, "a.gif");
	for (size_t i = 1; i < 3000; i++) {
		char want[32];
		const struct fetch_asked *asked = fake_fetcher_asked(b.fetcher, i);
		snprintf(want, sizeof(want), "a-%u.gif", asked->index + 1);
		ck_assert_str_eq(asked->name, want);
	}
	bench_end(&b);
}

static const struct {
	const char *name, *text;
	enum submission_body body;
	const char *query[5];
	uint64_t total, invalid, n_first;
} dry[] = {
    {"flags", "us\nbr\n", BODY_TEXT, {"kind", "flags", "dry_run", "true"}, 2, 0, 2},
    {"the twenty and more", "z\n", BODY_TEXT, {"kind", "flags", "dry_run", "true"}, 26, 0, 20},
    {"downloads", "http://a.test/x\nx\nhttp://a.test/x\n", BODY_TEXT,
	{"kind", "downloads", "dry_run", "true"}, 3, 1, 3},
};

TEST(a_dry_run_queues_nothing)
{
	struct bench b;

	bench_begin(&b, 10);
	struct outcome o = bench_submit(&b, dry[_i].body, dry[_i].text, "key", dry[_i].query);
	ck_assert_msg(o.status == 0 && !o.has_job, "%s: %d", dry[_i].name, o.status);
	ck_assert_uint_eq(o.total, dry[_i].total);
	ck_assert_uint_eq(o.invalid, dry[_i].invalid);
	ck_assert_uint_eq(o.duplicates, 0);
	ck_assert_uint_eq(o.n_first, dry[_i].n_first);
	ck_assert_ptr_null(fake_store_job(b.store, 0));
	run_turns(b.loop, 10);
	ck_assert_uint_eq(fake_fetcher_n_started(b.fetcher), 0);
	bench_end(&b);
}

/* A default that is filled in does not change what a key stands for. */
TEST(a_key_makes_one_job)
{
	struct bench b;

	bench_begin(&b, 10);
	struct outcome first = bench_submit(&b, BODY_JSON, F "}", "key", NULL),
		       again = bench_submit(&b, BODY_JSON, F "}", "key", NULL),
		       other = bench_submit(&b, BODY_JSON, F ",\"limit\":20}", "key", NULL);
	ck_assert(first.has_job && !first.is_replay);
	ck_assert(again.has_job && again.is_replay);
	ck_assert_int_eq(other.status, 422);
	bench_end(&b);
}

SUITE(submit_files)
{
	ADD_ROWS(is_refused, refused);
	ADD_ROWS(is_accepted, accepted);
	ADD(five_flags_at_a_time);
	ADD(a_long_list);
	ADD_ROWS(a_dry_run_queues_nothing, dry);
	ADD(a_key_makes_one_job);
}
