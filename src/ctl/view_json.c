/* Members of JSON, and lists. Thread: any. */
#include "ctl/view_json.h"

#include <jansson.h>

#include "base/alloc.h"
#include "wire/json_check.h"
#include "wire/jvalue.h"

enum { MAX_VALUES = 1 << 20 }; /* the job of a schedule has most, some 260,000 */

const char *view_get_text(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

uint64_t view_get_number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 ? (uint64_t)n : 0;
}

json_t *view_load(const char *text, size_t len)
{
	struct json_report report;

	if (json_check(text, len, &report) != JSON_GOOD || report.n_values > MAX_VALUES)
		return NULL;
	return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}

static void ignore(const void *item, void *arg)
{
	(void)item, (void)arg;
}

bool view_read_item(const char *text, size_t len, view_read_fn *read, view_fn *on_item, void *arg)
{
	json_auto_t *root = view_load(text, len);

	return root != NULL && read(root, on_item != NULL ? on_item : ignore, arg);
}

/* Return a cursor as new text; NULL if there is none. */
static char *copy_cursor(struct jvalue cursor)
{
	int64_t number;

	if (jvalue_integer(cursor, &number))
		return xstrndup(cursor.at, cursor.len);
	if (jvalue_type(cursor) != '"')
		return NULL;
	size_t size = cursor.len + 5; /* jvalue_copy takes no less */
	char *text = xmalloc(size);
	jvalue_copy(cursor, text, size);
	return text;
}

/* A page may have a thousand jobs of a megabyte, so one item is read at a time. */
bool view_read_list(const char *text, size_t len, const struct view_list *list, view_fn *on_item,
    void *arg, struct view_page *ret_page)
{
	struct problem fault = {.status = 0};
	struct jvalue root = {NULL, 0}, item;
	size_t n_items = 0;

	(void)jvalue_parse(text, len, &root, &fault);
	problem_done(&fault);
	struct jvalue items = jvalue_find(root, list->name);
	if (jvalue_type(items) != '[')
		return false;
	for (const char *at = jvalue_begin(items); jvalue_next(&at, &item); n_items++) {
		if (!view_read_item(item.at, item.len, list->read, on_item, arg))
			return false;
	}
	AUTO_FREE char *next = copy_cursor(jvalue_find(root, "next"));
	if (list->ends_empty && next == NULL)
		return false;
	bool is_last = list->ends_empty && n_items == 0;
	*ret_page = (struct view_page){.next = is_last ? NULL : TAKE(next), .n_items = n_items};
	return true;
}
