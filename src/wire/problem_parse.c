/* Problem details read back. Members of a wrong type count as absent (RFC 9457 section 3.1). */
#include "wire/problem_parse.h"

#include <jansson.h>

#include "base/alloc.h"

static const char *get_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

bool problem_parse(const char *text, size_t len, struct problem *ret_problem)
{
	json_auto_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	json_int_t status = json_integer_value(json_object_get(root, "status"));
	const char *detail = get_string(root, "detail"), *title = get_string(root, "title");
	const json_t *error;
	size_t i;

	if (status < 100 || status > 599 || (detail == NULL && title == NULL))
		return false;
	problem_set(ret_problem, (int)status, "%s", detail != NULL ? detail : title);
	json_array_foreach(json_object_get(root, "errors"), i, error)
	{
		const char *pointer = get_string(error, "pointer");
		const char *what = get_string(error, "detail");
		if (pointer != NULL && what != NULL)
			problem_add(ret_problem, pointer, "%s", what);
	}
	return true;
}
