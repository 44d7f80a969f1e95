/* Domain names: the wire form (RFC 1035 section 3.1), the text form of zone files, and reading them
 * out of a message. Reading is bounded: a compression pointer leads strictly backwards, at most
 * DNS_MAX_HOPS are followed, and a name has at most 255 octets. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { DNS_NAME_MAX = 255, DNS_LABEL_MAX = 63, DNS_MAX_HOPS = 128 };

/* A value: labels with their lengths, uncompressed, the root label last; `len` counts all. */
struct dns_name {
	uint8_t len;
	uint8_t bytes[DNS_NAME_MAX];
};

/* Read the text form: labels with dots between them, `\.` and `\DDD` for what a label can't show;
 * the final dot may be there or not, and "." is the root. False when it can't be encoded: an empty
 * label, one over 63 octets, more than 255 octets, a wrong escape. */
bool dns_name_from_text(const char *text, size_t len, struct dns_name *ret_name);

/* Add the text form to `b`, in lower case, with its final dot. */
void dns_name_format(const struct dns_name *name, struct buf *b);

/* Compare without regard to case (RFC 4343). */
bool dns_name_equal(const struct dns_name *a, const struct dns_name *b);

/* Say whether the name is `zone` or a name below it. */
bool dns_name_is_under(const struct dns_name *name, const struct dns_name *zone);

/* Read the name at *at of a message and move *at behind it. False, with *at untouched, when it is
 * malformed. `ret_name` may be NULL. */
bool dns_name_read(const uint8_t *message, size_t len, size_t *at, struct dns_name *ret_name)
    MUST_CHECK;

/* Compare two names of one message, both of which dns_name_read accepts, without regard to case.
 * Each step is taken off `budget`; when it is used up the answer is false and it is 0. */
bool dns_name_same(const uint8_t *message, size_t a, size_t b, unsigned *budget);
