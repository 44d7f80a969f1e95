/* Reverse names. */
#include "model/reverse.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"

static unsigned n_bits(const struct address *a)
{
	return a->is_v6 ? 128 : 32;
}

/* Say whether all bits from `first` on are 0. */
static bool is_zero_from(const struct address *a, unsigned first)
{
	for (unsigned bit = first; bit < n_bits(a); bit++) {
		if ((a->bytes[bit / 8] >> (7 - bit % 8) & 1) != 0)
			return false;
	}
	return true;
}

bool reverse_parse(const char *text, struct reverse_block *ret_block)
{
	char address[ADDRESS_TEXT_SIZE];
	const char *slash = strchrnul(text, '/');
	size_t len = (size_t)(slash - text);
	struct reverse_block block = {.n_left = 0};
	uint64_t prefix;

	if (len >= sizeof(address))
		return false;
	memcpy(address, text, len);
	address[len] = '\0';
	block.next.is_v6 = strchr(address, ':') != NULL;
	if (inet_pton(block.next.is_v6 ? AF_INET6 : AF_INET, address, block.next.bytes) != 1)
		return false;
	prefix = n_bits(&block.next);
	if (*slash == '/' && str_to_u64(slash + 1, prefix, &prefix) != OK)
		return false;
	unsigned n_host = n_bits(&block.next) - (unsigned)prefix;
	block.n_left = n_host < 64 ? (uint64_t)1 << n_host : UINT64_MAX;
	*ret_block = block;
	return is_zero_from(&block.next, (unsigned)prefix);
}

static size_t format(const struct address *a, char ret_name[static TARGET_MAX + 1])
{
	const uint8_t *b = a->bytes;
	size_t len = 0;

	if (!a->is_v6)
		return (size_t)snprintf(
		    ret_name, TARGET_MAX + 1, "%u.%u.%u.%u.in-addr.arpa", b[3], b[2], b[1], b[0]);
	for (int i = 15; i >= 0; i--)
		len += (size_t)snprintf(
		    ret_name + len, TARGET_MAX + 1 - len, "%x.%x.", b[i] & 15, b[i] >> 4);
	return len + (size_t)snprintf(ret_name + len, TARGET_MAX + 1 - len, "ip6.arpa");
}

size_t reverse_next(struct reverse_block *block, char ret_name[static TARGET_MAX + 1])
{
	struct address *a = &block->next;

	if (block->n_left == 0)
		return 0;
	size_t len = format(a, ret_name);
	block->n_left--;
	for (unsigned i = n_bits(a) / 8; i-- > 0 && ++a->bytes[i] == 0;)
		;
	return len;
}
