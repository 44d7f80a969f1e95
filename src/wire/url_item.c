/* Files to fetch, from JSON. */
#include "wire/url_item.h"

#include <jansson.h>
#include <string.h>

#include "model/file.h"
#include "wire/problem.h"

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

static bool read_headers(struct buf *headers, const json_t *value, struct url_item_fault *fault)
{
	const char *name;
	json_t *text;

	if (value == NULL)
		return true;
	if (!json_is_object(value))
		return fail(fault, "headers", "This must be an object of strings.");
	/* iterating changes nothing, though jansson's macro wants it without const */
	json_object_foreach((json_t *)value, name, text)
	{
		if (!is_allowed(name))
			return fail(fault, "headers",
			    "Only Accept, Accept-Language, Authorization, If-Modified-Since, "
			    "If-None-Match, Referer and User-Agent may be set.");
		if (!json_is_string(text) || !is_field_value(json_string_value(text)))
			return fail(
			    fault, "headers", "Values must be strings without control characters.");
		buf_addf(headers, "%s: %s\n", name, json_string_value(text));
	}
	return !headers->overflow || fail(fault, "headers", "The headers of an item are too long.");
}

/* Read a member that is a string, when it is there. */
static bool read_text(
    const json_t *object, const char *name, struct span *ret_text, struct url_item_fault *fault)
{
	const json_t *value = json_object_get(object, name);

	if (value == NULL)
		return true;
	if (!json_is_string(value))
		return fail(fault, name, "This must be a string.");
	*ret_text = (struct span){json_string_value(value), json_string_length(value)};
	return true;
}

static bool has_only_known(const json_t *object, struct url_item_fault *fault)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value)
	{
		if (strcmp(name, "url") != 0 && strcmp(name, "name") != 0 &&
		    strcmp(name, "sha256") != 0 && strcmp(name, "headers") != 0)
			return fail(fault, name, "There is no such field.");
	}
	return true;
}

/* No line feed may stand in what is packed as lines; a URL with one is none anyway. */
static void add_item(struct buf *b, const struct file_item *item)
{
	char url[FILE_MAX_URL + 1], name[1024]; /* a URL that is too long stays too long */
	struct file_item clean = *item;

	clean.url = (struct span){url, item->url.len < sizeof(url) ? item->url.len : sizeof(url)};
	clean.name =
	    (struct span){name, item->name.len < sizeof(name) ? item->name.len : sizeof(name)};
	for (size_t i = 0; i < clean.url.len; i++)
		url[i] = item->url.bytes[i] == '\n' ? ' ' : item->url.bytes[i];
	for (size_t i = 0; i < clean.name.len; i++)
		name[i] = item->name.bytes[i] == '\n' ? ' ' : item->name.bytes[i];
	file_item_add(b, &clean);
}

static bool add_object(struct buf *b, const json_t *value, struct url_item_fault *fault)
{
	struct file_item item = {0};
	uint8_t digest[FILE_DIGEST_SIZE];
	struct buf headers;

	if (!has_only_known(value, fault) || !read_text(value, "url", &item.url, fault) ||
	    !read_text(value, "name", &item.name, fault) ||
	    !read_text(value, "sha256", &item.sha256, fault))
		return false;
	if (item.url.bytes == NULL)
		return fail(fault, "url", "The URL is missing.");
	if (item.name.bytes != NULL && item.name.len == 0)
		return fail(fault, "name", "A name may not be empty.");
	if (item.sha256.bytes != NULL && !file_digest_parse(item.sha256, digest))
		return fail(fault, "sha256", "This must be 64 hexadecimal digits.");
	buf_init(&headers, FILE_MAX_HEADERS);
	bool good = read_headers(&headers, json_object_get(value, "headers"), fault);
	item.headers = (struct span){headers.data, headers.len};
	if (good)
		add_item(b, &item);
	buf_done(&headers);
	return good;
}

bool url_item_add(struct buf *b, const json_t *value, struct url_item_fault *ret_fault)
{
	if (json_is_string(value)) {
		url_item_add_plain(b, json_string_value(value), json_string_length(value));
		return true;
	}
	if (!json_is_object(value))
		return fail(ret_fault, "", "This must be a URL, or an object with a \"url\".");
	return add_object(b, value, ret_fault);
}

void url_item_add_plain(struct buf *b, const char *url, size_t len)
{
	add_item(b, &(struct file_item){.url = {url, len}});
}
