/* A strict JSON validator (RFC 8259): UTF-8 without a byte order mark, no unpaired surrogates and
 * no NUL in strings, no duplicate names in an object. It needs only eight bytes for each member of
 * the open objects, so a text can be checked before anything is allocated for it. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	JSON_MAX_DEPTH = 2048,  /* values inside each other */
	JSON_MAX_MEMBERS = 256, /* of an object */
};

enum json_verdict {
	JSON_GOOD,
	JSON_MALFORMED, /* it is not JSON */
	/* it is as far as it was read, and has more than is taken: */
	JSON_BIG_NUMBER, /* a number out of the range of int64_t or double */
	JSON_BIG_OBJECT, /* an object with too many members */
};

struct json_report {
	const char *fault;   /* static; NULL: none */
	size_t line, column; /* of the fault, from 1; a column is a character */
	size_t n_values;     /* objects, lists, strings, numbers and so on, when it is good */
};

/* Judge a text that is one value of any type, with blanks around it. */
enum json_verdict json_check(const char *text, size_t len, struct json_report *ret_report);

/* Decode the inside of a string that json_check found good, from `*at` to `end`: as many bytes as
 * there are, or fit. Moves `*at` on and returns how many were written; `room` is at least 4. */
size_t json_decode(const char **at, const char *end, char *to, size_t room);
