/* Problem details read back. Members of a wrong type count as absent (RFC 9457 section 3.1). */
#include "wire/problem_parse.h"

#include "wire/jvalue.h"

bool problem_parse(const char *text, size_t len, struct problem *ret_problem)
{
	char detail[PROBLEM_MAX_DETAIL + 8], pointer[1024];
	struct problem fault = {.status = 0};
	struct jvalue root = {NULL, 0}, error;
	int64_t status = 0;

	(void)jvalue_parse(text, len, &root, &fault);
	problem_done(&fault);
	(void)jvalue_integer(jvalue_find(root, "status"), &status);
	struct jvalue what = jvalue_find(root, "detail"), errors = jvalue_find(root, "errors");
	if (jvalue_type(what) != '"')
		what = jvalue_find(root, "title");
	if (status < 100 || status > 599 || jvalue_type(what) != '"')
		return false;
	jvalue_copy(what, detail, sizeof(detail));
	problem_set(ret_problem, (int)status, "%s", detail);
	if (jvalue_type(errors) != '[')
		return true;
	for (const char *at = jvalue_begin(errors); jvalue_next(&at, &error);) {
		struct jvalue where = jvalue_find(error, "pointer");
		what = jvalue_find(error, "detail");
		if (jvalue_type(where) != '"' || jvalue_type(what) != '"')
			continue;
		jvalue_copy(where, pointer, sizeof(pointer));
		jvalue_copy(what, detail, sizeof(detail));
		problem_add(ret_problem, pointer, "%s", detail);
	}
	return true;
}
