/* Submissions of downloads and flags: which fields they have, and what is refused. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "describe.h"
#include "model/file.h"
#include "wire/submission.h"

#define W        "{\"kind\":\"downloads\","
#define F        "{\"kind\":\"flags\""
#define OK_URLS  W "\"urls\":[\"http://a.test/\"]"
#define OK_FLAGS F ",\"codes\":[\"BR\"]"

static const struct {
	const char *name, *body, *want;
} bodies[] = {
    {"urls is a string", W "\"urls\":\"http://a.test/\"}", "422 /urls"},
    {"urls is missing", "{\"kind\":\"downloads\"}", "422 /urls"},
    {"urls is empty", W "\"urls\":[]}", "422 /urls"},
    {"elements of the wrong type", W "\"urls\":[\"a\",7,null,[],true]}",
	"422 /urls/1 /urls/2 /urls/3 /urls/4"},
    {"an unknown member", W "\"urls\":[\"a\",\"b\",\"c\",{\"url\":\"d\",\"nme\":\"x\"}]}",
	"422 /urls/3/nme"},
    {"an unknown member with an odd name", W "\"urls\":[{\"url\":\"d\",\"a/b~c\":1}]}",
	"422 /urls/0/a~1b~0c"},
    {"no url", W "\"urls\":[{\"name\":\"x\"}]}", "422 /urls/0/url"},
    {"faults of two items", W "\"urls\":[{\"url\":1},{\"url\":\"a\",\"sha256\":\"0\"}]}",
	"422 /urls/0/url /urls/1/sha256"},
    {"a header that may not be set",
	W "\"urls\":[{\"url\":\"a\",\"headers\":{\"Range\":\"bytes=0-\"}}]}",
	"422 /urls/0/headers"},
    {"duplicate members", W "\"urls\":[{\"url\":\"a\",\"url\":\"b\"}]}", "400"},
    {"concurrency too high", OK_URLS ",\"concurrency\":1001}", "422 /concurrency"},
    {"time-out too high", OK_URLS ",\"timeout_ms\":3600001}", "422 /timeout_ms"},
    {"attempts too high", OK_URLS ",\"attempts\":21}", "422 /attempts"},
    {"rate too high", OK_URLS ",\"rate\":1000001}", "422 /rate"},
    {"a check", OK_URLS ",\"check\":\"resolve\"}", "422 /check"},
    {"fields of names",
	OK_URLS ",\"domains\":[\"a\"],\"names\":[\"a\"],\"tlds\":[\"de\"],\"max_length\":3}",
	"422 /domains /names /tlds /max_length"},
    {"a preset of downloads", OK_URLS ",\"preset\":\"pop20\"}", "422 /preset"},
    {"fields of flags",
	OK_URLS ",\"codes\":[\"BR\"],\"server\":\"x\",\"limit\":1,\"name_by_country\":true}",
	"422 /codes /server /limit /name_by_country"},
    {"a layout that is none", OK_URLS ",\"layout\":\"deep\"}", "422 /layout"},
    {"a layout that is a number", OK_URLS ",\"layout\":1}", "422 /layout"},
    {"keep is none", OK_URLS ",\"keep\":\"first\"}", "422 /keep"},
    {"keep what is not saved", OK_URLS ",\"keep\":\"last\",\"save\":false}", "422 /keep"},
    {"keep the last", OK_URLS ",\"keep\":\"last\"}", "-"},
    {"save is a text", OK_URLS ",\"save\":\"no\"}", "422 /save"},
    {"headers that may not be set", OK_URLS ",\"headers\":{\"Cookie\":\"a\"}}", "422 /headers"},
    {"headers are a list", OK_URLS ",\"headers\":[]}", "422 /headers"},
    {"base_url is no URL", OK_URLS ",\"base_url\":\"x\"}", "422 /base_url"},
    {"max_rate below 0", OK_URLS ",\"max_rate\":-1}", "422 /max_rate"},
    {"max_rate too high", OK_URLS ",\"max_rate\":1000000000001}", "422 /max_rate"},
    {"decode is null", OK_URLS ",\"decode\":null}", "422 /decode"},
    {"names of files that are not saved",
	OK_URLS ",\"save\":false,\"content_disposition\":true,\"layout\":\"url\"}",
	"422 /content_disposition /layout"},
    {"fields of downloads",
	OK_FLAGS ",\"layout\":\"flat\",\"save\":true,\"headers\":{},"
		 "\"content_disposition\":true,\"decode\":true,\"max_rate\":1}",
	"422 /layout /save /content_disposition /headers /decode /max_rate"},
    {"how files are kept",
	OK_URLS
	",\"layout\":\"url\",\"save\":true,\"headers\":{\"Accept\":\"a\"},\"decode\":true,"
	"\"content_disposition\":true,\"max_rate\":1000000000000,\"base_url\":\"http://a.test\"}",
	"-"},
    {"fields that are empty are given all the same", OK_URLS ",\"codes\":[]}", "422 /codes"},
    {"the kind behind the fields", "{\"codes\":[\"BR\"],\"kind\":\"downloads\",\"urls\":[\"a\"]}",
	"422 /codes"},
    {"URLs of names", "{\"kind\":\"domains\",\"domains\":[\"a\"],\"urls\":[\"http://a.test/\"]}",
	"422 /urls"},
    {"codes of names", "{\"kind\":\"domains\",\"domains\":[\"a\"],\"codes\":[\"BR\"]}",
	"422 /codes"},

    {"a code of three letters", F ",\"codes\":[\"USA\"]}", "422 /codes/0"},
    {"codes that are none", F ",\"codes\":[\"\",\"U\",\"US\",\"U1\",\"1\",\"U \"]}",
	"422 /codes/0 /codes/3 /codes/4 /codes/5"},
    {"a code that is a number", F ",\"codes\":[55]}", "422 /codes/0"},
    {"codes is a string", F ",\"codes\":\"BR\"}", "422 /codes"},
    {"limit too high", OK_FLAGS ",\"limit\":677}", "422 /limit"},
    {"limit below 0", OK_FLAGS ",\"limit\":-1}", "422 /limit"},
    {"name_by_country is a text", OK_FLAGS ",\"name_by_country\":\"true\"}",
	"422 /name_by_country"},
    {"name_by_country is a number", OK_FLAGS ",\"name_by_country\":1}", "422 /name_by_country"},
    {"name_by_country is null", OK_FLAGS ",\"name_by_country\":null}", "422 /name_by_country"},
    {"server is null", OK_FLAGS ",\"server\":null}", "422 /server"},
    {"base_url is a path", OK_FLAGS ",\"base_url\":\"/flags\"}", "422 /base_url"},
    {"base_url is ftp", OK_FLAGS ",\"base_url\":\"ftp://a.test/\"}", "422 /base_url"},
    {"base_url has a user", OK_FLAGS ",\"base_url\":\"http://u:p@a.test/\"}", "422 /base_url"},
    {"base_url is empty", OK_FLAGS ",\"base_url\":\"\"}", "422 /base_url"},
    {"concurrency of flags too high", OK_FLAGS ",\"concurrency\":1001}", "422 /concurrency"},
    {"URLs of flags", OK_FLAGS ",\"urls\":[\"http://a.test/\"]}", "422 /urls"},
    {"a check of flags", OK_FLAGS ",\"check\":\"resolve\"}", "422 /check"},

    {"a URL that is none is its own result", W "\"urls\":[\"\",\"x y\",\"ftp://a\"]}", "-"},
    {"objects",
	W "\"urls\":[{\"url\":\"http://a.test/\",\"name\":\"x\",\"headers\":{\"Accept\":\"a\"}}]}",
	"-"},
    {"everything at its highest",
	OK_URLS ",\"concurrency\":1000,\"rate\":1000000,\"timeout_ms\":3600000,\"attempts\":20}",
	"-"},
    {"everything at 0", OK_URLS ",\"concurrency\":0,\"rate\":0,\"timeout_ms\":0,\"attempts\":0}",
	"-"},
    {"flags without codes", F "}", "-"},
    {"no codes", F ",\"codes\":[]}", "-"},
    {"letters and codes", F ",\"codes\":[\"a\",\"US\",\"us\"]}", "-"},
    {"flags with everything",
	OK_FLAGS ",\"preset\":\"all\",\"server\":\"LOCAL\",\"base_url\":\"http://a.test/f\","
		 "\"limit\":676,\"name_by_country\":false,\"concurrency\":1000,\"label\":\"x\"}",
	"-"},
};

TEST(judges_json)
{
	struct spec spec;
	struct problem p = {0};
	char got[1000];
	size_t len = strlen(bodies[_i].body);
	AUTO_FREE char *copy = xmalloc(len);

	memcpy(copy, bodies[_i].body, len);
	spec_init(&spec);
	bool is_good =
	    submission_parse_json(copy, len, &spec, &p) && submission_check(&spec, false, &p);
	describe_problem(&p, got, sizeof(got));
	ck_row_str(bodies[_i].name, got, bodies[_i].want);
	ck_assert_int_eq(is_good, p.status == 0);
	problem_done(&p);
	spec_done(&spec);
}

TEST(a_bad_code_is_told_in_the_words_of_the_originals)
{
	static const char body[] = F ",\"codes\":[\"USA\"]}";
	struct spec spec;
	struct problem p = {0};

	spec_init(&spec);
	ck_assert(!submission_parse_json(body, strlen(body), &spec, &p));
	ck_assert(strcasestr(p.errors[0].detail, "each CC argument must be A to Z or AA to ZZ"));
	problem_done(&p);
	spec_done(&spec);
}

static struct file_item next_url(const struct spec *spec, const char **at)
{
	struct file_item item = {0};

	*at = text_list_next(&spec->urls, *at);
	ck_assert_ptr_nonnull(*at);
	ck_assert(file_item_read(*at, strlen(*at), &item));
	return item;
}

TEST(understands_downloads)
{
	static const char body[] =
	    W "\"urls\":[\"http://a.test/\",{\"url\":\"b\",\"name\":\"n\"},\"\"],"
	      "\"concurrency\":5,\"rate\":6,\"timeout_ms\":3600000,\"attempts\":8,\"label\":\"l\"}";
	struct spec spec;
	struct problem p = {0};
	const char *at = NULL;

	spec_init(&spec);
	ck_assert(submission_parse_json(body, strlen(body), &spec, &p));
	ck_assert(submission_check(&spec, false, &p));
	ck_assert_int_eq(spec.kind, KIND_DOWNLOADS);
	ck_assert_uint_eq(spec.urls.n, 3);
	struct file_item item = next_url(&spec, &at);
	ck_assert(item.url.len == 14 && item.name.len == 0);
	item = next_url(&spec, &at);
	ck_assert(item.url.len == 1 && item.url.bytes[0] == 'b' && item.name.bytes[0] == 'n');
	item = next_url(&spec, &at);
	ck_assert_uint_eq(item.url.len, 0);
	ck_assert_ptr_null(text_list_next(&spec.urls, at));
	ck_assert_uint_eq(spec.params.concurrency, 5);
	ck_assert_uint_eq(spec.params.rate, 6);
	ck_assert_int_eq(spec.params.timeout, 3600 * USEC_PER_SEC);
	ck_assert_uint_eq(spec.params.attempts, 8);
	ck_assert_str_eq(spec.label, "l");
	spec_done(&spec);
}

TEST(understands_flags)
{
	static const char body[] =
	    F ",\"codes\":[\"us\",\"B\",\"BR\"],\"preset\":\"pop20\",\"server\":\"local\","
	      "\"base_url\":\"http://a.test/flags/\",\"limit\":7,\"name_by_country\":true}";
	struct spec spec;
	struct problem p = {0};

	spec_init(&spec);
	ck_assert(submission_parse_json(body, strlen(body), &spec, &p));
	ck_assert(submission_check(&spec, false, &p));
	ck_assert_int_eq(spec.kind, KIND_FLAGS);
	ck_assert_uint_eq(codes_count(&spec.codes), 27);
	ck_assert_str_eq(spec.preset, "pop20");
	ck_assert_str_eq(spec.server, "local");
	ck_assert_str_eq(spec.base_url, "http://a.test/flags/");
	ck_assert_uint_eq(spec.limit, 7);
	ck_assert(spec.files.by_country);
	ck_assert_uint_eq(spec.params.concurrency, 0); /* what it is then is not said here */
	spec_done(&spec);
}

