/* The order in which the addresses of a host are tried (RFC 6724 section 6), by the source address
 * that the kernel would use for each, as getaddrinfo has it. Rules 3, 4 and 7 are left out: the
 * kernel does not choose deprecated addresses where it has others. /etc/gai.conf is not read.
 * Private to this room. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"

/* Find the source address; false: there is no route. */
typedef bool address_source_fn(const struct address *to, struct address *ret_source);

/* Ask the kernel, without a packet being sent. */
bool address_source(const struct address *to, struct address *ret_source);

/* Sort up to ADDRESSES_MAX addresses; equal ones, and those past that number, stay as they are. */
enum { ADDRESSES_MAX = 32 };
void addresses_sort(struct address *addresses, size_t n, address_source_fn *find_source);
