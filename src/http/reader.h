/* A strict reader of HTTP/1.0 and HTTP/1.1 requests (RFC 9112). It sees each byte that a client
 * sends before anyone else does, and yields what may be passed on: a canonical head, and the
 * bytes of the body without their framing.
 *
 *   line --> fields --> body | chunks --> end --> line (the next request)
 *     |         |             |
 *     +---------+-------------+--------> bad: nothing more is read
 *
 * Pure: no I/O, no clock. Its memory is bounded by the limits. Thread: any, one at a time. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/chunked.h"
#include "http/fields.h"
#include "http/request_line.h"

struct reader_limits {
	size_t max_line;   /* bytes of the request line; beyond it 414 */
	size_t max_head;   /* bytes of the line and all fields; beyond it 431 */
	size_t max_fields; /* field lines; beyond it 431 */
	size_t max_params; /* parameters of the query; beyond it 414 */
	uint64_t max_body; /* bytes of the body, without its framing; beyond it 413 */
};

enum reader_event {
	READER_MORE, /* all bytes were taken, and nothing is complete */
	READER_HEAD, /* reader.head is filled; the rest waits for the next call */
	READER_BODY, /* *ret_piece is a part of the body */
	READER_END,  /* the request is complete; the next byte begins another one */
	READER_BAD /* reader.status and reader.detail say why; all further bytes are refused too */
};

struct request_head {
	struct buf text; /* owned; the canonical head: line, fields, empty line. Valid until
			    READER_END */
	bool is_head;    /* the method is HEAD; told after READER_BAD too, if the line was read */
	bool is_http_1_0;
	bool is_last;          /* the client wants, or its version implies, a close afterwards */
	bool expects_continue; /* Expect: 100-continue, and there is a body to wait for */
	bool has_body;
	bool is_chunked;         /* has_body, of unknown length */
	uint64_t content_length; /* has_body && !is_chunked */
};

struct reader {
	struct request_head head;
	int status;         /* after READER_BAD: 400, 413, 414, 417, 431, 501 or 505 */
	const char *detail; /* after READER_BAD: static; a sentence for a problem document */
	/* private from here on */
	struct reader_limits limits;
	int state;
	unsigned n_empty_lines; /* before this request */
	size_t n_head;          /* bytes of this head, or of the trailers */
	bool is_trailer;
	struct slice method, target; /* lengths; places in line_text once it is whole */
	struct buf line_text;        /* owned; the request line while the head is read */
	struct request_line line;    /* borrows from line_text */
	struct field field;          /* the one that is being read */
	struct fields fields;        /* those that were read */
	struct chunked chunks;
	uint64_t n_left; /* bytes of a body of known length */
};

void reader_init(struct reader *r, const struct reader_limits *limits);
void reader_done(struct reader *r);

/* Read up to `n` bytes and stop at the first event. Returns how many were taken; *ret_event says
 * what was found. READER_BODY borrows *ret_piece from `bytes`. READER_END may come without a byte
 * taken (call with n == 0 allowed): after READER_HEAD of a request without a body it is the next
 * event. */
size_t reader_feed(struct reader *r, const char *bytes, size_t n, enum reader_event *ret_event,
    const char **ret_piece, size_t *ret_n_piece);

/* Whether a request header has been received partly. */
bool reader_is_in_head(const struct reader *r);
