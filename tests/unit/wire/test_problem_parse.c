/* Problem documents read back. */
#include "../unit.h"

#include "base/alloc.h"
#include "wire/problem_parse.h"

static const struct {
	const char *name, *text, *detail; /* NULL: refused */
	size_t n_errors;
} documents[] = {
    {"nothing", "", NULL, 0},
    {"not JSON", "<html>", NULL, 0},
    {"a list", "[]", NULL, 0},
    {"an empty object", "{}", NULL, 0},
    {"no status", "{\"title\":\"Gone\"}", NULL, 0},
    {"neither title nor detail", "{\"status\":404}", NULL, 0},
    {"a status that is text", "{\"status\":\"404\",\"title\":\"x\"}", NULL, 0},
    {"a status that is none", "{\"status\":600,\"title\":\"x\"}", NULL, 0},
    {"a detail of a wrong type", "{\"status\":404,\"detail\":7}", NULL, 0},
    {"only a title", "{\"status\":404,\"title\":\"Not Found\"}", "Not Found", 0},
    {"a format in the detail", "{\"status\":500,\"title\":\"x\",\"detail\":\"%s %n\"}", "%s %n", 0},
    {"errors of a wrong type", "{\"status\":422,\"title\":\"x\",\"errors\":{\"pointer\":\"/a\"}}",
	"x", 0},
    {"errors, some of them whole",
	"{\"status\":422,\"detail\":\"x\",\"errors\":[7,{\"pointer\":\"/a\"},{\"detail\":\"b\"},"
	"{\"pointer\":\"/c\",\"detail\":\"d\"}]}",
	"x", 1},
};

TEST(reads)
{
	struct problem p = {0};
	bool is_good = problem_parse(documents[_i].text, strlen(documents[_i].text), &p);

	ck_assert_msg(is_good == (documents[_i].detail != NULL), "%s", documents[_i].name);
	ck_assert_int_eq(is_good, p.status != 0);
	if (is_good)
		ck_row_str(documents[_i].name, p.detail, documents[_i].detail);
	ck_assert_msg(p.n_errors == documents[_i].n_errors, "%s", documents[_i].name);
	problem_done(&p);
}

TEST(reads_what_is_written)
{
	struct problem p = {0}, again = {0};
	struct buf b;

	problem_add(&p, "/tlds/1", "This is no \"domain name\".");
	problem_add(&p, "", "b\xc3\xbc\n");
	buf_init(&b, 10000);
	problem_encode(&p, &b);
	ck_assert(problem_parse(b.data, b.len, &again));
	ck_assert_int_eq(again.status, 422);
	ck_assert_str_eq(again.detail, p.detail);
	ck_assert_uint_eq(again.n_errors, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_str_eq(again.errors[i].pointer, p.errors[i].pointer);
		ck_assert_str_eq(again.errors[i].detail, p.errors[i].detail);
	}
	problem_done(&p);
	problem_done(&again);
	buf_done(&b);
}

SUITE(problem_parse)
{
	ADD_ROWS(reads, documents);
	ADD(reads_what_is_written);
}
