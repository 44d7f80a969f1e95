/*
 * Names by hash: the FNV-1a functions that the rules are computed from, and a set of 64-bit hashes
 * with open addressing. The set doubles at three quarters full and stops growing at 2^24 slots
 * (128 MiB); from then on an unknown name counts as seen.
 */
#include "dns_names.h"

#include <stdlib.h>

enum { FIRST_BITS = 12, LAST_BITS = 24 };

struct dns_names {
	uint64_t *slots; /* owned; 0 is an empty slot */
	size_t n;
	unsigned bits;
};

uint32_t dns_hash32(const char *name, size_t n)
{
	uint32_t hash = 2166136261u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)name[i]) * 16777619u;
	return hash;
}

uint64_t dns_hash64(const char *name, size_t n)
{
	uint64_t hash = 14695981039346656037u;

	for (size_t i = 0; i < n; i++)
		hash = (hash ^ (unsigned char)name[i]) * 1099511628211u;
	return hash;
}

size_t dns_hash_slot(uint64_t hash, unsigned bits)
{
	return (size_t)((hash * 11400714819323198485u) >> (64 - bits));
}

struct dns_names *dns_names_new(void)
{
	struct dns_names *names = calloc(1, sizeof(*names));

	if (names == NULL)
		return NULL;
	names->bits = FIRST_BITS;
	names->slots = calloc((size_t)1 << names->bits, sizeof(*names->slots));
	if (names->slots == NULL) {
		free(names);
		return NULL;
	}
	return names;
}

void dns_names_free(struct dns_names *names)
{
	if (names == NULL)
		return;
	free(names->slots);
	free(names);
}

/* Finds the slot that holds the hash, or the empty one where it belongs. */
static uint64_t *find_slot(uint64_t *slots, unsigned bits, uint64_t hash)
{
	size_t mask = ((size_t)1 << bits) - 1;
	size_t i = dns_hash_slot(hash, bits);

	while (slots[i] != 0 && slots[i] != hash)
		i = (i + 1) & mask;
	return &slots[i];
}

static bool grow(struct dns_names *names)
{
	size_t n_old = (size_t)1 << names->bits;
	uint64_t *slots;

	if (names->bits >= LAST_BITS)
		return false;
	slots = calloc(n_old * 2, sizeof(*slots));
	if (slots == NULL)
		return false;
	for (size_t i = 0; i < n_old; i++) {
		if (names->slots[i] != 0)
			*find_slot(slots, names->bits + 1, names->slots[i]) = names->slots[i];
	}
	free(names->slots);
	names->slots = slots;
	names->bits++;
	return true;
}

bool dns_names_add(struct dns_names *names, uint64_t hash)
{
	uint64_t *slot;

	hash = hash == 0 ? 1 : hash;
	slot = find_slot(names->slots, names->bits, hash);
	if (*slot == hash)
		return false;
	if (names->n >= ((size_t)3 << names->bits) / 4) {
		if (!grow(names))
			return false;
		slot = find_slot(names->slots, names->bits, hash);
	}
	*slot = hash;
	names->n++;
	return true;
}

size_t dns_names_count(const struct dns_names *names)
{
	return names->n;
}
