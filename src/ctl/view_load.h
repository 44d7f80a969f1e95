/* From what the daemon says to a tree of jansson. Thread: any. */
#pragma once

#include <stddef.h>

struct json_t;

/* Return a new tree, or NULL when the text is no JSON, or would take too much memory: a tree may be
 * eighty times as large as its text, and who answers may be no daemon of ours. */
struct json_t *view_load(const char *text, size_t len);
