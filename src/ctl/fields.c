/* The fields of a request. Thread: any. */
#include "ctl/fields.h"

#include <stdio.h>
#include <string.h>

#include "ctl/http.h"
#include "wire/json_text.h"

void fields_init(struct fields *f, const char *path)
{
	f->is_query = path != NULL;
	buf_init(&f->text, SIZE_MAX / 2);
	buf_add_str(&f->text, path != NULL ? path : "{}");
}

void fields_done(struct fields *f)
{
	buf_done(&f->text);
}

/* Reopen the object for another member. */
static void begin_member(struct buf *json, const char *name)
{
	json->len--;
	buf_addf(json, "%s\"%s\":", json->len > 1 ? "," : "", name);
}

static void add(struct fields *f, const char *name, const char *value, bool is_json)
{
	if (value == NULL)
		return;
	if (f->is_query) {
		http_add_query(&f->text, name, value);
		return;
	}
	begin_member(&f->text, name);
	if (is_json)
		buf_add_str(&f->text, value);
	else
		json_add_string(&f->text, value, strlen(value));
	buf_add_char(&f->text, '}');
}

void fields_add_text(struct fields *f, const char *name, const char *value)
{
	add(f, name, value, false);
}

void fields_add_json(struct fields *f, const char *name, const char *json)
{
	add(f, name, json, true);
}

void fields_add_number(struct fields *f, const char *name, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)value);
	if (value > 0)
		fields_add_json(f, name, digits);
}

void fields_add_flag(struct fields *f, const char *name, bool value)
{
	if (value)
		fields_add_json(f, name, "true");
}

static void add_joined(struct buf *path, const char *name, const struct text_list *list)
{
	struct buf joined;
	const char *text = NULL;

	buf_init(&joined, SIZE_MAX / 2);
	while ((text = text_list_next(list, text)) != NULL) {
		if (joined.len > 0)
			buf_add_char(&joined, ',');
		buf_add_str(&joined, text);
	}
	http_add_query(path, name, joined.len > 0 ? joined.data : "");
	buf_done(&joined);
}

void fields_add_list(struct fields *f, const char *name, const struct text_list *list)
{
	const char *text = NULL;

	if (list->n == 0)
		return;
	if (f->is_query) {
		add_joined(&f->text, name, list);
		return;
	}
	begin_member(&f->text, name);
	for (char before = '['; (text = text_list_next(list, text)) != NULL; before = ',') {
		buf_add_char(&f->text, before);
		json_add_string(&f->text, text, strlen(text));
	}
	buf_add_str(&f->text, "]}");
}
