/* URLs by libcurl's parser. It knows the odd spellings of IPv4 addresses (0x7f.1, 2130706433) and
 * turns them into the usual one before anybody judges them. */
#include "model/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/file.h"
#include "model/target.h"

static const char *const fault_texts[] = {
    [URL_MALFORMED] = "Not a valid URL.",
    [URL_SCHEME] = "Only http and https URLs are supported.",
    [URL_USER] = "A URL must not contain a user name or password.",
    [URL_HOST] = "The host of the URL is neither a host name nor an address.",
    [URL_TOO_LONG] = "The URL is too long.",
};

const char *url_fault_text(enum url_fault fault)
{
	return fault_texts[fault];
}

/* Return a part as new text of ours, or NULL. */
static char *get_part(CURLU *u, CURLUPart part, unsigned flags)
{
	char *value, *copy;

	if (curl_url_get(u, part, &value, flags) != CURLUE_OK)
		return NULL;
	copy = xstrdup(value);
	curl_free(value);
	return copy;
}

/* Whether a name ends in a number: lax parsers read such a name as an address. */
static bool ends_in_number(const char *name)
{
	const char *dot = strrchr(name, '.'), *label = dot != NULL ? dot + 1 : name;

	if (strncmp(label, "0x", 2) == 0)
		return label[2 + strspn(label + 2, "0123456789abcdef")] == '\0';
	return label[strspn(label, "0123456789")] == '\0';
}

/* Read the host: an address, with brackets when it is IPv6, or a name. */
static bool read_host(const char *raw, struct url *url)
{
	char text[ADDRESS_TEXT_SIZE], name[TARGET_MAX + 1];
	size_t len = strlen(raw);

	if (raw[0] == '[' && len > 2 && len - 2 < sizeof(text)) {
		memcpy(text, raw + 1, len - 2);
		text[len - 2] = '\0';
		url->address.is_v6 = true;
		url->is_address = inet_pton(AF_INET6, text, url->address.bytes) == 1;
		if (url->is_address)
			address_format(&url->address, text);
		url->host = xstrdup(text);
		return url->is_address;
	}
	url->is_address = inet_pton(AF_INET, raw, url->address.bytes) == 1;
	if (!url->is_address && (target_normalise(raw, len, name) == 0 ||
				    !target_is_host_name(name) || ends_in_number(name)))
		return false;
	url->host = xstrdup(url->is_address ? raw : name);
	return true;
}

/* Whether the text is already normalised, as most are. */
static bool is_plain(const char *text, const char *scheme, const char *host)
{
	size_t scheme_len = strlen(scheme), host_len = strlen(host);

	if (strncmp(text, scheme, scheme_len) != 0 || strncmp(text + scheme_len, "://", 3) != 0)
		return false;
	text += scheme_len + 3;
	if (strncmp(text, host, host_len) != 0)
		return false;
	text += host_len;
	if (*text == ':' && text[1] >= '1' && text[1] <= '9')
		text += 1 + strspn(text + 1, "0123456789");
	return *text == '/' && strchr(text, '#') == NULL && strstr(text, "/.") == NULL;
}

/* RFC 9110 section 4.2: no other form names a host. libcurl takes one slash and three for two. */
static bool has_two_slashes(const char *text, size_t scheme_len)
{
	return strncmp(text + scheme_len, "://", 3) == 0 && text[scheme_len + 3] != '/';
}

/* Fill `url`; what it owns is ended by the caller, also on a fault. Each part that is asked for
 * costs an allocation or two, and this runs for each file: so nothing is asked for that isn't
 * needed. */
static enum url_fault read_parts(CURLU *u, const char *text, struct url *url)
{
	AUTO_FREE char *scheme = get_part(u, CURLUPART_SCHEME, 0);
	AUTO_FREE char *host = get_part(u, CURLUPART_HOST, CURLU_URLDECODE);
	AUTO_FREE char *port = get_part(u, CURLUPART_PORT, CURLU_DEFAULT_PORT);

