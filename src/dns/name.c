/* Domain names. */
#include "dns/name.h"

#include <string.h>

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

/* Read a character of a label, which may be escaped. */
static bool read_char(const char **at, const char *end, uint8_t *ret_char)
{
	const char *p = *at;

	if (*p != '\\') {
		*ret_char = (uint8_t)*p;
		*at = p + 1;
		return true;
	}
	if (++p == end)
		return false;
	if (*p < '0' || *p > '9') {
		*ret_char = (uint8_t)*p;
		*at = p + 1;
		return true;
	}
	int value = 0;
	for (int i = 0; i < 3; i++, p++) {
		if (p == end || *p < '0' || *p > '9')
			return false;
		value = value * 10 + (*p - '0');
	}
	*ret_char = (uint8_t)value;
	*at = p;
	return value <= UINT8_MAX;
}

bool dns_name_from_text(const char *text, size_t len, struct dns_name *ret_name)
{
	const char *at = text, *end = text + len;
	struct dns_name n = {0};
	size_t label = 0, used = 1; /* where the label's length stands, and what is written */

	if (len == 0)
		return false;
	if (len == 1 && *text == '.')
		at = end;
	while (at < end) {
		if (*at == '.') {
			if (used == label + 1)
				return false;
			n.bytes[label] = (uint8_t)(used - label - 1);
			label = used++;
			at++;
		} else if (used - label > DNS_LABEL_MAX || used >= DNS_NAME_MAX ||
			   !read_char(&at, end, &n.bytes[used++])) {
			return false;
		}
		if (used > DNS_NAME_MAX)
			return false;
	}
	if (used > label + 1) { /* no final dot */
		n.bytes[label] = (uint8_t)(used - label - 1);
		if (++used > DNS_NAME_MAX)
			return false;
		n.bytes[used - 1] = 0;
	}
	n.len = (uint8_t)used;
	*ret_name = n;
	return true;
}

static void format_char(uint8_t c, struct buf *b)
{
	if (c <= ' ' || c >= 0x7f)
		buf_addf(b, "\\%03u", c);
	else if (strchr(".;()\\\"@$", c) != NULL)
		buf_addf(b, "\\%c", c);
	else
		buf_add_char(b, (char)lower(c));
}

void dns_name_format(const struct dns_name *name, struct buf *b)
{
	size_t at = 0;

	if (name->len <= 1)
		buf_add_char(b, '.');
	while (at < name->len && name->bytes[at] > 0) {
		size_t end = at + 1 + name->bytes[at];
		for (at++; at < end && at < name->len; at++)
			format_char(name->bytes[at], b);
		buf_add_char(b, '.');
	}
}

/* Lengths of labels are no letters. */
static bool same_bytes(const uint8_t *a, const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (lower(a[i]) != lower(b[i]))
			return false;
	}
	return true;
}

bool dns_name_equal(const struct dns_name *a, const struct dns_name *b)
{
	return a->len == b->len && same_bytes(a->bytes, b->bytes, a->len);
}

bool dns_name_is_under(const struct dns_name *name, const struct dns_name *zone)
{
	size_t at = 0;

	while (name->len - at > zone->len)
		at += 1U + name->bytes[at];
	return name->len - at == zone->len && same_bytes(name->bytes + at, zone->bytes, zone->len);
}

static bool is_pointer(uint8_t length)
{
	return (length & 0xc0) == 0xc0;
}

static size_t pointer_target(const uint8_t *message, size_t at)
{
	return (size_t)(message[at] & 0x3f) << 8 | message[at + 1];
}

bool dns_name_read(const uint8_t *message, size_t len, size_t *at, struct dns_name *ret_name)
{
	size_t p = *at, behind = 0, used = 0, lowest = p;
	int n_hops = 0;

	for (;;) {
		if (p >= len)
			return false;
		uint8_t length = message[p];
		if (is_pointer(length)) {
			if (p + 1 >= len || ++n_hops > DNS_MAX_HOPS)
				return false;
			behind = behind > 0 ? behind : p + 2;
			p = pointer_target(message, p);
			if (p >= lowest)
				return false;
			lowest = p;
			continue;
		}
		if (length > DNS_LABEL_MAX || p + 1 + length > len ||
		    used + 1 + length > DNS_NAME_MAX)
			return false;
		if (ret_name != NULL)
			memcpy(ret_name->bytes + used, message + p, 1U + length);
		used += 1U + length;
		p += 1U + length;
		if (length == 0)
			break;
	}
	if (ret_name != NULL)
		ret_name->len = (uint8_t)used;
	*at = behind > 0 ? behind : p;
	return true;
}

/* Follow pointers until a label. */
static size_t label_at(const uint8_t *message, size_t at, unsigned *budget)
{
	while (is_pointer(message[at]) && *budget > 0) {
		at = pointer_target(message, at);
		(*budget)--;
	}
	return at;
}

bool dns_name_same(const uint8_t *message, size_t a, size_t b, unsigned *budget)
{
	for (;;) {
		a = label_at(message, a, budget);
		b = label_at(message, b, budget);
		if (*budget == 0)
			return false;
		(*budget)--;
		if (a == b)
			return true;
		if (!same_bytes(message + a, message + b, 1U + message[a]))
			return false;
		if (message[a] == 0)
			return true;
		a += 1U + message[a];
		b += 1U + message[b];
	}
}
