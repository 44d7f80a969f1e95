/* The classes of bytes in HTTP (RFC 9110 section 5.6, RFC 9112 section 3), whatever the locale, and
 * spans of them. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct span {
	const char *data; /* borrowed; not terminated */
	size_t len;
};

bool char_is_token(unsigned char c);   /* tchar */
bool char_is_blank(unsigned char c);   /* SP or HTAB */
bool char_is_visible(unsigned char c); /* VCHAR */
bool char_is_value(unsigned char c);   /* what a field value may hold: VCHAR, SP, HTAB, obs-text */
int char_hex(unsigned char c);         /* the value of a hexadecimal digit, or -1 */

bool span_is_token(struct span s);
bool span_same(struct span a, struct span b);      /* but for the case of ASCII letters */
bool span_equals(struct span s, const char *text); /* as span_same */
struct span span_trim(struct span s);              /* without blanks at both ends */

/* Take the next element off a comma-separated list: trimmed, maybe empty. False at the end. */
bool span_next(struct span *list, struct span *ret_element);
