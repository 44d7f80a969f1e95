/* Submissions: what is refused, where the pointer shows, and what is understood. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "describe.h"
#include "wire/submission.h"

#define D       "{\"kind\":\"domains\","
#define OK_BODY D "\"domains\":[\"a.de\"]"

static const struct {
	const char *name, *body, *want;
} bodies[] = {
    {"nothing", "", "400"},
    {"cut short", D, "400"},
    {"more behind", OK_BODY "}}", "400"},
    {"a comma too many", OK_BODY ",}", "400"},
    {"duplicate keys", OK_BODY ",\"rate\":1,\"rate\":2}", "400"},
    {"not UTF-8", D "\"label\":\"\xff\",\"domains\":[\"a\"]}", "400"},
    {"NUL by escape", D "\"domains\":[\"a\\u0000b\"]}", "400"},
    {"half a surrogate", D "\"domains\":[\"\\ud800\"]}", "400"},
    {"a byte order mark in the middle", OK_BODY "\xef\xbb\xbf}", "400"},
    {"two byte order marks", "\xef\xbb\xbf\xef\xbb\xbf" OK_BODY "}", "400"},
    {"a byte order mark", "\xef\xbb\xbf" OK_BODY "}", "-"},
    {"UTF-16 by its mark", "\xff\xfe{", "400"},
    {"NaN", OK_BODY ",\"rate\":NaN}", "400"},
    {"a list", "[]", "422 \"\""},
    {"no fields", "{}", "422 /kind"},
    {"no kind", "{\"domains\":[\"a\"]}", "422 /kind"},
    {"kind null", "{\"kind\":null,\"domains\":[\"a\"]}", "422 /kind"},
    {"kind unknown", "{\"kind\":\"tlds\",\"domains\":[\"a\"]}", "422 /kind"},
    {"kind in capitals", "{\"kind\":\"Domains\",\"domains\":[\"a\"]}", "422 /kind"},
    {"check unknown", OK_BODY ",\"check\":\"divination\"}", "422 /check"},
    {"rdap without registration", OK_BODY ",\"rdap\":{\"max\":1}}", "422 /rdap"},
    {"rdap is another word", OK_BODY ",\"check\":\"registration\",\"rdap\":\"some\"}", "422 /rdap"},
    {"rdap with more", OK_BODY ",\"check\":\"registration\",\"rdap\":{\"max\":1,\"a\":1}}",
	"422 /rdap"},
    {"rdap below nothing", OK_BODY ",\"check\":\"registration\",\"rdap\":{\"max\":-1}}",
	"422 /rdap/max"},
    {"details without registration", OK_BODY ",\"details\":true}", "422 /details"},
    {"unknown field", OK_BODY ",\"domain\":\"a\"}", "422 /domain"},
    {"unknown field with an odd name", OK_BODY ",\"a/b~c\":1}", "422 /a~1b~0c"},
    {"run_at is no time", OK_BODY ",\"run_at\":\"tomorrow\"}", "422 /run_at"},
    {"domains is a string", D "\"domains\":\"a.de\"}", "422 /domains"},
    {"domains holds a number", D "\"domains\":[\"a.de\",7,null]}", "422 /domains/1 /domains/2"},
    {"names is an object", D "\"names\":{},\"tlds\":[\"de\"]}", "422 /names"},
    {"a TLD is none", D "\"names\":[\"a\"],\"tlds\":[\"de\",\"*\"]}", "422 /tlds/1"},
    {"types without records", OK_BODY ",\"types\":[\"A\"]}", "422 /types"},
    {"records without types", OK_BODY ",\"check\":\"records\"}", "422 /types"},
    {"records", OK_BODY ",\"check\":\"records\",\"types\":[\"A\",\"TYPE65280\"]}", "-"},
    {"a type is none", OK_BODY ",\"check\":\"records\",\"types\":[\"A\",\"ANY\"]}", "422 /types/1"},
    {"a family", OK_BODY ",\"family\":\"both\"}", "-"},
    {"no such family", OK_BODY ",\"family\":\"inet\"}", "422 /family"},
    {"a block", D "\"check\":\"records\",\"types\":[\"PTR\"],\"ptr\":\"192.0.2.0/24\"}", "-"},
    {"blocks", D "\"check\":\"records\",\"types\":[\"PTR\"],\"ptr\":[\"192.0.2.1\",\"::/126\"]}",
	"-"},
    {"a block is none", D "\"check\":\"records\",\"types\":[\"PTR\"],\"ptr\":[\"192.0.2.1/8\"]}",
	"422 /ptr/0"},
    {"a block is a number", D "\"check\":\"records\",\"types\":[\"PTR\"],\"ptr\":7}", "422 /ptr"},
    {"concurrency below 0", OK_BODY ",\"concurrency\":-1}", "422 /concurrency"},
    {"concurrency too high", OK_BODY ",\"concurrency\":100001}", "422 /concurrency"},
    {"rate is a string", OK_BODY ",\"rate\":\"5\"}", "422 /rate"},
    {"rate has a fraction", OK_BODY ",\"rate\":5.0}", "422 /rate"},
    {"rate is true", OK_BODY ",\"rate\":true}", "422 /rate"},
    {"rate too high", OK_BODY ",\"rate\":1000001}", "422 /rate"},
    {"rate past 64 bits", OK_BODY ",\"rate\":99999999999999999999}", "422 \"\""},
    {"rate past any number", OK_BODY ",\"rate\":1e999}", "422 \"\""},
    {"time-out too high", OK_BODY ",\"timeout_ms\":10001}", "422 /timeout_ms"},
    {"attempts too high", OK_BODY ",\"attempts\":21}", "422 /attempts"},
    {"max_length too high", OK_BODY ",\"max_length\":254}", "422 /max_length"},
    {"label is null", OK_BODY ",\"label\":null}", "422 /label"},
    {"several faults", D "\"domains\":[7],\"rate\":-1,\"x\":1}", "422 /domains/0 /rate /x"},
    {"nothing to check", "{\"kind\":\"domains\"}", "422 /domains"},
    {"empty lists", D "\"domains\":[],\"names\":[],\"tlds\":[]}", "422 /domains"},
    {"names without TLDs", D "\"names\":[\"a\"]}", "422 /tlds"},
    {"a preset without TLDs", D "\"preset\":\"python-keywords\"}", "422 /tlds"},
    {"TLDs without names", D "\"tlds\":[\"de\"]}", "422 /names /domains"},
    {"TLDs beside domains only", OK_BODY ",\"tlds\":[\"de\"]}", "422 /names"},
    {"domains", OK_BODY "}", "-"},
    {"a domain that is no name", D "\"domains\":[\"\",\"a b\"]}", "-"},
    {"names and TLDs", D "\"names\":[\"a\"],\"tlds\":[\".DEV\",\"com.br\"]}", "-"},
    {"a preset", D "\"preset\":\"python-keywords\",\"max_length\":4,\"tlds\":[\"dev\"]}", "-"},
    {"everything at its highest",
	OK_BODY ",\"names\":[\"a\"],\"tlds\":[\"de\"],\"check\":\"resolve\",\"concurrency\":100000,"
		"\"rate\":1000000,\"timeout_ms\":10000,\"attempts\":20,\"max_length\":253}",
	"-"},
    {"everything at 0", OK_BODY ",\"concurrency\":0,\"rate\":0,\"timeout_ms\":0,\"attempts\":0}",
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

TEST(understands_every_field)
{
	static const char body[] =
	    D "\"check\":\"resolve\",\"domains\":[\"x.de\",\"Y.de\"],\"names\":[\"a\",\"b\"],"
	      "\"tlds\":[\".DEV.\",\"com.br\"],\"preset\":\"python-keywords\",\"max_length\":4,"
	      "\"concurrency\":5,\"rate\":6,\"timeout_ms\":7,\"attempts\":8,\"label\":\"my blog\"}";
	struct spec spec;
	struct problem p = {0};

	spec_init(&spec);
	ck_assert(submission_parse_json(body, strlen(body), &spec, &p));
	ck_assert(submission_check(&spec, false, &p));
	ck_assert_int_eq(spec.kind, KIND_DOMAINS);
	ck_assert_int_eq(spec.check, CHECK_RESOLVE);
	ck_assert_uint_eq(spec.domains.n, 2);
	ck_assert_mem_eq(spec.domains.bytes.data, "x.de\0Y.de", 10);
	ck_assert_uint_eq(spec.names.n, 2);
	ck_assert_mem_eq(spec.names.bytes.data, "a\0b", 4);
	ck_assert_uint_eq(spec.tlds.n, 2);
	ck_assert_mem_eq(spec.tlds.bytes.data, "dev\0com.br", 11);
	ck_assert_str_eq(spec.preset, "python-keywords");
	ck_assert_uint_eq(spec.max_length, 4);
	ck_assert_uint_eq(spec.params.concurrency, 5);
	ck_assert_uint_eq(spec.params.rate, 6);
	ck_assert_int_eq(spec.params.timeout, 7000);
	ck_assert_uint_eq(spec.params.attempts, 8);
	ck_assert_str_eq(spec.label, "my blog");
	spec_done(&spec);
}

static const struct {
	const char *name, *field, *value, *want;
} queries[] = {
    {"an unknown one", "tld", "de", "422 /tld"},
    {"an empty name", "", "de", "422 /"},
    {"a name of slashes", "/~", "de", "422 /~1~0"},
    {"a kind unknown", "kind", "download", "422 /kind"},
    {"a check unknown", "check", "", "422 /check"},
    {"a number with a sign", "rate", "+5", "422 /rate"},
    {"a number with a fraction", "rate", "5.0", "422 /rate"},
    {"no number", "attempts", "", "422 /attempts"},
    {"a number too high", "timeout_ms", "3600001", "422 /timeout_ms"},
    {"a number past 64 bits", "concurrency", "18446744073709551616", "422 /concurrency"},
    {"no TLD", "tlds", "", "422 /tlds"},
    {"an empty TLD between", "tlds", "de,,com", "422 /tlds"},
    {"spaces between", "tlds", "de, com", "422 /tlds"},
    {"a label that is not UTF-8", "label", "\xff", "422 /label"},
    {"kind", "kind", "domains", "-"},
    {"check", "check", "resolve", "-"},
    {"rate", "rate", "1000000", "-"},
    {"one TLD", "tlds", "dev", "-"},
    {"several TLDs", "tlds", "dev,com.br,.NET", "-"},
    {"max_length", "max_length", "253", "-"},
    {"preset", "preset", "python-keywords", "-"},
    {"label", "label",
	"b\xc3\xbc"
	"cher",
	"-"},
};

TEST(judges_queries)
{
	struct spec spec;
	struct problem p = {0};
	char got[1000];

	spec_init(&spec);
	submission_set_query(&spec, queries[_i].field, queries[_i].value, &p);
	describe_problem(&p, got, sizeof(got));
	ck_row_str(queries[_i].name, got, queries[_i].want);
	problem_done(&p);
	spec_done(&spec);
}

static const struct {
	const char *name, *field, *value, *want;
} with_lines[] = {
    {"a preset without TLDs", "preset", "python-keywords", "422 /tlds"},
    {"TLDs: the lines are names", "tlds", "dev", "-"},
    {"nothing else: the lines are domains", "kind", "domains", "-"},
};

TEST(lines_are_items)
{
	struct spec spec;
	struct problem p = {0};
	char got[1000];

	spec_init(&spec);
	submission_set_query(&spec, with_lines[_i].field, with_lines[_i].value, &p);
	ck_assert_int_eq(submission_check(&spec, true, &p), p.status == 0);
	describe_problem(&p, got, sizeof(got));
	ck_row_str(with_lines[_i].name, got, with_lines[_i].want);
	problem_done(&p);
	spec_done(&spec);
}

/* Build `{"kind":"domains",<open>` element `,`... `]}` with `n` elements. */
static void add_list(struct buf *b, const char *open, const char *element, int n)
{
	buf_init(b, 1 << 20);
	buf_add_str(b, D);
	buf_add_str(b, open);
	for (int i = 0; i < n; i++)
		buf_addf(b, "%s%s", i > 0 ? "," : "", element);
	buf_add_str(b, "]}");
}

