/* Inside this room: files that are compared with a schedule's last copy. Not for other folders.
 * Thread: loop. */
#pragma once

#include <stdbool.h>

#include "model/file_copy.h"

struct fetch;
struct sink_outcome;
struct transfer_outcome;

enum { VALIDATOR_SIZE = 256, FETCH_CONDITION_SIZE = 2 * VALIDATOR_SIZE + 64 };

/* Part of a fetch. */
struct comparison {
	bool has_copy;
	struct file_copy copy; /* borrows from the item's text */
	bool is_conditional;   /* the transfer asks whether the file has changed since */
	bool is_unconditional; /* no transfer does so any more */
	bool is_unchanged;     /* the server says that the copy is the file */
	char *etag, *modified; /* owned; of the answer, as the server said them; NULL: none */
};

/* Take the copy out of the item, if it can stand for the file. */
void fetch_read_copy(struct fetch *f);

/* The header lines that ask whether the file has changed; sets is_conditional. */
struct span fetch_condition(struct fetch *f, char ret_text[static FETCH_CONDITION_SIZE]);

/* Say whether Last-Modified of the answer names one state of the file. */
bool fetch_has_strong_date(const struct fetch *f);

/* Note what the header of the answer says of its version; add it to a result's fields. */
void fetch_note_version(struct fetch *f, const struct transfer_outcome *o);
void fetch_tell_version(const struct fetch *f, struct buf *tagged);

/* After a 304: take over what is known of the copy. */
void fetch_adopt_copy(struct fetch *f);

/* Say whether the file was found to be the copy's. */
bool fetch_is_copy(const struct fetch *f, const struct sink_outcome *saved);
