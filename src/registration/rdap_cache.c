#include "registration/rdap_cache.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/alloc.h"

enum { MAX_KEY = 1500 };

static const usec_t age_of_registered = 3600 * USEC_PER_SEC, age_of_others = 900 * USEC_PER_SEC;

struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) link; /* the oldest first */
	char *key;               /* owned; of URL and name */
	enum rdap_verdict verdict;
	struct rdap_answer *answer; /* owned; NULL: it has nothing but the verdict */
	uint32_t status;
	usec_t asked_at, duration, came_at;
};

struct rdap_cache {
	struct entry *entries; /* owned */
	TAILQ_HEAD(, entry) ages;
	size_t n, most;
};

static void remove_entry(struct rdap_cache *cache, struct entry *e)
{
	HASH_DEL(cache->entries, e);
	TAILQ_REMOVE(&cache->ages, e, link);
	cache->n--;
	free(e->key);
	free(e->answer);
	free(e);
}

static struct entry *find(
    struct rdap_cache *cache, const char *base_url, const char *name, char key[static MAX_KEY])
{
	struct entry *e;
	int n = snprintf(key, MAX_KEY, "%s %s", base_url, name);

	if (n < 0 || n >= MAX_KEY)
		return NULL;
	HASH_FIND_STR(cache->entries, key, e);
	return e;
}

void rdap_cache_put(struct rdap_cache *cache, const char *base_url, const char *name,
    const struct rdap_memory *memory)
{
	enum rdap_verdict verdict = memory->answer.verdict;
	char key[MAX_KEY];
	struct entry *e = find(cache, base_url, name, key);

	if (verdict == RDAP_UNKNOWN || verdict == RDAP_LIMITED)
		return;
	if (e != NULL)
		remove_entry(cache, e);
	if (cache->n >= cache->most)
		remove_entry(cache, TAILQ_FIRST(&cache->ages));
	e = xcalloc(1, sizeof(*e));
	e->key = xstrdup(key);
	e->verdict = verdict;
	e->status = memory->status;
	e->asked_at = memory->asked_at;
	e->duration = memory->duration;
	e->came_at = memory->came_at;
	if (verdict == RDAP_REGISTERED) {
		e->answer = xmalloc(sizeof(*e->answer));
		*e->answer = memory->answer;
	}
	HASH_ADD_KEYPTR(hh, cache->entries, e->key, strlen(e->key), e);
	TAILQ_INSERT_TAIL(&cache->ages, e, link);
	cache->n++;
}

bool rdap_cache_find(struct rdap_cache *cache, const char *base_url, const char *name,
    usec_t max_age, usec_t now, struct rdap_memory *ret_memory)
{
	char key[MAX_KEY];
	const struct entry *e = find(cache, base_url, name, key);

	if (e == NULL)
		return false;
	usec_t most = e->verdict == RDAP_REGISTERED ? age_of_registered : age_of_others;
	if (max_age <= 0 || now - e->came_at >= (max_age < most ? max_age : most))
		return false;
	if (ret_memory == NULL)
		return true;
	*ret_memory = (struct rdap_memory){.status = e->status,
	    .asked_at = e->asked_at,
	    .duration = e->duration,
	    .came_at = e->came_at};
	if (e->answer != NULL)
		ret_memory->answer = *e->answer;
	else
		ret_memory->answer = (struct rdap_answer){.verdict = e->verdict};
	return true;
}

size_t rdap_cache_count(const struct rdap_cache *cache)
{
	return cache->n;
}

struct rdap_cache *rdap_cache_new(size_t most)
{
	struct rdap_cache *cache = xcalloc(1, sizeof(*cache));

	TAILQ_INIT(&cache->ages);
	cache->most = most;
	return cache;
}

void rdap_cache_free(struct rdap_cache *cache)
{
	struct entry *e;

	while ((e = TAILQ_FIRST(&cache->ages)) != NULL)
		remove_entry(cache, e);
	free(cache);
}
