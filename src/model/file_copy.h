/* The last copy of a target that a schedule has: which file it is, and what its server said of it,
 * so that a later run can ask whether it has changed. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/span.h"
#include "model/file.h"

struct result;

enum { FILE_COPY_LINES = 10 };

/* Packed it is one text of FILE_COPY_LINES lines, each ended by a line feed. */
struct file_copy {
	struct id job;        /* that saved it */
	struct span name;     /* of the file of that job; empty: it was not saved */
	struct span url;      /* that answered */
	struct span etag;     /* as the server said it; empty: none */
	struct span modified; /* likewise, Last-Modified */
	struct span content_type, content_encoding;
	uint8_t digest[FILE_DIGEST_SIZE];
	uint64_t n_bytes;
	uint64_t asked; /* by what it was asked for (file_item_asked) */
};

/* Add the packed form of what a result tells; false, and nothing is added, when that is no copy. */
bool file_copy_add(struct buf *b, const struct id *job, const struct result *r);

/* Take the packed form from the front of `rest`; what it yields is borrowed. False when it is
 * damaged. */
bool file_copy_take(struct span *rest, struct file_copy *ret_copy);

/* A number that differs when the item asks for another representation: by its headers, or decoded.
 */
uint64_t file_item_asked(const struct file_item *item);
