/* The fields of one head as they came (RFC 9110 section 5), and what is known about their names.
 * Thread: any, one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/chars.h"
#include "http/fault.h"

/* The names that the reader itself looks for; the others are in the table of fields.c. */
enum field_kind {
	FIELD_UNKNOWN = -1,
	FIELD_HOST,
	FIELD_CONTENT_LENGTH,
	FIELD_TRANSFER_ENCODING,
	FIELD_EXPECT,
	FIELD_CONNECTION,
	FIELD_N_LOOKED_FOR
};

struct field {
	size_t name, name_len, value, value_len; /* places in fields.text */
	int kind;                                /* in the table, or FIELD_UNKNOWN */
	bool is_dropped;                         /* named by Connection */
};

struct fields {
	struct buf text;    /* owned; the lines, which the reader adds */
	struct field *rows; /* owned */
	size_t n, room;
};

void fields_init(struct fields *f, size_t max_text);
void fields_done(struct fields *f); /* frees the inside; it may be filled again */

/* Keep a field whose line stands in f->text. Refuses with 400 what may be there once and is there
 * again, and with 431 more than `max` fields. */
bool fields_add(struct fields *f, const struct field *place, size_t max, struct fault *ret_fault);

/* Refuse a trailer whose name has a meaning in the head: there it is too late for it. */
bool fields_check_trailer(struct slice name, struct fault *ret_fault);

/* Give the value of the first field of a kind, trimmed. False: there is none. */
bool fields_find(const struct fields *f, enum field_kind kind, struct slice *ret_value);

/* Apply the options of all Connection fields: fields that they name are dropped. Refuses end-to-end
 * fields with 400. */
bool fields_read_connection(struct fields *f, bool *ret_is_close, struct fault *ret_fault);

/* Write the fields for libmicrohttpd: without those that the reader handles itself, hop-by-hop
 * fields and unused fields. List fields are joined; unknown fields are copied. */
void fields_write(const struct fields *f, struct buf *text);
