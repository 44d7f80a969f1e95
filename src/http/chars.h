/* The classes of bytes in HTTP (RFC 9110 section 5.6, RFC 9112 section 3), whatever the locale, and
 * spans of them. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct slice {
	const char *data; /* borrowed; not terminated */
	size_t len;
};

bool char_is_token(unsigned char c);   /* tchar */
bool char_is_blank(unsigned char c);   /* SP or HTAB */
bool char_is_visible(unsigned char c); /* VCHAR */
bool char_is_value(unsigned char c);   /* what a field value may hold: VCHAR, SP, HTAB, obs-text */

bool span_is_token(struct slice s);
bool span_same(struct slice a, struct slice b);     /* ignoring the case of ASCII letters */
bool span_equals(struct slice s, const char *text); /* as span_same */
struct slice span_trim(struct slice s);             /* without blanks at both ends */

/* Take the next element off a comma-separated list: trimmed, maybe empty. False at the end. */
bool span_next(struct slice *list, struct slice *ret_element);
