/* The levels that were sampled, and what was seen there. */
#include "check/wildcards.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <uthash.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/random.h"
#include "dns/rdata.h"
#include "loop/loop.h"

#define KEEP        (600 * USEC_PER_SEC) /* what was sampled */
#define KEEP_FAILED (5 * USEC_PER_SEC)
#define RETRY       (20 * USEC_PER_MSEC) /* when the engine has no room */

enum {
	MAX_LEVELS = 16384, /* more than checks, so that one without waits can always go */
	MAX_SEEN = 128,
	MAX_SAMPLES = 24,
	FIRST_SAMPLES = 3,
	QUIET_SAMPLES = 4,
	LABEL_LETTERS = 12
};

/* A piece of an answer, as a hash. One of 0 stands for an answer without pieces. */
struct sight {
	uint64_t hash;
	uint16_t type;
};

/* Samples of a parent and a type. */
struct level {
	UT_hash_handle hh;
	XXH128_hash_t key;
	TAILQ_ENTRY(level) age;    /* the one that was used longest ago in front */
	TAILQ_ENTRY(level) wanted; /* while it has waits */
	bool is_wanted;
	struct wildcards *wildcards;
	LIST_HEAD(, wildcard_wait) waits;
	struct dns_lookup *lookup; /* a sample under way, or NULL */
	uint16_t type;
	usec_t expires_at;           /* 0: there is no sample */
	unsigned n_samples, n_quiet; /* quiet: the last ones, which brought nothing new */
	bool is_failed, is_rotating;
	size_t n_seen;
	uint64_t *seen; /* owned; NULL: the first sample had no answer */
};

struct wildcards {
	struct dns_engine *dns; /* borrowed */
	struct level *levels;
	TAILQ_HEAD(, level) ages;
	TAILQ_HEAD(, level) wanted;
	struct timer retry;
	uint64_t seed;
};

/* --- What an answer says --- */

static void add_sight(struct buf *seen, const struct dns_answer *a, const char *text, size_t len)
{
	struct sight s = {.type = a->message->qtype, .hash = XXH3_64bits(text, len) | 1};

	buf_add(seen, &s, sizeof(s));
}

/* The first CNAME counts, unless it only replaces what is behind the first label. */
static bool note_cname(struct buf *seen, const struct dns_answer *a)
{
	const struct dns_message *m = a->message;
	size_t at = DNS_HEADER_SIZE, target_at = a->n_chain > 0 ? a->chain[0] : 0;
	struct dns_name owner, target;
	struct buf text;

	if (a->n_chain == 0 || !dns_name_read(m->bytes, m->len, &at, &owner) ||
	    !dns_name_read(m->bytes, m->len, &target_at, &target))
		return false;
	buf_init(&text, 4 * DNS_NAME_MAX);
	buf_add_str(&text, "CNAME ");
	dns_name_format(&target, &text);
	bool is_kept = owner.bytes[0] == target.bytes[0] &&
		       strncasecmp((const char *)owner.bytes + 1, (const char *)target.bytes + 1,
			   owner.bytes[0]) == 0;
	if (!is_kept)
		add_sight(seen, a, text.data, text.len);
	buf_done(&text);
	return !is_kept;
}

void wildcards_note(struct buf *seen, const struct dns_answer *a)
{
	struct dns_cursor cursor = {0};
	struct dns_record record;
	struct sight none = {.type = a->message->qtype};
	struct buf text;

	if (note_cname(seen, a))
		return;
	if (a->outcome != DNS_DATA) {
		buf_add(seen, &none, sizeof(none));
		return;
	}
	buf_init(&text, 128 * 1024);
	while (dns_answer_next(a, &cursor, &record)) {
		buf_clear(&text);
		dns_rdata_format(a->message, &record, &text);
		add_sight(seen, a, text.data, text.len);
	}
	buf_done(&text);
}

static bool has_seen(const struct level *l, uint64_t hash)
{
	for (size_t i = 0; i < l->n_seen; i++) {
		if (l->seen[i] == hash)
			return true;
	}
	return false;
}

/* --- Samples --- */

static void want(struct level *l, bool is_wanted)
{
	if (is_wanted && !l->is_wanted)
		TAILQ_INSERT_TAIL(&l->wildcards->wanted, l, wanted);
	if (!is_wanted && l->is_wanted)
		TAILQ_REMOVE(&l->wildcards->wanted, l, wanted);
	l->is_wanted = is_wanted;
}

