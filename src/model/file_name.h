/* Names of saved files: whatever a client, a URL or a server says becomes one harmless path
 * segment. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	FILE_NAME_MAX = 200 /* bytes; leaves room for what makes a name unique within the 255 of
			       most file systems */
};

/* Make a safe name of `len` bytes: what stands behind the last slash or backslash, without leading
 * dots and trailing dots or blanks; what is unsafe to show (base/utf8.h), bytes that are not UTF-8
 * and the characters that some systems refuse become `_`; cut to FILE_NAME_MAX with the extension
 * kept; `index` when nothing is left. Returns its length. */
size_t file_name_make(const char *raw, size_t len, char ret_name[static FILE_NAME_MAX + 1]);

/* The same from the last segment of a URL's path, percent-decoded. */
size_t file_name_from_url(const char *url, size_t len, char ret_name[static FILE_NAME_MAX + 1]);

/* Say whether a file of that name may be opened: those that file_name_make makes, a suffix
 * included, and those that it made when it let characters pass that are not seen. */
bool file_name_is_safe(const char *name);
