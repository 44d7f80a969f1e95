/* Files to fetch, from JSON. */
#include "wire/url_item.h"

#include <string.h>

#include "model/file.h"
#include "model/url.h"
#include "wire/problem.h"

/* Bytes behind what a text may have, so that one which is cut still shows to be too long; and what
 * is kept of a name, which is made shorter later. */
enum { ROOM = 8, MAX_NAME = 1024 };

/* Headers that a client may set. Those that frame a message, choose a host or a part of the file
 * would break what the daemon promises about it. */
static const char *const allowed_headers[] = {"Accept", "Accept-Language", "Authorization",
    "If-Modified-Since", "If-None-Match", "Referer", "User-Agent"};

static bool fail(struct url_item_fault *fault, const char *member, const char *detail)
{
	problem_escape(member, fault->member, sizeof(fault->member));
	fault->detail = detail;
	return false;
}

static bool is_allowed(const char *name)
{
	for (size_t i = 0; i < sizeof(allowed_headers) / sizeof(allowed_headers[0]); i++) {
		if (strcasecmp(name, allowed_headers[i]) == 0)
			return true;
	}
	return false;
}

/* A field value (RFC 9110 section 5.5) of visible characters and blanks. */
static bool is_field_value(const char *value)
{
	for (; *value != '\0'; value++) {
		unsigned char c = (unsigned char)*value;
		if ((c < 0x20 && c != '\t') || c == 0x7f)
			return false;
	}
	return true;
}

bool url_item_add_headers(struct buf *headers, struct jvalue value, struct url_item_fault *fault)
{
	char name[64], text[FILE_MAX_HEADERS + ROOM];
	struct jvalue key, header;

	if (jvalue_type(value) != '{')
		return fail(fault, "headers", "This must be an object with string values.");
	for (const char *at = jvalue_begin(value); jvalue_next_member(&at, &key, &header);) {
		jvalue_copy(key, name, sizeof(name));
		if (!is_allowed(name))
			return fail(fault, "headers",
			    "Only Accept, Accept-Language, Authorization, If-Modified-Since, "
			    "If-None-Match, Referer and User-Agent may be set.");
		jvalue_copy(header, text, sizeof(text));
		if (jvalue_type(header) != '"' || !is_field_value(text))
			return fail(
			    fault, "headers", "Values must be strings without control characters.");
		buf_addf(headers, "%s: %s\n", name, text);
	}
	return !headers->overflow || fail(fault, "headers", "The headers are too long.");
}

static bool read_headers(struct buf *headers, struct jvalue value, struct url_item_fault *fault)
{
	return value.at == NULL || url_item_add_headers(headers, value, fault);
}

static bool add_mirror(struct buf *mirrors, struct jvalue value)
{
	char text[FILE_MAX_URL + ROOM];
	struct url url;
	size_t len = jvalue_copy(value, text, sizeof(text));

	if (jvalue_type(value) != '"' || url_parse(text, len, &url) != URL_GOOD)
		return false;
	buf_addf(mirrors, "%s\n", url.text);
	url_done(&url);
	return true;
}

static bool read_mirrors(struct buf *mirrors, struct jvalue value, struct url_item_fault *fault)
{
	struct jvalue element;
	int n = 0;

	if (value.at == NULL)
		return true;
	if (jvalue_type(value) != '[')
		return fail(fault, "mirrors", "This must be a list of URLs.");
	for (const char *at = jvalue_begin(value); jvalue_next(&at, &element);) {
		if (++n > FILE_MAX_MIRRORS)
			return fail(fault, "mirrors", "An item may have at most 8 mirrors.");
		if (!add_mirror(mirrors, element))
			return fail(fault, "mirrors",
			    "Each mirror must be a URL of http or https, without a user.");
	}
	return !mirrors->overflow || fail(fault, "mirrors", "The mirrors are too long.");
}

/* Read a member that is a string, when it is there, into `text`. */
static bool read_text(struct jvalue object, const char *name, char *text, size_t size,
    struct span *ret_text, struct url_item_fault *fault)
{
	struct jvalue value = jvalue_find(object, name);

	if (value.at == NULL)
		return true;
	if (jvalue_type(value) != '"')
		return fail(fault, name, "This must be a string.");
	*ret_text = (struct span){text, jvalue_copy(value, text, size)};
	return true;
}