/* Add what a sample brought. It is unlike the first if it has something new or lacks something. */
static void add_sample(struct level *l, const struct buf *sights)
{
	size_t n = sights->len / sizeof(struct sight), n_before = l->n_seen, n_found = 0;

	l->n_samples++;
	for (size_t i = 0; i < n; i++) {
		struct sight s;
		memcpy(&s, sights->data + i * sizeof(s), sizeof(s));
		if (s.hash == 0)
			continue;
		n_found++;
		if (l->n_seen == MAX_SEEN || has_seen(l, s.hash))
			continue;
		if (l->seen == NULL)
			l->seen = xcalloc(MAX_SEEN, sizeof(*l->seen));
		l->seen[l->n_seen++] = s.hash;
	}
	l->n_quiet = l->n_seen == n_before ? l->n_quiet + 1 : 0;
	if (l->n_samples > 1 && (l->n_seen > n_before || n_found < l->n_seen))
		l->is_rotating = true;
}

static void forget_samples(struct level *l)
{
	free(TAKE(l->seen));
	l->n_seen = l->n_samples = l->n_quiet = 0;
	l->is_failed = l->is_rotating = false;
	l->expires_at = 0;
}

static void on_sampled(const struct dns_result *result, void *arg)
{
	struct level *l = arg;
	LIST_HEAD(, wildcard_wait) waits;
	struct wildcard_wait *wait;
	struct buf sights;

	l->lookup = NULL;
	buf_init(&sights, 8 * MAX_SEEN * sizeof(struct sight));
	l->is_failed = result->outcome != DNS_DATA && result->outcome != DNS_NODATA &&
		       result->outcome != DNS_NXDOMAIN;
	if (!l->is_failed) {
		wildcards_note(&sights, result->answer);
		add_sample(l, &sights);
	}
	buf_done(&sights);
	l->expires_at = clock_mono() + (l->is_failed ? KEEP_FAILED : KEEP);
	LIST_INIT(&waits); /* those that wait now, not those that will again */
	while ((wait = LIST_FIRST(&l->waits)) != NULL) {
		LIST_REMOVE(wait, link);
		LIST_INSERT_HEAD(&waits, wait, link);
	}
	want(l, false);
	while ((wait = LIST_FIRST(&waits)) != NULL) {
		LIST_REMOVE(wait, link);
		wait->level = NULL;
		wait->on_sample(wait->arg);
	}
}

/* A random label beside the name's first one; false when there is no room for it. */
static bool make_sample(const char *name, struct dns_name *ret_name)
{
	struct dns_name own;

	if (!dns_name_from_text(name, strlen(name), &own))
		return false;
	size_t n_parent = own.len - own.bytes[0] - 1U;
	if (n_parent + LABEL_LETTERS + 1 > DNS_NAME_MAX)
		return false;
	random_bytes(ret_name->bytes + 1, LABEL_LETTERS);
	for (int i = 1; i <= LABEL_LETTERS; i++)
		ret_name->bytes[i] = (uint8_t)('a' + ret_name->bytes[i] % 26);
	ret_name->bytes[0] = LABEL_LETTERS;
	memcpy(ret_name->bytes + LABEL_LETTERS + 1, own.bytes + own.bytes[0] + 1, n_parent);
	ret_name->len = (uint8_t)(LABEL_LETTERS + 1 + n_parent);
	return true;
}

static void take_sample(struct level *l)
{
	const struct wildcard_wait *wait = LIST_FIRST(&l->waits);
	struct dns_name name;

	if (wait == NULL || l->lookup != NULL || !make_sample(wait->name, &name))
		return;
	l->lookup = dns_lookup_start(l->wildcards->dns,
	    &(struct dns_question){.name = &name,
		.type = l->type,
		.flags = DNS_FLAG_RD,
		.timeout = wait->timeout,
		.attempts = wait->attempts},
	    on_sampled, l);
	if (l->lookup == NULL)
		timer_start(&l->wildcards->retry, RETRY);
}

static void on_retry(void *arg)
{
	struct wildcards *w = arg;
	struct level *l;

	TAILQ_FOREACH (l, &w->wanted, wanted)
		take_sample(l);
}

/* --- Levels --- */

static void free_level(struct level *l)
{
	struct wildcards *w = l->wildcards;

	if (l->lookup != NULL)
		dns_lookup_cancel(l->lookup);
	HASH_DEL(w->levels, l);
	TAILQ_REMOVE(&w->ages, l, age);
	free(l->seen);
	free(l);
}

/* Make room for one more level: those with waits are never as many as there may be. */
static void evict(struct wildcards *w)
{
	struct level *l, *next;

	for (l = TAILQ_FIRST(&w->ages); l != NULL && HASH_COUNT(w->levels) >= MAX_LEVELS;
	     l = next) {
		next = TAILQ_NEXT(l, age);
		if (!l->is_wanted)
			free_level(l);
	}
}

