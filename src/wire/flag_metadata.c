/* Countries of flags. */
#include "wire/flag_metadata.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/jvalue.h"

bool flag_metadata_country(const char *json, size_t len, char *ret_country, size_t size)
{
	struct problem fault = {.status = 0};
	struct jvalue root = {NULL, 0};

	(void)jvalue_parse(json != NULL ? json : "", len, &root, &fault);
	problem_done(&fault);
	struct jvalue value = jvalue_find(root, "country");
	AUTO_FREE char *country = xmalloc(value.len + 5);
	size_t n = jvalue_copy(value, country, value.len + 5);
	if (n == 0 || n >= size)
		return false;
	memcpy(ret_country, country, n + 1);
	return true;
}