	if (scheme == NULL || (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		return URL_SCHEME;
	if (!has_two_slashes(text, strlen(scheme)))
		return URL_MALFORMED;
	if (host == NULL || !read_host(host, url))
		return URL_HOST;
	if (url->address.is_v6) {
		AUTO_FREE char *zone = get_part(u, CURLUPART_ZONEID, 0);
		if (zone != NULL)
			return URL_HOST;
	}
	url->is_tls = strcmp(scheme, "https") == 0;
	url->port = (uint16_t)(port != NULL ? strtoul(port, NULL, 10) : 0);
	if (url->port == 0)
		return URL_MALFORMED;
	if (is_plain(text, scheme, url->host)) {
		url->text = xstrdup(text);
		return URL_GOOD;
	}
	if (!url->address.is_v6 && curl_url_set(u, CURLUPART_HOST, url->host, 0) != CURLUE_OK)
		return URL_HOST;
	(void)curl_url_set(u, CURLUPART_FRAGMENT, NULL, 0);
	url->text = get_part(u, CURLUPART_URL, 0);
	return url->text != NULL ? URL_GOOD : URL_MALFORMED;
}

/* Read what most URLs look like: nothing is left out, coded or spelled in another way, and the host
 * is a lower-case name or four numbers. libcurl takes such a URL as it stands, but costs many
 * allocations, and this runs for each file. False: it doesn't look like that, or is no good. */
static bool read_plain(const char *text, size_t len, struct url *url)
{
	static const char host_chars[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	static const char path_chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789-_.~/?=&+,;:@!$*()";
	size_t n_scheme = strncmp(text, "http://", 7) == 0    ? 7
			  : strncmp(text, "https://", 8) == 0 ? 8
							      : 0;
	size_t n_host = strspn(text + n_scheme, host_chars), port_len = 0;
	const char *at = text + n_scheme + n_host;
	char host[TARGET_MAX + 1];

	if (n_scheme == 0 || n_host == 0 || n_host > TARGET_MAX || at[-1] == '.')
		return false;
	url->is_tls = n_scheme == 8;
	url->port = url->is_tls ? 443 : 80;
	if (*at == ':') {
		port_len = strspn(++at, "0123456789");
		unsigned long port = port_len <= 5 ? strtoul(at, NULL, 10) : 0;
		if (at[0] == '0' || port == 0 || port > UINT16_MAX)
			return false;
		url->port = (uint16_t)port;
		at += port_len;
	}
	if (*at != '/' || at + strspn(at, path_chars) != text + len || strstr(at, "/.") != NULL)
		return false;
	memcpy(host, text + n_scheme, n_host);
	host[n_host] = '\0';
	if (!read_host(host, url))
		return false;
	url->text = xstrndup(text, len);
	return true;
}

enum url_fault url_parse(const char *text, size_t len, struct url *ret_url)
{
	struct url url = {0};

	if (len > FILE_MAX_URL)
		return URL_TOO_LONG;
	if (memchr(text, '\0', len) != NULL)
		return URL_MALFORMED;
	AUTO_FREE char *copy = xstrndup(text, len);
	if (read_plain(copy, len, &url)) {
		*ret_url = url;
		return URL_GOOD;
	}
	url = (struct url){0};
	CURLU *u = curl_url();
	if (u == NULL)
		return URL_MALFORMED;
	CURLUcode code =
	    curl_url_set(u, CURLUPART_URL, copy, CURLU_NON_SUPPORT_SCHEME | CURLU_DISALLOW_USER);
	enum url_fault fault = code == CURLUE_OK                 ? read_parts(u, copy, &url)
			       : code == CURLUE_USER_NOT_ALLOWED ? URL_USER
								 : URL_MALFORMED;
	curl_url_cleanup(u);
	if (fault == URL_GOOD)
		*ret_url = url;
	else
		url_done(&url);
	return fault;
}

void url_done(struct url *url)
{
	free(url->text);
	free(url->host);
	url->text = url->host = NULL;
}
