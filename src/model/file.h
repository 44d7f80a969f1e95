/* Files to fetch, as values: what an item asks for, and what came of it. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"

enum {
	FILE_MAX_URL = 8192,       /* bytes, as RFC 9110 section 4.1 recommends to bear */
	FILE_MAX_HEADERS = 4096,   /* bytes of all headers of an item, or of a job */
	FILE_MAX_MIRRORS = 8,      /* of an item */
	FILE_MIRRORS_SIZE = 8192,  /* bytes of their URLs */
	FILE_ITEM_MAX = 32 * 1024, /* bytes of a packed item */
	FILE_DIGEST_SIZE = 32,     /* SHA-256 (FIPS 180-4) */
	FILE_DIGEST_TEXT = 64
};

/* Where files go that are not given a name. Their order is not stored. */
enum file_layout { LAYOUT_FLAT, LAYOUT_HOST, LAYOUT_URL };

/* How an item is fetched and kept. */
struct file_options {
	bool by_country;     /* name it by the country that the flag's metadata.json tells */
	bool by_disposition; /* name it as the answer's Content-Disposition says */
	bool is_unsaved;     /* digest and outcome are all that is wanted */
	bool is_decoded;     /* undo the answer's Content-Encoding */
	bool keeps_last;     /* of a schedule's copies of the target only the last one stays */
	bool if_changed;     /* tell whether it has changed since the schedule's last copy */
	uint64_t max_rate;   /* bytes a second, of the whole job; 0: no limit */
};

/* What an item asks for. Packed it is one text: lines of url, name, sha256, code and options, then
 * the mirrors, the copy and the headers. Absent parts are empty; none but those three holds a line
 * feed.
 * The options are a digit, by_country, then a letter for each that is set, then numbers. */
struct file_item {
	struct span url;
	struct span name;   /* of the file; safe and unique in its job once the job is made */
	struct span sha256; /* in hex */
	struct span code;   /* of a flag */
	struct file_options options;
	struct span mirrors; /* URLs that are tried after `url`, each ended by a line feed */
	struct span copy;    /* the last one, packed (model/file_copy.h); added by the store */
	struct span headers; /* `Name: value` lines, each ended by a line feed */
};

/* Add the packed form. */
void file_item_add(struct buf *b, const struct file_item *item);

/* Read the packed form; what it yields is borrowed from `text`. False when it is damaged. */
bool file_item_read(const char *text, size_t len, struct file_item *ret_item);

/* Take the line at the front, such as the URL of a mirror; false when there is none. */
bool file_take_line(struct span *rest, struct span *ret_line);

/* Read 64 hexadecimal digits, as struct file_item has them. */
bool file_digest_parse(struct span hex, uint8_t ret_digest[static FILE_DIGEST_SIZE]);
void file_digest_format(
    const uint8_t digest[static FILE_DIGEST_SIZE], char ret_hex[static FILE_DIGEST_TEXT + 1]);

/* How long each phase of the last attempt took; 0 where there was none (RFC 9110 leaves no word for
 * them; these are libcurl's). */
struct file_timings {
	usec_t resolve, connect, tls, first_byte, transfer;
};
