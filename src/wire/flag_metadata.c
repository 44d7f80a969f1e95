/* Countries of flags. */
#include "wire/flag_metadata.h"

#include <jansson.h>
#include <string.h>

bool flag_metadata_country(const char *json, size_t len, char *ret_country, size_t size)
{
	json_auto_t *root = json_loadb(json != NULL ? json : "", len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *value = json_object_get(root, "country");
	size_t n = json_string_length(value);

	if (n == 0 || n >= size)
		return false;
	memcpy(ret_country, json_string_value(value), n + 1);
	return true;
}