/* With fields of another kind in front: that they are wrong is known when all were given. */
static const struct {
	const char *name, *query[7], *want;
} queries[] = {
    {"URLs", {"kind", "downloads", "urls", "http://a.test/"}, "422 /urls"},
    {"a field of flags", {"kind", "downloads", "limit", "5"}, "422 /limit"},
    {"a field of names", {"tlds", "de", "kind", "downloads"}, "422 /tlds"},
    {"concurrency too high", {"kind", "downloads", "concurrency", "1001"}, "422 /concurrency"},
    {"a time-out too high for names", {"timeout_ms", "10001"}, "422 /timeout_ms"},
    {"a code that is none", {"kind", "flags", "codes", "BR,USA"}, "422 /codes"},
    {"an empty code", {"kind", "flags", "codes", "BR,"}, "422 /codes"},
    {"no truth", {"kind", "flags", "name_by_country", "yes"}, "422 /name_by_country"},
    {"an empty truth", {"kind", "flags", "name_by_country", ""}, "422 /name_by_country"},
    {"no number", {"kind", "flags", "limit", "x"}, "422 /limit"},
    {"a base that is no URL", {"kind", "flags", "base_url", "a.test"}, "422 /base_url"},
    {"downloads", {"kind", "downloads", "timeout_ms", "3600000", "label", "x"}, "-"},
    {"flags", {"kind", "flags"}, "-"},
    {"codes", {"codes", "br,CN,z", "kind", "flags"}, "-"},
    {"a truth", {"kind", "flags", "name_by_country", "false"}, "-"},
    {"a server and a preset", {"kind", "flags", "server", "x", "preset", "every"}, "-"},
};

