/* Linear search: there are few names and origins. */
#include "http/access.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Copy the host of `host[:port]` without brackets and the final dot; false when it is none. */
static bool read_host(const char *header, char *ret_host, size_t size)
{
	bool is_bracketed = *header == '[';
	size_t len = is_bracketed ? strcspn(++header, "]") : strcspn(header, ":");
	const char *rest = header + len;

	if (is_bracketed && *rest++ == '\0')
		return false;
	if (*rest == ':')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (*rest != '\0' || len == 0 || len >= size)
		return false;
	memcpy(ret_host, header, len);
	if (len > 1 && ret_host[len - 1] == '.')
		len--;
	ret_host[len] = '\0';
	return true;
}

bool access_allows_host(
    const struct access *access, const char *header, const struct address *local)
{
	char host[256];
	struct endpoint e;

	if (!read_host(header, host, sizeof(host)))
		return false;
	if (strcasecmp(host, "localhost") == 0)
		return true;
	for (size_t i = 0; i < access->n_hosts; i++) {
		if (strcasecmp(access->hosts[i], host) == 0)
			return true;
	}
	return endpoint_parse(host, 1, &e) && e.port == 1 && e.address.is_v6 == local->is_v6 &&
	       memcmp(e.address.bytes, local->bytes, local->is_v6 ? 16 : 4) == 0;
}

bool access_allows_origin(const struct access *access, const char *origin)
{
	for (size_t i = 0; i < access->n_origins; i++) {
		if (strcasecmp(access->origins[i], origin) == 0)
			return true;
	}
	return false;
}

void access_done(struct access *access)
{
	tokens_free(access->tokens);
	for (size_t i = 0; i < access->n_hosts; i++)
		free(access->hosts[i]);
	for (size_t i = 0; i < access->n_origins; i++)
		free(access->origins[i]);
	*access = (struct access){.tokens = NULL};
}
