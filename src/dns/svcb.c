/* The parameters of SVCB and HTTPS records. */
#include "dns/svcb.h"

#include <arpa/inet.h>
#include <string.h>

enum { MANDATORY, ALPN, NO_DEFAULT_ALPN, PORT, IPV4HINT, ECH, IPV6HINT, DOHPATH, OHTTP };

static const char *const key_names[] = {"mandatory", "alpn", "no-default-alpn", "port", "ipv4hint",
    "ech", "ipv6hint", "dohpath", "ohttp"};

static unsigned get_u16(const uint8_t *at)
{
	return (unsigned)(at[0] << 8 | at[1]);
}

static void add_key(unsigned key, struct buf *b)
{
	if (key < sizeof(key_names) / sizeof(key_names[0]))
		buf_add_str(b, key_names[key]);
	else
		buf_addf(b, "key%u", key);
}

/* Escaped as a string in quotes. In a list of values (RFC 9460 appendix A.1) a comma and a
 * backslash of a value are escaped once more. */
static void add_escaped(const uint8_t *bytes, size_t len, bool is_listed, struct buf *b)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t c = bytes[i];
		if (is_listed && (c == ',' || c == '\\'))
			buf_add_str(b, c == ',' ? "\\\\," : "\\\\\\\\");
		else if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			buf_addf(b, "\\%03u", c);
		else
			buf_add_char(b, (char)c);
	}
}

static bool add_mandatory(const uint8_t *value, size_t len, struct buf *b)
{
	if (len == 0 || len % 2 != 0)
		return false;
	for (size_t i = 0; i < len; i += 2) {
		if (i > 0)
			buf_add_char(b, ',');
		add_key(get_u16(value + i), b);
	}
	return true;
}

static bool add_alpn(const uint8_t *value, size_t len, struct buf *b)
{
	if (len == 0)
		return false;
	buf_add_char(b, '"');
	for (size_t i = 0; i < len; i += 1U + value[i]) {
		if (value[i] == 0 || len - i - 1 < value[i])
			return false;
		if (i > 0)
			buf_add_char(b, ',');
		add_escaped(value + i + 1, value[i], true, b);
	}
	buf_add_char(b, '"');
	return true;
}

static bool add_hints(const uint8_t *value, size_t len, int family, struct buf *b)
{
	char text[INET6_ADDRSTRLEN];
	size_t size = family == AF_INET ? 4 : 16;

	if (len == 0 || len % size != 0)
		return false;
	for (size_t i = 0; i < len; i += size) {
		if (i > 0)
			buf_add_char(b, ',');
		buf_add_str(b, inet_ntop(family, value + i, text, sizeof(text)));
	}
	return true;
}

static void add_base64(const uint8_t *value, size_t len, struct buf *b)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	buf_add_char(b, '"');
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t group = (uint32_t)value[i] << 16 |
				 (uint32_t)(n > 1 ? value[i + 1] : 0) << 8 |
				 (n > 2 ? value[i + 2] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_add_char(b, k <= n ? digits[group >> (18 - 6 * k) & 63] : '=');
	}
	buf_add_char(b, '"');
}

static bool add_value(unsigned key, const uint8_t *value, size_t len, struct buf *b)
{
	switch (key) {
	case MANDATORY:
		return add_mandatory(value, len, b);
	case ALPN:
		return add_alpn(value, len, b);
	case PORT:
		if (len == 2)
			buf_add_u64(b, get_u16(value));
		return len == 2;
	case IPV4HINT:
		return add_hints(value, len, AF_INET, b);
	case IPV6HINT:
		return add_hints(value, len, AF_INET6, b);
	case ECH:
		add_base64(value, len, b);
		return len > 0;
	default:
		buf_add_char(b, '"');
		add_escaped(value, len, false, b);
		buf_add_char(b, '"');
		return true;
	}
}

bool dns_svcb_format(const uint8_t *bytes, size_t len, struct buf *b)
{
	long last = -1;

	for (size_t at = 0; at < len;) {
		if (len - at < 4 || len - at - 4 < get_u16(bytes + at + 2))
			return false;
		unsigned key = get_u16(bytes + at), n = get_u16(bytes + at + 2);
		bool is_flag = key == NO_DEFAULT_ALPN || key == OHTTP;
		if ((long)key <= last || (is_flag && n > 0))
			return false;
		if (at > 0)
			buf_add_char(b, ' ');
		add_key(key, b);
		if (!is_flag && n > 0) {
			buf_add_char(b, '=');
			if (!add_value(key, bytes + at + 4, n, b))
				return false;
		} else if (!is_flag && key <= IPV6HINT) {
			return false;
		}
		last = key;
		at += 4U + n;
	}
	return true;
}