static struct level *get_level(struct wildcards *w, const char *name, uint16_t type)
{
	const char *dot = strchr(name, '.'), *parent = dot != NULL ? dot + 1 : "";
	XXH128_hash_t key = XXH3_128bits_withSeed(parent, strlen(parent), w->seed + type);
	struct level *l;

	HASH_FIND(hh, w->levels, &key, sizeof(key), l);
	if (l == NULL) {
		evict(w);
		l = xcalloc(1, sizeof(*l));
		l->key = key;
		l->type = type;
		l->wildcards = w;
		HASH_ADD(hh, w->levels, key, sizeof(l->key), l);
	} else {
		TAILQ_REMOVE(&w->ages, l, age);
	}
	TAILQ_INSERT_TAIL(&w->ages, l, age);
	if (l->expires_at > 0 && l->expires_at <= clock_mono() && !l->is_wanted && !l->lookup)
		forget_samples(l);
	return l;
}

/* --- The verdict --- */

/* Count what was seen of the level's type, and what of it its samples have, too. */
static size_t count_sights(const struct level *l, const struct buf *seen, size_t *ret_n_known)
{
	size_t n = 0;
	struct sight s;

	*ret_n_known = 0;
	for (size_t at = 0; at < seen->len; at += sizeof(s)) {
		memcpy(&s, seen->data + at, sizeof(s));
		if (s.type != l->type || s.hash == 0)
			continue;
		n++;
		*ret_n_known += has_seen(l, s.hash) ? 1 : 0;
	}
	return n;
}

/* Judge the answer for the level's type. */
static enum wildcard judge_type(const struct level *l, const struct buf *seen)
{
	size_t n_known, n = count_sights(l, seen, &n_known);

	if (l->n_samples == 0)
		return l->is_failed ? WILDCARD_UNKNOWN : WILDCARD_PENDING;
	if (n == 0) /* the wildcard has this type, and the name does not, or neither has it */
		return l->seen != NULL ? WILDCARD_NO : WILDCARD_YES;
	if (l->seen == NULL)
		return WILDCARD_NO;
	if (n_known == n)
		return WILDCARD_YES;
	if (l->is_failed)
		return WILDCARD_UNKNOWN;
	if (l->n_samples < FIRST_SAMPLES)
		return WILDCARD_PENDING;
	if (l->n_seen == MAX_SEEN)
		return n_known > 0 ? WILDCARD_YES : WILDCARD_UNKNOWN;
	if (!l->is_rotating || l->n_quiet >= QUIET_SAMPLES)
		return WILDCARD_NO;
	if (l->n_samples < MAX_SAMPLES)
		return WILDCARD_PENDING;
	return n_known > 0 ? WILDCARD_YES : WILDCARD_UNKNOWN;
}

enum wildcard wildcards_judge(
    struct wildcards *w, const struct buf *seen, struct wildcard_wait *wait)
{
	enum wildcard verdict = WILDCARD_YES;
	struct level *l = NULL;
	struct dns_name name;
	struct sight s;

	if (!make_sample(wait->name, &name))
		return WILDCARD_UNKNOWN;
	for (size_t at = 0; at < seen->len; at += sizeof(s)) {
		memcpy(&s, seen->data + at, sizeof(s));
		if (l != NULL && l->type == s.type)
			continue;
		l = get_level(w, wait->name, s.type);
		enum wildcard of_type = judge_type(l, seen);
		if (of_type == WILDCARD_NO)
			return WILDCARD_NO;
		if (of_type == WILDCARD_UNKNOWN)
			verdict = WILDCARD_UNKNOWN;
		if (of_type == WILDCARD_PENDING) {
			LIST_INSERT_HEAD(&l->waits, wait, link);
			wait->level = l;
			want(l, true);
			take_sample(l);
			return WILDCARD_PENDING;
		}
	}
	return verdict;
}

size_t wildcards_n_levels(const struct wildcards *w)
{
	return HASH_COUNT(w->levels);
}

void wildcards_stop(struct wildcard_wait *wait)
{
	struct level *l = wait->level;

	if (l == NULL)
		return;
	LIST_REMOVE(wait, link);
	wait->level = NULL;
	if (LIST_EMPTY(&l->waits))
		want(l, false);
}

struct wildcards *wildcards_new(struct loop *loop, struct dns_engine *dns)
{
	struct wildcards *w = xcalloc(1, sizeof(*w));

	w->dns = dns;
	TAILQ_INIT(&w->ages);
	TAILQ_INIT(&w->wanted);
	timer_init(&w->retry, loop, on_retry, w);
	random_bytes(&w->seed, sizeof(w->seed));
	return w;
}

void wildcards_free(struct wildcards *w)
{
	struct level *l;

	if (w == NULL)
		return;
	timer_cancel(&w->retry);
	while ((l = TAILQ_FIRST(&w->ages)) != NULL)
		free_level(l);
	free(w);
}