static bool has_only_known(struct jvalue object, struct url_item_fault *fault)
{
	char name[sizeof(fault->member)];
	struct jvalue key, value;

	for (const char *at = jvalue_begin(object); jvalue_next_member(&at, &key, &value);) {
		jvalue_copy(key, name, sizeof(name));
		if (strcmp(name, "url") != 0 && strcmp(name, "name") != 0 &&
		    strcmp(name, "sha256") != 0 && strcmp(name, "headers") != 0 &&
		    strcmp(name, "mirrors") != 0)
			return fail(fault, name, "Unknown field.");
	}
	return true;
}

/* Packed texts must not contain line feeds; a URL with one is invalid anyway. */
static void clean(char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\n')
			text[i] = ' ';
	}
}

static bool add_object(struct buf *b, struct jvalue value, struct url_item_fault *fault)
{
	/* a URL that is too long stays too long */
	char url[FILE_MAX_URL + ROOM], name[MAX_NAME], sha256[FILE_DIGEST_TEXT + ROOM];
	struct file_item item = {0};
	uint8_t digest[FILE_DIGEST_SIZE];
	struct buf headers, mirrors;

	if (!has_only_known(value, fault) ||
	    !read_text(value, "url", url, sizeof(url), &item.url, fault) ||
	    !read_text(value, "name", name, sizeof(name), &item.name, fault) ||
	    !read_text(value, "sha256", sha256, sizeof(sha256), &item.sha256, fault))
		return false;
	if (item.url.bytes == NULL)
		return fail(fault, "url", "The URL is missing.");
	if (item.name.bytes != NULL && item.name.len == 0)
		return fail(fault, "name", "The name must not be empty.");
	if (item.sha256.bytes != NULL && !file_digest_parse(item.sha256, digest))
		return fail(fault, "sha256", "This must be 64 hexadecimal digits.");
	buf_init(&headers, FILE_MAX_HEADERS);
	buf_init(&mirrors, FILE_MIRRORS_SIZE);
	bool good = read_headers(&headers, jvalue_find(value, "headers"), fault) &&
		    read_mirrors(&mirrors, jvalue_find(value, "mirrors"), fault);
	item.mirrors = (struct span){mirrors.data, mirrors.len};
	item.headers = (struct span){headers.data, headers.len};
	clean(url, item.url.len);
	clean(name, item.name.len);
	if (good)
		file_item_add(b, &item);
	buf_done(&headers);
	buf_done(&mirrors);
	return good;
}

bool url_item_add(struct buf *b, struct jvalue value, struct url_item_fault *ret_fault)
{
	char url[FILE_MAX_URL + ROOM];

	if (jvalue_type(value) == '"') {
		size_t len = jvalue_copy(value, url, sizeof(url));
		url_item_add_plain(b, url, len);
		return true;
	}
	if (jvalue_type(value) != '{')
		return fail(ret_fault, "", "This must be a URL, or an object with a \"url\".");
	return add_object(b, value, ret_fault);
}

static void add_plain(struct buf *b, const char *url, size_t len, struct span sha256)
{
	char copy[FILE_MAX_URL + 1]; /* a URL that is too long stays too long */
	size_t n = len < sizeof(copy) ? len : sizeof(copy);

	memcpy(copy, url, n);
	clean(copy, n);
	file_item_add(b, &(struct file_item){.url = {copy, n}, .sha256 = sha256});
}

void url_item_add_plain(struct buf *b, const char *url, size_t len)
{
	add_plain(b, url, len, (struct span){0});
}

/* coreutils, sha256sum: a `*` in place of the second blank says that the file was read as binary.
 */
void url_item_add_line(struct buf *b, const char *line, size_t len)
{
	const size_t head = FILE_DIGEST_TEXT + 2;
	uint8_t digest[FILE_DIGEST_SIZE];
	struct span sha256 = {line, FILE_DIGEST_TEXT};

	if (len > head && line[FILE_DIGEST_TEXT] == ' ' &&
	    (line[head - 1] == ' ' || line[head - 1] == '*') && file_digest_parse(sha256, digest))
		add_plain(b, line + head, len - head, sha256);
	else
		add_plain(b, line, len, (struct span){0});
}
