/* What the header of an HTTP answer may say before libcurl acts on it: libcurl 7.88 takes lengths
 * that contradict each other or are no number, decodes codings that nobody asked for, in which a
 * few bytes can stand for any number, and keeps every line of any number of interim answers. Pure.
 * Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/result.h"

/* A value; zeroed at the start of a transfer. */
struct answer_head {
	size_t n_bytes;   /* of all lines, interim answers (1xx) and trailers included */
	unsigned n_lines; /* likewise */
	bool is_inside;   /* the last line was not the one that ends a header */
	bool is_foldable; /* the next line may be a continuation (RFC 9112 section 5.2) */
	bool is_whole;    /* the line that ends it has come; not of trailers */
	bool has_length;  /* said by this answer */
	bool is_chunked;  /* likewise */
	uint64_t length;
};

#define ANSWER_HEAD_TOO_LONG  "the header is too long"
#define ANSWER_HEAD_MALFORMED "malformed header line"

/* Take the next line, with or without what ends it. Returns REASON_NONE, or why the answer is not
 * to be taken and what to tell people, static. */
enum reason answer_head_add(
    struct answer_head *head, const char *line, size_t len, const char **ret_detail);
