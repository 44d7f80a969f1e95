/* Names of saved files. */
#include "model/file_name.h"

#include <stdio.h>
#include <string.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "model/url.h"

enum { EXTENSION_MAX = 16, RAW_MAX = FILE_MAX_URL };

/* Refused by some file systems, or with a meaning in shells' and browsers' eyes. */
static bool is_awkward(char c)
{
	return c == '\0' || strchr("<>:\"|?*", c) != NULL;
}

/* Copy with what is awkward replaced; returns the length, at most `max`. */
static size_t clean(const char *raw, size_t len, char *ret_name, size_t max)
{
	size_t n = 0;

	while (len > 0) {
		size_t n_bad = utf8_unsafe_length(raw, len);
		bool is_bad = n_bad > 0 || is_awkward(*raw);
		size_t step = n_bad > 0 ? n_bad : utf8_length(raw, len), out = is_bad ? 1 : step;
		if (n + out > max)
			break;
		if (is_bad)
			ret_name[n] = '_';
		else
			memcpy(ret_name + n, raw, step);
		n += out;
		raw += step;
		len -= step;
	}
	return n;
}

/* The length of the extension with its dot; 0 if there is no usable one. */
static size_t extension_length(const char *name, size_t len)
{
	const char *dot = memrchr(name, '.', len);
	size_t n = dot != NULL ? len - (size_t)(dot - name) : 0;

	return n < len && n <= EXTENSION_MAX ? n : 0;
}

static size_t cut(char *name, size_t len)
{
	size_t extension = extension_length(name, len), keep = FILE_NAME_MAX - extension;

	if (len <= FILE_NAME_MAX)
		return len;
	while (keep > 0 && ((unsigned char)name[keep] & 0xc0) == 0x80)
		keep--; /* not inside a character */
	memmove(name + keep, name + len - extension, extension);
	return keep + extension;
}

size_t file_name_make(const char *raw, size_t len, char ret_name[static FILE_NAME_MAX + 1])
{
	char name[RAW_MAX];
	size_t start = len, n;

	while (start > 0 && raw[start - 1] != '/' && raw[start - 1] != '\\')
		start--;
	while (start < len && (raw[start] == '.' || raw[start] == ' '))
		start++;
	n = clean(raw + start, len - start, name, sizeof(name));
	n = cut(name, n);
	while (n > 0 && (name[n - 1] == '.' || name[n - 1] == ' '))
		n--;
	if (n == 0) {
		memcpy(name, "index", 5);
		n = 5;
	}
	memcpy(ret_name, name, n);
	ret_name[n] = '\0';
	return n;
}

/* Undo percent-encoding (RFC 3986 section 2.1); invalid escapes stay. */
static size_t decode(const char *s, size_t len, char *ret_text, size_t max)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n < max; i++) {
		uint8_t byte;
		if (s[i] == '%' && len - i > 2 && hex_read(s + i + 1, 1, &byte)) {
			ret_text[n++] = (char)byte;
			i += 2;
		} else {
			ret_text[n++] = s[i];
		}
	}
	return n;
}

size_t file_name_from_url(const char *url, size_t len, char ret_name[static FILE_NAME_MAX + 1])
{
	const char *scheme_end = memmem(url, len, "://", 3);
	char segment[RAW_MAX];

	if (scheme_end != NULL) {
		len -= (size_t)(scheme_end + 3 - url);
		url = scheme_end + 3;
	}
	size_t path_len = 0;
	while (path_len < len && url[path_len] != '?' && url[path_len] != '#')
		path_len++;
	const char *slash = memrchr(url, '/', path_len);
	if (slash == NULL)
		return file_name_make("", 0, ret_name);
	size_t n =
	    decode(slash + 1, path_len - (size_t)(slash + 1 - url), segment, sizeof(segment));
	/* a slash that came percent-encoded is part of the name, not a step into a folder */
	for (size_t i = 0; i < n; i++) {
		if (segment[i] == '/' || segment[i] == '\\')
			segment[i] = '_';
	}
	return file_name_make(segment, n, ret_name);
}

