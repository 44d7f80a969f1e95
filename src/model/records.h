/* What the DNS said of a name, a set for each type that was asked for: packed one after the other,
 * as results keep them (RESULT_TAG_RECORDS). Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"
#include "model/address.h"
#include "model/outcome.h"

/* The answer for one type. Lists of texts are NUL-terminated strings one after the other. */
struct record_set {
	uint16_t type;
	enum rcode rcode;
	enum reason reason;     /* why there is no answer; REASON_NONE: there is one */
	uint32_t ttl;           /* seconds; the least of the chain and of the data */
	struct endpoint server; /* the one whose answer this is */
	usec_t rtt;
	struct span cname; /* the chain of CNAMEs: where each leads */
	struct span data;  /* sorted, each once */
	struct span ede;   /* extended errors (RFC 8914), packed by records_add_ede */
};

/* Bytes of the texts of all sets of a result at most. */
enum { RECORDS_MAX = 256 * 1024 };

void records_add(struct buf *b, const struct record_set *set);

/* Read the set at `*offset` (0 for the first) and move the offset on; its texts are borrowed. False
 * at the end, or when the bytes are damaged. */
bool records_next(struct span records, size_t *offset, struct record_set *ret_set);

/* Go through a list of texts: the one at `*offset`, or NULL at the end. */
const char *records_next_text(struct span list, size_t *offset);

/* Extended errors: a code and a text that may hold any bytes. */
void records_add_ede(struct buf *b, uint16_t code, struct span text);
bool records_next_ede(struct span ede, size_t *offset, uint16_t *ret_code, struct span *ret_text);