static const struct {
	const char *name, *open, *element;
	int n;
	const char *want;
} lists[] = {
    {"as many TLDs as may be", "\"names\":[\"a\"],\"tlds\":[", "\"de\"", SPEC_MAX_TLDS, "-"},
    {"one TLD too many", "\"names\":[\"a\"],\"tlds\":[", "\"de\"", SPEC_MAX_TLDS + 1, "422 /tlds"},
    {"many TLDs too many", "\"names\":[\"a\"],\"tlds\":[", "\"de\"", SPEC_MAX_TLDS + 99,
	"422 /tlds"},
    {"faults without end", "\"domains\":[", "7", 1000,
	"422 /domains/0 /domains/1 /domains/2 /domains/3 /domains/4 /domains/5 /domains/6 "
	"/domains/7 "
	"/domains/8 /domains/9 /domains/10 /domains/11 /domains/12 /domains/13 /domains/14 "
	"/domains/15"},
    {"many domains", "\"domains\":[", "\"example.com\"", 10000, "-"},
    {"nested too deep", "\"domains\":[", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", 100,
	"400"},
};

TEST(bounds_lists)
{
	struct spec spec;
	struct problem p = {0};
	struct buf b;
	char got[1000];

	add_list(&b, lists[_i].open, lists[_i].element, lists[_i].n);
	spec_init(&spec);
	submission_parse_json(b.data, b.len, &spec, &p);
	describe_problem(&p, got, sizeof(got));
	ck_row_str(lists[_i].name, got, lists[_i].want);
	problem_done(&p);
	spec_done(&spec);
	buf_done(&b);
}

