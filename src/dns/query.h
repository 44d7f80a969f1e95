/* Writing a question. Thread: any. */
#pragma once

#include "dns/message.h"

enum { DNS_QUERY_MAX = DNS_HEADER_SIZE + DNS_NAME_MAX + 4 + 11 + 4 + DNS_COOKIE_MAX };
enum { DNS_UDP_SIZE = 1232 }; /* what an answer over UDP may have (RFC 6891, DNS flag day 2020) */

struct dns_query {
	const struct dns_name *name; /* borrowed */
	uint16_t type, id, flags;    /* RD, AD, CD */
	bool has_edns;
	const uint8_t *cookie;    /* borrowed; with EDNS only */
	uint8_t n_cookie;         /* 0, 8, or 16 to 40 */
	const uint8_t *case_bits; /* borrowed: 32 random octets that choose the case of letters;
				     NULL: as `name` has it */
};

/* Write the query; returns its length. The question ends at *ret_question_end. */
size_t dns_query_write(
    const struct dns_query *q, uint8_t ret_bytes[static DNS_QUERY_MAX], size_t *ret_question_end);
