/* What the views share: reading members of JSON, and lists. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t; /* jansson's */

/* Called with each item of a list, which is a struct of view.h or view_schedule.h. The item and its
 * text are gone afterwards. */
typedef void view_fn(const void *item, void *arg);

struct view_page {
	char *next;     /* new text; the cursor of the next page; NULL: this page is the last */
	size_t n_items; /* on this page */
};

/* Read an item and call `on_item` with it. False: it is no such item. */
typedef bool view_read_fn(const struct json_t *object, view_fn *on_item, void *arg);

/* Return a text member, borrowed from `object`; NULL if there is none. */
const char *view_get_text(const struct json_t *object, const char *key);

/* Return an integer member; 0 if there is none or it is negative. */
uint64_t view_get_number(const struct json_t *object, const char *key);

/* Return a new tree. NULL: the text is not JSON, or its tree would take too much memory; a tree may
 * be eighty times as large as its text, which need not be from our daemon. */
struct json_t *view_load(const char *text, size_t len);

/* Read one item. False: the text is no such item. `on_item` may be NULL. */
bool view_read_item(const char *text, size_t len, view_read_fn *read, view_fn *on_item, void *arg);

/* A list: {"NAME":[...],"next":...}, where `next` is a text, an integer or null. */
struct view_list {
	const char *name;
	view_read_fn *read; /* reads an item */
	bool ends_empty;    /* `next` is never null: the last page is an empty one */
};

/* Read a page of a list, one item after the other; `on_item` may be NULL. False: the text is no
 * such list; the items before the fault have been given to `on_item`. */
bool view_read_list(const char *text, size_t len, const struct view_list *list, view_fn *on_item,
    void *arg, struct view_page *ret_page);
