/* Names. ASCII, the common case, is never converted. */
#include "model/target.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/alloc.h"
#include "model/idn.h"

static const char *skip_to_label_end(const char *p, const char *end)
{
	while (p < end && *p != '.')
		p++;
	return p;
}

static bool starts_with_ace(const char *label, size_t len)
{
	return len >= 4 && memcmp(label, "xn--", 4) == 0;
}

/* Check the labels of lower-case ASCII text. */
static bool has_good_labels(const char *name, size_t len)
{
	const char *end = name + len;

	for (const char *label = name;; label++) {
		const char *dot = skip_to_label_end(label, end);
		if (dot == label || dot - label > TARGET_LABEL_MAX)
			return false;
		if (dot == end)
			return true;
		label = dot;
	}
}

/* An address of the form 192.0.2.1 is no name, whatever the DNS would say. */
static bool is_address(const char *name)
{
	return name[0] >= '0' && name[0] <= '9' &&
	       inet_pton(AF_INET, name, &(struct in_addr){0}) == 1;
}

/* Lower-case and check each byte: all that can be seen may be part of a label (RFC 2181 section
 * 11), but for what has a meaning in text: `"` and `\`, and `:` and `@`, by which URLs, IPv6
 * addresses and mail addresses are known. */
static bool copy_lower(const char *input, size_t len, char *ret_name)
{
	for (size_t i = 0; i < len; i++) {
		char c = input[i];
		if (c <= ' ' || c > '~' || c == '"' || c == '\\' || c == ':' || c == '@')
			return false;
		ret_name[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	ret_name[len] = '\0';
	return true;
}

/* Convert a name in another script; returns its length. */
static size_t convert_idn(const char *input, size_t len, char ret_name[static TARGET_MAX + 1])
{
	AUTO_FREE char *ascii = idn_to_ascii(input, len);
	size_t n = ascii != NULL ? strlen(ascii) : 0;

	return n <= TARGET_MAX && n > 0 && copy_lower(ascii, n, ret_name) ? n : 0;
}

size_t target_normalise(const char *input, size_t len, char ret_name[static TARGET_MAX + 1])
{
	bool has_dot = len > 0 && input[len - 1] == '.';

	len -= has_dot;
	if (len == 0 || len > TARGET_INPUT_MAX)
		return 0;
	if (len > TARGET_MAX || !copy_lower(input, len, ret_name)) {
		len = convert_idn(input, len, ret_name);
		/* an ideographic full stop became a dot */
		if (!has_dot && len > 0 && ret_name[len - 1] == '.')
			ret_name[--len] = '\0';
	}
	return len > 0 && has_good_labels(ret_name, len) && !is_address(ret_name) ? len : 0;
}

bool target_is_host_name(const char *name)
{
	size_t len = strlen(name);

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != len || name[0] == '-' ||
	    name[len - 1] == '-' || strstr(name, ".-") != NULL || strstr(name, "-.") != NULL)
		return false;
	while (len > 0 && name[len - 1] >= '0' && name[len - 1] <= '9')
		len--;
	return len > 0 && name[len - 1] != '.'; /* a number at the end is no host (RFC 1123) */
}

/* Find the next A-label at or behind `at`; `end` when there is none. */
static const char *find_a_label(const char *at, const char *end, size_t *ret_len)
{
	for (; at < end; at++) {
		const char *dot = skip_to_label_end(at, end);
		*ret_len = (size_t)(dot - at);
		if (starts_with_ace(at, *ret_len))
			return at;
		at = dot;
	}
	return end;
}

bool target_is_idn(const char *name, size_t len)
{
	return find_a_label(name, name + len, &(size_t){0}) < name + len;
}

bool target_is_idna2008(const char *name, size_t len)
{
	const char *end = name + len;
	size_t n = 0;

	for (const char *at = name; (at = find_a_label(at, end, &n)) < end; at += n) {
		if (!idn_is_allowed(at, n))
			return false;
	}
	return true;
}

char *target_to_unicode(const char *name)
{
	return target_is_idn(name, strlen(name)) ? idn_to_unicode(name) : NULL;
}
