/* Names of saved files: whatever a client, a URL or a server says becomes a harmless path segment,
 * or a path of such. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/file.h"

struct url;

enum {
	FILE_NAME_MAX = 200, /* bytes; leaves room for what makes a name unique within the 255 of
				most file systems */
	FILE_PATH_MAX = 440, /* bytes of a name with its folders, `/` between them */
	FILE_MAX_FOLDERS = 16,
	FILE_ITEM_NAME_SIZE = FILE_PATH_MAX + (FILE_MAX_FOLDERS + 1) * 32, /* made unique */
};

/* Make a safe name of `len` bytes: what stands behind the last slash or backslash, without leading
 * dots and trailing dots or blanks; what is unsafe to show (base/utf8.h), bytes that are not UTF-8
 * and the characters that some systems refuse become `_`; cut to FILE_NAME_MAX with the extension
 * kept; `index` when nothing is left. Returns its length. */
size_t file_name_make(const char *raw, size_t len, char ret_name[static FILE_NAME_MAX + 1]);

/* The same from the last segment of a URL's path, percent-decoded. */
size_t file_name_from_url(const char *url, size_t len, char ret_name[static FILE_NAME_MAX + 1]);

/* Make a path of at most FILE_PATH_MAX bytes: each part as file_name_make does, both slashes
 * between parts; empty ones, `.` and `..` are left out, and so are folders for which there is no
 * room. Returns its length. */
size_t file_path_make(const char *raw, size_t len, char ret_path[static FILE_PATH_MAX + 1]);

/* The same for a URL, whose text as it was given is `raw`: below its host, with the folders of its
 * path, or as file_name_from_url, as the layout says. */
size_t file_path_from_url(const struct url *url, const char *raw, size_t len,
    enum file_layout layout, char ret_path[static FILE_PATH_MAX + 1]);

/* Say whether each part of a path is a name that file_name_is_safe accepts. */
bool file_path_is_safe(const char *path);

/* Say whether a file of that name may be opened: those that file_name_make makes, a suffix
 * included, and those that it made when it let characters pass that are not seen. */
bool file_name_is_safe(const char *name);