/* Add a folder to the path of `n` bytes, when there is room; returns how long it is then. */
static size_t add_folder(
    char path[static FILE_PATH_MAX + 1], size_t n, unsigned *n_folders, const char *raw, size_t len)
{
	char name[FILE_NAME_MAX + 1];
	bool is_step = len == 0 || (raw[0] == '.' && (len == 1 || (len == 2 && raw[1] == '.')));

	if (is_step || *n_folders == FILE_MAX_FOLDERS)
		return n;
	size_t name_len = file_name_make(raw, len, name);
	if (n + name_len + 1 + FILE_NAME_MAX > FILE_PATH_MAX)
		return n;
	memcpy(path + n, name, name_len);
	path[n + name_len] = '/';
	++*n_folders;
	return n + name_len + 1;
}

static bool is_slash(char c)
{
	return c == '/' || c == '\\';
}

size_t file_path_make(const char *raw, size_t len, char ret_path[static FILE_PATH_MAX + 1])
{
	char name[FILE_NAME_MAX + 1];
	size_t start = 0, n = 0;
	unsigned n_folders = 0;

	for (size_t i = 0; i < len; i++) {
		if (!is_slash(raw[i]))
			continue;
		n = add_folder(ret_path, n, &n_folders, raw + start, i - start);
		start = i + 1;
	}
	size_t name_len = file_name_make(raw + start, len - start, name);
	memcpy(ret_path + n, name, name_len + 1);
	return n + name_len;
}

/* Add the folders of a URL's path. */
static size_t add_url_folders(
    char path[static FILE_PATH_MAX + 1], size_t n, unsigned *n_folders, const char *url)
{
	const char *at = strstr(url, "://");
	const char *end = url + strcspn(url, "?#");
	char segment[RAW_MAX];

	at = at != NULL ? memchr(at + 3, '/', (size_t)(end - at - 3)) : NULL;
	for (const char *next; at != NULL; at = next) {
		at++;
		next = memchr(at, '/', (size_t)(end - at));
		if (next == NULL)
			break; /* the name */
		size_t len = decode(at, (size_t)(next - at), segment, sizeof(segment));
		for (size_t i = 0; i < len; i++)
			segment[i] = is_slash(segment[i]) ? '_' : segment[i];
		n = add_folder(path, n, n_folders, segment, len);
	}
	return n;
}

size_t file_path_from_url(const struct url *url, const char *raw, size_t len,
    enum file_layout layout, char ret_path[static FILE_PATH_MAX + 1])
{
	char name[FILE_NAME_MAX + 1], host[FILE_NAME_MAX * 2];
	bool has_port = url->port != (url->is_tls ? 443 : 80);
	unsigned n_folders = 0;
	size_t n = 0;

	if (layout != LAYOUT_FLAT) {
		int host_len = snprintf(
		    host, sizeof(host), has_port ? "%s_%u" : "%s", url->host, (unsigned)url->port);
		n = add_folder(ret_path, n, &n_folders, host, (size_t)host_len);
	}
	if (layout == LAYOUT_URL)
		n = add_url_folders(ret_path, n, &n_folders, url->text);
	size_t name_len = file_name_from_url(raw, len, name);
	memcpy(ret_path + n, name, name_len + 1);
	return n + name_len;
}

static bool is_control(const unsigned char *s, size_t n)
{
	return (n == 1 && (s[0] < ' ' || s[0] == 0x7f)) || (n == 2 && s[0] == 0xc2 && s[1] < 0xa0);
}

bool file_name_is_safe(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > 255 || name[0] == '.' || strchr(name, '/') != NULL)
		return false;
	for (size_t n; len > 0; name += n, len -= n) {
		n = utf8_length(name, len);
		if (n == 0 || is_control((const unsigned char *)name, n))
			return false;
	}
	return true;
}

bool file_path_is_safe(const char *path)
{
	char part[256];

	for (unsigned n = 0; n <= FILE_MAX_FOLDERS; n++) {
		size_t len = strcspn(path, "/");
		if (len >= sizeof(part))
			return false;
		memcpy(part, path, len);
		part[len] = '\0';
		if (!file_name_is_safe(part))
			return false;
		if (path[len] == '\0')
			return true;
		path += len + 1;
	}
	return false;
}
