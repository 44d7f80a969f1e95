/* Inside this room: steps of a fetch that call nothing of it back. Not for other folders. Thread:
 * loop. */
#pragma once

#include "fetch/fetch_private.h"

/* --- fetch_resume.c: resumption of interrupted transfers --- */

/* Say whether a response with this status has the whole file; 206 has an unrequested part. */
bool fetch_is_whole(long status);

/* Discard what was received of the body. */
void fetch_drop_body(struct fetch *f);

/* After a failure: say whether the part that was received is kept and the rest requested. */
bool fetch_keep_part(struct fetch *f, const struct transfer_outcome *o);

enum { FETCH_RANGE_SIZE = VALIDATOR_SIZE + 64 };

/* The header lines that request the rest. */
struct span fetch_range_headers(const struct fetch *f, char ret_text[static FETCH_RANGE_SIZE]);

/* Say whether the body of a response with this status is wanted. With its first bytes, decide
 * whether the part received before is kept. */
bool fetch_wants_body(struct fetch *f, long status);

/* Say whether the response does not fit the part received before, which is discarded then. */
bool fetch_lost_part(struct fetch *f, const struct transfer_outcome *o);

/* After a complete response: say whether the whole file was received. */
bool fetch_is_complete(struct fetch *f, const struct transfer_outcome *o);

/* --- fetch_head.c: note what the header of the response says, while the transfer exists ---
 */

void fetch_note_head(struct fetch *f, const struct transfer_outcome *o);

/* --- fetch_redirect.c --- */

bool fetch_is_redirect(uint32_t status);

enum { FETCH_DETAIL_SIZE = 300 };

/* Let f->url be where a redirect leads. Otherwise the reason why it is not followed, with where it
 * leads in `ret_detail`. */
enum reason fetch_redirect(
    struct fetch *f, const char *location, char ret_detail[static FETCH_DETAIL_SIZE]);

/* --- fetch_mirror.c: go on with the next mirror after this end; false when there is none --- */

bool fetch_try_mirror(struct fetch *f, enum item_status status, enum reason reason);

/* --- fetch_rate.c: share the job's limit; wait in line until it lets more be taken --- */

void fetch_join_rate(struct fetch *f, uint64_t per_second);
void fetch_leave_rate(struct fetch *f);
void fetch_leave_line(struct fetch *f);
bool fetch_rate_allows(struct fetch *f);
void fetch_rate_took(struct fetch *f, size_t n_bytes);
