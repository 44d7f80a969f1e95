/* The authority of a URL. */
#include "http/authority.h"

#include <arpa/inet.h>
#include <string.h>

enum { MAX_NAME = 255, MAX_PORT = 65535 };

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

static size_t name_len(struct slice text)
{
	size_t n = 0;

	while (n < text.len && is_name_char(text.data[n]))
		n++;
	return n <= MAX_NAME ? n : 0;
}

/* The length of an address in brackets, or 0. */
static size_t literal_len(struct slice text)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr parsed;
	const char *end = memchr(text.data, ']', text.len);

	if (end == NULL || (size_t)(end - text.data) > sizeof(address))
		return 0;
	size_t n = (size_t)(end - text.data) - 1;
	memcpy(address, text.data + 1, n);
	address[n] = '\0';
	if (memchr(address, '\0', n) != NULL || inet_pton(AF_INET6, address, &parsed) != 1)
		return 0;
	return n + 2;
}

bool authority_is_valid(struct slice text)
{
	unsigned port = 0;

	if (text.len == 0)
		return false;
	size_t n = text.data[0] == '[' ? literal_len(text) : name_len(text);
	if (n == 0 || (n < text.len && text.data[n] != ':'))
		return false;
	for (n++; n < text.len; n++) {
		if (text.data[n] < '0' || text.data[n] > '9')
			return false;
		port = port * 10 + (unsigned)(text.data[n] - '0');
		if (port > MAX_PORT)
			return false;
	}
	return true;
}
