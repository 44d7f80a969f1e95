/* JSON values as slices of their text, parsed on access. Nothing is allocated, so a text needs no
 * more memory than its bytes. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/problem.h"

struct jvalue {
	const char *at; /* borrowed; NULL: there is none */
	size_t len;
};

/* Check a text (wire/json_check.h) and return its value, an object or a list. False with `p`
 * filled: 400 if it is not JSON, 422 if it exceeds a limit. A byte order mark is ignored. */
bool jvalue_parse(const char *text, size_t len, struct jvalue *ret_value, struct problem *p);
/* The same for a value of any type, without a mark. */
bool jvalue_parse_any(const char *text, size_t len, struct jvalue *ret_value, struct problem *p);

/* Return the type: `{` object, `[` list, `"` string, `t` true, `f` false, `n` null, `0` number, NUL
 * for no value. */
char jvalue_type(struct jvalue value);

/* Iterate over a list or an object: after jvalue_begin, each call yields the next element or
 * member; false at the end. */
const char *jvalue_begin(struct jvalue container);
bool jvalue_next(const char **at, struct jvalue *ret_element);
bool jvalue_next_member(const char **at, struct jvalue *ret_name, struct jvalue *ret_value);

/* Find a member; nothing when there is none, or when it is no object. */
struct jvalue jvalue_find(struct jvalue object, const char *name);

/* Copy a string, cut to `size` bytes with the terminator, and return its length; "" when it is
 * none. `size` is at least 5. */
size_t jvalue_copy(struct jvalue string, char *to, size_t size);

/* Read a whole number; false when it is none. */
bool jvalue_integer(struct jvalue number, int64_t *ret_integer);

/* Add the text without the blanks between its parts. */
void jvalue_compact(struct jvalue value, struct buf *b);