TEST(judges_queries)
{
	struct spec spec;
	struct problem p = {0};
	char got[1000];

	spec_init(&spec);
	for (const char *const *q = queries[_i].query; *q != NULL; q += 2)
		submission_set_query(&spec, q[0], q[1], &p);
	ck_assert_int_eq(submission_check(&spec, true, &p), p.status == 0);
	describe_problem(&p, got, sizeof(got));
	ck_row_str(queries[_i].name, got, queries[_i].want);
	problem_done(&p);
	spec_done(&spec);
}

/* A wrong item stops neither reading nor the telling of others, up to a bound. */
TEST(bounds_faults)
{
	struct spec spec;
	struct problem p = {0};
	struct buf b;

	buf_init(&b, 1 << 20);
	buf_add_str(&b, W "\"urls\":[");
	for (int i = 0; i < 1000; i++)
		buf_addf(&b, "%s{\"nme\":%d}", i > 0 ? "," : "", i);
	buf_add_str(&b, "]}");
	spec_init(&spec);
	ck_assert(!submission_parse_json(b.data, b.len, &spec, &p));
	ck_assert_uint_eq(p.n_errors, PROBLEM_MAX_ERRORS);
	ck_assert_str_eq(p.errors[PROBLEM_MAX_ERRORS - 1].pointer, "/urls/15/nme");
	ck_assert_uint_eq(spec.urls.n, 0);
	problem_done(&p);
	spec_done(&spec);
	buf_done(&b);
}

SUITE(submission_files)
{
	ADD_ROWS(judges_json, bodies);
	ADD(a_bad_code_is_told_in_the_words_of_the_originals);
	ADD_ROWS(judges_queries, queries);
	ADD(bounds_faults);
	ADD(understands_downloads);
	ADD(understands_flags);
}
