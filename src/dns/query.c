/* Writing a question. */
#include "dns/query.h"

#include <string.h>

static void put_u16(uint8_t **at, unsigned value)
{
	*(*at)++ = (uint8_t)(value >> 8);
	*(*at)++ = (uint8_t)value;
}

/* Copy the name, each letter in a case of its own. The lengths of labels are no letters. */
static void put_name(uint8_t **at, const struct dns_name *name, const uint8_t *case_bits)
{
	memcpy(*at, name->bytes, name->len);
	for (size_t i = 0; case_bits != NULL && i < name->len; i++) {
		uint8_t *c = *at + i, low = (uint8_t)(*c | 0x20);
		if (low >= 'a' && low <= 'z')
			*c = (case_bits[i / 8] >> i % 8 & 1) != 0 ? (uint8_t)(low & ~0x20) : low;
	}
	*at += name->len;
}

static void put_opt(uint8_t **at, const uint8_t *cookie, uint8_t n_cookie)
{
	enum { OPTION_COOKIE = 10 };

	*(*at)++ = 0;
	put_u16(at, DNS_OPT);
	put_u16(at, DNS_UDP_SIZE);
	put_u16(at, 0);
	put_u16(at, 0);
	put_u16(at, n_cookie > 0 ? 4U + n_cookie : 0);
	if (n_cookie == 0)
		return;
	put_u16(at, OPTION_COOKIE);
	put_u16(at, n_cookie);
	memcpy(*at, cookie, n_cookie);
	*at += n_cookie;
}

size_t dns_query_write(
    const struct dns_query *q, uint8_t ret_bytes[static DNS_QUERY_MAX], size_t *ret_question_end)
{
	uint8_t *at = ret_bytes;

	put_u16(&at, q->id);
	put_u16(&at, q->flags);
	put_u16(&at, 1);
	put_u16(&at, 0);
	put_u16(&at, 0);
	put_u16(&at, q->has_edns ? 1 : 0);
	put_name(&at, q->name, q->case_bits);
	put_u16(&at, q->type);
	put_u16(&at, DNS_CLASS_IN);
	*ret_question_end = (size_t)(at - ret_bytes);
	if (q->has_edns)
		put_opt(&at, q->cookie, q->n_cookie);
	return (size_t)(at - ret_bytes);
}
