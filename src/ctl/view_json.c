/* Members of JSON, and lists. Thread: any. */
#include "ctl/view_json.h"

#include <jansson.h>

#include "base/alloc.h"

const char *view_get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

uint64_t view_get_number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

bool view_read_item(const char *text, size_t len, view_read_fn *read, view_fn *on_item, void *arg)
{
	json_auto_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);

	return root != NULL && read(root, on_item, arg);
}

/* Return a cursor as new text; NULL if there is none. */
static char *copy_cursor(const json_t *cursor)
{
	if (json_is_string(cursor))
		return xstrdup(json_string_value(cursor));
	return json_is_integer(cursor) ? json_dumps(cursor, JSON_ENCODE_ANY) : NULL;
}

bool view_read_list(const char *text, size_t len, const char *name, view_read_fn *read,
    view_fn *on_item, void *arg, struct view_page *ret_page)
{
	json_auto_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const json_t *list = json_object_get(root, name), *object;
	size_t i;

	if (!json_is_array(list))
		return false;
	json_array_foreach(list, i, object)
	{
		if (!read(object, on_item, arg))
			return false;
	}
	*ret_page =
	    (struct view_page){.next = copy_cursor(json_object_get(root, "next")), .n_items = i};
	return true;
}
