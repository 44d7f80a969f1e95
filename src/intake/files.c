/* Files of a submission. */
#include "intake/files.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "model/file_name.h"
#include "model/url.h"

/* Add text to a URL's path, percent-encoded but for `/` (RFC 3986 section 3.3). */
static void add_encoded(struct buf *b, struct span text)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.bytes[i];
		if (c != '\0' && strchr(plain, c) != NULL)
			buf_add_char(b, (char)c);
		else
			buf_addf(b, "%%%02X", c);
	}
}

/* Make the URL of a file that is given by its name below `base`, as checksum lists have them. */
static void join_url(struct buf *b, const char *base, struct span name)
{
	size_t len = strcspn(base, "?#");

	while (len > 0 && base[len - 1] == '/')
		len--;
	buf_add(b, base, len);
	buf_add_char(b, '/');
	while (name.len >= 2 && memcmp(name.bytes, "./", 2) == 0)
		name = (struct span){name.bytes + 2, name.len - 2};
	add_encoded(b, name);
}

static bool has_scheme(struct span text)
{
	return memmem(text.bytes, text.len, "://", 3) != NULL;
}

/* Read the item's URL. One that is none may be a name below the job's base: then `joined` has the
 * URL, and the item's name is the one that was given. */
static bool find_url(
    const struct spec *spec, struct file_item *item, struct buf *joined, struct url *ret_url)
{
	struct span given = item->url;

	if (url_parse(given.bytes, given.len, ret_url) == URL_GOOD)
		return true;
	if (spec->base_url == NULL || given.len == 0 || has_scheme(given))
		return false;
	join_url(joined, spec->base_url, given);
	if (joined->overflow || url_parse(joined->data, joined->len, ret_url) != URL_GOOD)
		return false;
	item->url = (struct span){joined->data, joined->len};
	if (item->name.len == 0)
		item->name = given;
	return true;
}

static bool has_header(struct span headers, const char *line, size_t name_len)
{
	for (const char *at = headers.bytes, *end = at + headers.len; at != NULL && at < end;) {
		const char *next = memchr(at, '\n', (size_t)(end - at));
		if ((size_t)(end - at) > name_len && strncasecmp(at, line, name_len) == 0 &&
		    at[name_len] == ':')
			return true;
		at = next != NULL ? next + 1 : NULL;
	}
	return false;
}

/* Those of the item, and of those of the job what the item doesn't say. */
static void merge_headers(struct buf *b, struct span own, const struct buf *shared)
{
	buf_add(b, own.bytes, own.len);
	for (size_t at = 0, n; at < shared->len; at += n) {
		const char *line = shared->data + at;
		n = strcspn(line, "\n") + 1;
		if (!has_header(own, line, strcspn(line, ":")))
			buf_add(b, line, n);
	}
}

static void make_name(const struct spec *spec, const struct file_item *item, const struct url *url,
    char ret_path[static FILE_PATH_MAX + 1])
{
	if (item->name.len > 0)
		(void)file_path_make(item->name.bytes, item->name.len, ret_path);
	else
		(void)file_path_from_url(
		    url, item->url.bytes, item->url.len, spec->layout, ret_path);
}

struct span files_prepare(const struct spec *spec, struct file_names *names, uint32_t index,
    struct span text, struct buf *packed)
{
	char path[FILE_PATH_MAX + 1], unique[FILE_NAMES_SIZE];
	struct buf joined, headers;
	struct file_item item;
	struct url url;

	if (!file_item_read(text.bytes, text.len, &item))
		return text; /* can't be: it was packed by us */
	struct span given = item.url;
	buf_init(&joined, FILE_MAX_URL);
	if (!find_url(spec, &item, &joined, &url)) {
		buf_done(&joined);
		return given;
	}
	item.options = spec->files;
	if (item.name.len > 0)
		item.options.by_disposition = false; /* who gives a name wants that one */
	make_name(spec, &item, &url, path);
	url_done(&url); /* what is fetched is parsed again: it needs no trust in the store */
	item.name = (struct span){unique, file_names_add(names, path, index, unique)};
	buf_init(&headers, 2 * FILE_MAX_HEADERS);
	merge_headers(&headers, item.headers, &spec->headers);
	item.headers = (struct span){headers.data, headers.len};
	file_item_add(packed, &item);
	buf_done(&headers);
	buf_done(&joined);
	return packed->overflow ? given : (struct span){0};
}
