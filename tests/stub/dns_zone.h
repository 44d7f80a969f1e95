/* The zone file of the stub: names with fixed answers. Read once at start; one thread. */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most addresses of one family that a name may have. */
#define DNS_ZONE_MAX_ADDRESSES 32

struct dns_zone; /* opaque */

struct dns_zone_entry {
	char *name; /* owned by the zone; lower-cased, no trailing dot */
	size_t n_name;
	bool is_absent; /* NXDOMAIN: then there is no address */
	size_t n_a;
	size_t n_aaaa;
	struct in_addr a[DNS_ZONE_MAX_ADDRESSES];
	struct in6_addr aaaa[DNS_ZONE_MAX_ADDRESSES];
};

/*
 * Read a zone file. Returns the zone, which the caller owns, or NULL after having written one line
 * `PATH:LINE: what is wrong` (or `PATH: ...` when it can't be opened) to stderr.
 */
struct dns_zone *dns_zone_load(const char *path);

/* Free the zone and its entries; NULL is fine. */
void dns_zone_free(struct dns_zone *zone);

/*
 * Find a lower-cased name of `n` bytes by its dns_hash64(). Returns the entry, borrowed from the
 * zone, or NULL when the zone does not know the name. A NULL zone knows none.
 */
const struct dns_zone_entry *dns_zone_find(
    const struct dns_zone *zone, const char *name, size_t n, uint64_t hash);
