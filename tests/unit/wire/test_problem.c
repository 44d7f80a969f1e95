/* Problem documents. */
#include "../unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "wire/problem.h"

static char *encode(const struct problem *p)
{
	struct buf b;

	buf_init(&b, 1 << 16);
	problem_encode(p, &b);
	json_auto_t *root = json_loadb(b.data, b.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(root != NULL, "%s", b.data);
	return buf_take(&b, NULL);
}

TEST(the_first_one_stands)
{
	struct problem p = {0};

	problem_set(&p, 404, "No job %s.", "x");
	problem_set(&p, 500, "Other.");
	AUTO_FREE char *text = encode(&p);
	ck_assert_str_eq(text, "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,"
			       "\"detail\":\"No job x.\"}");
	problem_done(&p);
	ck_assert_int_eq(p.status, 0);
	problem_done(&p);
}

TEST(names_each_field)
{
	struct problem p = {0};

	problem_add(&p, "/kind", "The kind \"%s\" is \xff.", "x\n");
	problem_add(&p, "", "All of it.");
	AUTO_FREE char *text = encode(&p);
	ck_assert_str_eq(text,
	    "{\"type\":\"about:blank\",\"title\":\"Unprocessable Content\",\"status\":422,"
	    "\"detail\":\"Some fields of the request are invalid.\","
	    "\"errors\":[{\"pointer\":\"/kind\",\"detail\":\"The kind \\\"x\\u000a\\\" is "
	    "\xef\xbf\xbd.\"},{\"pointer\":\"\",\"detail\":\"All of it.\"}]}");
	problem_done(&p);
}

TEST(an_earlier_status_stays)
{
	struct problem p = {0};

	problem_set(&p, 400, "Bad.");
	problem_add(&p, "/limit", "Too high.");
	ck_assert_int_eq(p.status, 400);
	ck_assert_uint_eq(p.n_errors, 1);
	problem_done(&p);
}

TEST(too_many_faults_are_dropped)
{
	struct problem p = {0};

	for (int i = 0; i < 3 * PROBLEM_MAX_ERRORS; i++)
		problem_add(&p, "/x", "%d", i);
	ck_assert_uint_eq(p.n_errors, PROBLEM_MAX_ERRORS);
	ck_assert_str_eq(p.errors[0].detail, "0");
	problem_done(&p);
}

TEST(a_long_detail_is_cut)
{
	char detail[5000];
	struct problem p = {0};

	memset(detail, 'x', sizeof(detail) - 1);
	detail[sizeof(detail) - 1] = '\0';
	problem_set(&p, 500, "%s", detail);
	ck_assert_uint_eq(strlen(p.detail), PROBLEM_MAX_DETAIL);
	problem_done(&p);
}

static const struct {
	const char *name;
	int status;
} titles[] = {{"Bad Request", 400}, {"Not Found", 404}, {"Method Not Allowed", 405},
    {"Not Acceptable", 406}, {"Content Too Large", 413}, {"Unsupported Media Type", 415},
    {"Unprocessable Content", 422}, {"Internal Server Error", 500}, {"Service Unavailable", 503},
    {"Insufficient Storage", 507}, {"Error", 299}};

TEST(titles_go_with_the_status)
{
	ck_row_str(titles[_i].name, problem_title(titles[_i].status), titles[_i].name);
}

SUITE(problem)
{
	ADD(the_first_one_stands);
	ADD(names_each_field);
	ADD(an_earlier_status_stays);
	ADD(too_many_faults_are_dropped);
	ADD(a_long_detail_is_cut);
	ADD_ROWS(titles_go_with_the_status, titles);
}
