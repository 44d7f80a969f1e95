/* RFC 3986 section 5.2, strictly: a scheme is never ignored. */
#include "model/url_ref.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "model/file.h"

/* The components of a reference, without what separates them; those that are absent have no bytes
 * (section 5.3). */
struct reference {
	struct span scheme, authority, path, query, fragment;
};

static struct span take(const char **at, size_t len)
{
	struct span s = {*at, len};

	*at += len;
	return s;
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Take the rest up to one of `ends` when it begins with `mark`. */
static struct span take_marked(const char **at, char mark, const char *ends)
{
	if (**at != mark)
		return (struct span){0};
	(*at)++;
	return take(at, strcspn(*at, ends));
}

static struct reference split(const char *at)
{
	static const char scheme[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.";
	struct reference r = {0};
	size_t len = strspn(at, scheme);

	if (is_letter(at[0]) && at[len] == ':') {
		r.scheme = take(&at, len);
		at++;
	}
	if (strncmp(at, "//", 2) == 0) {
		at += 2;
		r.authority = take(&at, strcspn(at, "/?#"));
	}
	r.path = take(&at, strcspn(at, "?#"));
	r.query = take_marked(&at, '?', "#");
	r.fragment = take_marked(&at, '#', "");
	return r;
}

/* Drop the last segment, with the slash before it; those before `start` are no part of the path. */
static void drop_segment(struct buf *b, size_t start)
{
	while (b->len > start && b->data[--b->len] != '/')
		;
}

/* Add a path without its dot segments (section 5.2.4). */
static void add_path(struct buf *b, struct span path)
{
	size_t start = b->len;
	const char *at = path.bytes, *end = path.bytes + path.len;

	while (at < end) {
		bool has_slash = *at == '/';
		const char *segment = at + has_slash,
			   *next = memchr(segment, '/', (size_t)(end - segment));
		size_t len = (size_t)((next != NULL ? next : end) - segment);
		bool is_dots = len > 0 && len <= 2 && memcmp(segment, "..", len) == 0;
		if (is_dots && len == 2)
			drop_segment(b, start);
		if (!is_dots)
			buf_add(b, at, len + has_slash);
		else if (next == NULL)
			buf_add_char(b, '/');
		at = segment + len;
	}
}

/* The base's path up to its last slash, and the reference's behind it (section 5.2.3). */
static void merge(struct buf *b, const struct reference *base, struct span path)
{
	const char *slash =
	    base->path.len > 0 ? memrchr(base->path.bytes, '/', base->path.len) : NULL;

	if (slash != NULL)
		buf_add(b, base->path.bytes, (size_t)(slash - base->path.bytes) + 1);
	else
		buf_add_char(b, '/');
	buf_add(b, path.bytes, path.len);
}

/* Add a part that is present, after its delimiter. */
static void add_part(struct buf *b, const char *delimiter, struct span part)
{
	if (part.bytes != NULL) {
		buf_add_str(b, delimiter);
		buf_add(b, part.bytes, part.len);
	}
}

/* Put the URL together (sections 5.2.2 and 5.3). */
static void add_target(
    struct buf *b, struct buf *merged, const struct reference *base, struct reference r)
{
	bool is_absolute = r.scheme.bytes != NULL, has_authority = r.authority.bytes != NULL,
	     has_path = r.path.len > 0;
	struct span scheme = is_absolute ? r.scheme : base->scheme,
		    authority = is_absolute || has_authority ? r.authority : base->authority,
		    query = is_absolute || has_authority || has_path || r.query.bytes != NULL
				? r.query
				: base->query;

	buf_add(b, scheme.bytes, scheme.len);
	buf_add_char(b, ':');
	add_part(b, "//", authority);
	if (is_absolute || has_authority || (has_path && r.path.bytes[0] == '/')) {
		add_path(b, r.path);
	} else if (has_path) {
		merge(merged, base, r.path);
		add_path(b, (struct span){merged->data, merged->len});
	} else {
		buf_add(b, base->path.bytes, base->path.len);
	}
	add_part(b, "?", query);
	add_part(b, "#", r.fragment);
}

static void encode(struct buf *b, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == ' ' || (unsigned char)*text > 0x7f)
			buf_addf(b, "%%%02X", (unsigned char)*text);
		else
			buf_add_char(b, *text);
	}
}

char *url_resolve(const char *base, const char *reference)
{
	struct buf target, merged, encoded;

	buf_init(&target, SIZE_MAX / 2);
	buf_init(&merged, SIZE_MAX / 2);
	buf_init(&encoded, SIZE_MAX / 2);
	encode(&encoded, reference);
	const struct reference b = split(base);
	add_target(&target, &merged, &b, split(encoded.data != NULL ? encoded.data : ""));
	buf_done(&merged);
	buf_done(&encoded);
	return buf_take(&target, NULL);
}