TEST(bounds_labels)
{
	char label[SPEC_MAX_LABEL + 2];
	struct spec spec;
	struct problem p = {0};

	memset(label, 'x', sizeof(label));
	label[SPEC_MAX_LABEL + 1] = '\0';
	spec_init(&spec);
	submission_set_query(&spec, "label", label, &p);
	ck_assert_int_eq(p.status, 422);
	ck_assert_ptr_null(spec.label);
	problem_done(&p);
	label[SPEC_MAX_LABEL] = '\0';
	submission_set_query(&spec, "label", label, &p);
	submission_set_query(&spec, "label", "again", &p);
	ck_assert_int_eq(p.status, 0);
	ck_assert_str_eq(spec.label, "again");
	spec_done(&spec);
}

/* A pointer to a field with a name without end is cut, and stays JSON. */
TEST(long_names_are_cut)
{
	char name[1000];
	struct spec spec;
	struct problem p = {0};

	memset(name, '~', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	spec_init(&spec);
	submission_set_query(&spec, name, "", &p);
	ck_assert_uint_eq(p.n_errors, 1);
	ck_assert_uint_lt(strlen(p.errors[0].pointer), 80);
	problem_done(&p);
	spec_done(&spec);
}

SUITE(submission)
{
	ADD_ROWS(judges_json, bodies);
	ADD(understands_every_field);
	ADD_ROWS(judges_queries, queries);
	ADD_ROWS(lines_are_items, with_lines);
	ADD_ROWS(bounds_lists, lists);
	ADD(bounds_labels);
	ADD(long_names_are_cut);
}
