/* Hashes of names, and the bounded set of the names that were asked. Used by one thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most names that a set remembers; further ones count as seen already. */
#define DNS_NAMES_MAX ((size_t)12 * 1024 * 1024)

struct dns_names; /* opaque: hashes of names, not the names */

/* Hash `n` bytes of a lower-cased name by FNV-1a, 32 bits. The default rule is computed from it. */
uint32_t dns_hash32(const char *name, size_t n);

/* Hash `n` bytes of a lower-cased name by FNV-1a, 64 bits. Names with one such hash are one name.
 */
uint64_t dns_hash64(const char *name, size_t n);

/* Spread a 64-bit hash over a table of 2^bits slots, 1 <= bits <= 63. */
size_t dns_hash_slot(uint64_t hash, unsigned bits);

/* Create an empty set, which the caller owns; NULL when memory is short. */
struct dns_names *dns_names_new(void);

/* Free the set; NULL is fine. */
void dns_names_free(struct dns_names *names);

/* Add a name by its 64-bit hash; true when it was not there. False too when the set is full. */
bool dns_names_add(struct dns_names *names, uint64_t hash);

/* How many names the set holds. */
size_t dns_names_count(const struct dns_names *names);
