/* Answers of RDAP servers about names, kept for a while: an hour where the name is registered, else
 * a quarter of an hour, as long as resolvers keep NXDOMAIN at most. Answers that say nothing are
 * not kept. The oldest go first when there are too many. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "registration/rdap.h"

struct rdap_cache;

/* What was answered, and when. */
struct rdap_memory {
	struct rdap_answer answer;
	uint32_t status;          /* of HTTP */
	usec_t asked_at;          /* wall */
	usec_t duration, came_at; /* came_at: monotonic */
};

struct rdap_cache *rdap_cache_new(size_t most);
void rdap_cache_free(struct rdap_cache *cache);

/* Keep an answer about `name` of the server with this base URL, if it is of a kind that is kept. */
void rdap_cache_put(struct rdap_cache *cache, const char *base_url, const char *name,
    const struct rdap_memory *memory);

/* Find an answer that is no older than `max_age`; false: there is none. ret_memory may be NULL. */
bool rdap_cache_find(struct rdap_cache *cache, const char *base_url, const char *name,
    usec_t max_age, usec_t now, struct rdap_memory *ret_memory);

size_t rdap_cache_count(const struct rdap_cache *cache);
