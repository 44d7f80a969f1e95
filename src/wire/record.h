/* The packed form in which the store keeps results: a block of records one after the other, without
 * sequence numbers (a block knows that of its first). Numbers are unsigned LEB128 unless said
 * otherwise:
 *
 *   index, status (1 byte), reason (1 byte), attempts, duration, finished_at (8 bytes,
 *   little-endian), name length, name,
 *   addresses (1 byte), { 4 or 6, 4 or 16 bytes }..., ttl when there are addresses,
 *   evidence (1 byte), { source << 4 | type, rcode, rtt, [4 or 6, address, port (2 bytes, network
 *   order)] }...
 *
 * The type of evidence is 0 for A, 1 for AAAA, and 15 for others, whose number follows the rtt. If
 * its bit 7 is set, more follows: marks (1: sinkhole, 2: zone), proof (1 byte), with the mark the
 * length of the zone (1 byte), length and bytes of the chain of CNAMEs.
 *
 * If bit 7 of status is set, the part of a file follows: flags (1: saved, 2: named by country, 4:
 * encoded), country reason (1 byte), status, version, redirects, bytes, five timings, digest when
 * saved, then length and bytes of file name, code, detail, content type, final URL, country, and
 * the encoding when there is one.
 *
 * If bit 6 of status is set, tagged fields follow: their version (1 byte, 1), their length, and the
 * fields (model/tagged.h). New values go there: readers pass over unknown tags, and records without
 * fields have the form that they always had. A record with another version is damaged.
 *
 * Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "model/result.h"

/* Add a record; all but `seq` is kept. */
void record_add(struct buf *block, const struct result *result);

/* Read the record at `*offset` (0 for the first) and move the offset on; its texts are borrowed
 * from `block`, its seq 0. False at the end, or when the bytes are damaged: then the offset is not
 * `len`. */
bool record_next(const char *block, size_t len, size_t *offset, struct result *ret_result);
