#include "check/parents.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/random.h"
#include "check/cut.h"
#include "dns/engine.h"

#define KNOWN_FOR     (900 * USEC_PER_SEC)
#define PROBE_TIMEOUT (2 * USEC_PER_SEC)

enum { MAX_PARENTS = 10000, LABEL_LETTERS = 16, PROBE_ATTEMPTS = 3 };

struct parent {
	UT_hash_handle hh;
	TAILQ_ENTRY(parent) link; /* in parents->known, the oldest first; not while it is asked */
	struct parents *parents;
	struct dns_lookup *lookup; /* under way, or NULL */
	TAILQ_HEAD(, parent_wait) waiting;
	bool is_wild;
	usec_t until; /* what is known holds; by clock_mono */
	char name[];
};

struct parents {
	struct parent *table; /* owned */
	TAILQ_HEAD(, parent) known;
};

static void free_parent(struct parent *parent)
{
	HASH_DEL(parent->parents->table, parent);
	free(parent);
}

struct parents *parents_new(void)
{
	struct parents *parents = xcalloc(1, sizeof(*parents));

	TAILQ_INIT(&parents->known);
	return parents;
}

void parents_clear(struct parents *parents)
{
	struct parent *parent;

	while ((parent = parents->table) != NULL) {
		if (parent->lookup != NULL)
			dns_lookup_cancel(parent->lookup);
		free_parent(parent);
	}
	TAILQ_INIT(&parents->known);
}

void parents_free(struct parents *parents)
{
	if (parents == NULL)
		return;
	parents_clear(parents);
	free(parents);
}

/* A name below the parent that nobody has; false when there is no room for one. */
static bool random_name(const char *parent, struct dns_name *ret_name)
{
	char text[4 * DNS_NAME_MAX + 1];
	size_t n = strlen(parent);

	if (n + LABEL_LETTERS + 1 >= sizeof(text))
		return false;
	random_bytes(text, LABEL_LETTERS);
	for (int i = 0; i < LABEL_LETTERS; i++)
		text[i] = (char)('a' + (unsigned char)text[i] % 26);
	text[LABEL_LETTERS] = '.';
	memcpy(text + LABEL_LETTERS + 1, parent, n);
	return dns_name_from_text(text, LABEL_LETTERS + 1 + n, ret_name);
}

static void on_probed(const struct dns_result *result, void *arg)
{
	struct parent *parent = arg;
	struct parents *parents = parent->parents;
	bool has_chain = result->answer != NULL && result->answer->n_chain > 0;
	enum proof proof = cut_by_ds((struct cut_answer){result->outcome, has_chain});
	struct parent_wait *wait;

	parent->lookup = NULL;
	parent->is_wild = proof != PROOF_ABSENT;
	/* what nobody said is asked again for the next name */
	parent->until = proof == PROOF_NONE ? 0 : clock_mono() + KNOWN_FOR;
	TAILQ_INSERT_TAIL(&parents->known, parent, link);
	while ((wait = TAILQ_FIRST(&parent->waiting)) != NULL) {
		parent_wait_stop(wait);
		wait->on_known(parent->is_wild, wait->arg);
	}
}

static struct parent *new_parent(struct parents *parents, const char *name)
{
	size_t n = strlen(name);
	struct parent *parent = TAILQ_FIRST(&parents->known);

	if (HASH_COUNT(parents->table) >= MAX_PARENTS && parent != NULL) {
		TAILQ_REMOVE(&parents->known, parent, link);
		free_parent(parent);
	}
	parent = xcalloc(1, sizeof(*parent) + n + 1);
	memcpy(parent->name, name, n);
	parent->parents = parents;
	TAILQ_INIT(&parent->waiting);
	HASH_ADD_KEYPTR(hh, parents->table, parent->name, n, parent);
	TAILQ_INSERT_TAIL(&parents->known, parent, link);
	return parent;
}

static enum parent_state probe(struct parent *parent, struct dns_engine *dns)
{
	struct dns_name name;

	if (!random_name(parent->name, &name))
		return PARENT_MAY_BE_WILD;
	parent->lookup = dns_lookup_start(dns,
	    &(struct dns_question){.name = &name,
		.type = DNS_DS,
		.flags = DNS_FLAG_RD,
		.timeout = PROBE_TIMEOUT,
		.attempts = PROBE_ATTEMPTS},
	    on_probed, parent);
	if (parent->lookup == NULL)
		return PARENT_NO_ROOM;
	TAILQ_REMOVE(&parent->parents->known, parent, link);
	return PARENT_ASKED;
}

enum parent_state parents_ask(
    struct parents *parents, struct dns_engine *dns, const char *name, struct parent_wait *wait)
{
	struct parent *parent;

	HASH_FIND(hh, parents->table, name, strlen(name), parent);
	if (parent == NULL)
		parent = new_parent(parents, name);
	if (parent->lookup == NULL && parent->until > clock_mono())
		return parent->is_wild ? PARENT_MAY_BE_WILD : PARENT_PLAIN;
	enum parent_state state = parent->lookup != NULL ? PARENT_ASKED : probe(parent, dns);
	if (state == PARENT_ASKED) {
		wait->parent = parent;
		TAILQ_INSERT_TAIL(&parent->waiting, wait, link);
	}
	return state;
}

void parent_wait_stop(struct parent_wait *wait)
{
	if (wait->parent == NULL)
		return;
	TAILQ_REMOVE(&wait->parent->waiting, wait, link);
	wait->parent = NULL;
}
