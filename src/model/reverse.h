/* Reverse names: `1.2.0.192.in-addr.arpa` of addresses (RFC 1035 section 3.5, RFC 3596
 * section 2.5), and of all addresses of a block. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/address.h"
#include "model/target.h"

/* A block, and how far a walk through it has come. */
struct reverse_block {
	struct address next; /* zero bits behind the prefix at the start */
	uint64_t n_left;     /* UINT64_MAX: so many or more */
};

/* Read an address or a block, `192.0.2.0/24` or `2001:db8::/120`. False when it is neither, or has
 * bits set behind its prefix. */
bool reverse_parse(const char *text, struct reverse_block *ret_block);

/* Write the reverse name of the next address; returns its length, 0 at the end. */
size_t reverse_next(struct reverse_block *block, char ret_name[static TARGET_MAX + 1]);
