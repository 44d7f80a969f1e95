#include "check/parents.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { MAX_PARENTS = 10000 };

struct parents {
	struct parents_ops ops;
	struct parent *table; /* owned */
	TAILQ_HEAD(, parent) idle;
};

static void free_parent(struct parent *parent)
{
	parent->parents->ops.done(parent);
	HASH_DEL(parent->parents->table, parent);
	free(parent->name);
	free(parent);
}

struct parents *parents_new(const struct parents_ops *ops)
{
	struct parents *parents = xcalloc(1, sizeof(*parents));

	parents->ops = *ops;
	TAILQ_INIT(&parents->idle);
	return parents;
}

void parents_clear(struct parents *parents)
{
	while (parents->table != NULL)
		free_parent(parents->table);
	TAILQ_INIT(&parents->idle);
}

void parents_free(struct parents *parents)
{
	if (parents == NULL)
		return;
	parents_clear(parents);
	free(parents);
}

void parent_known(struct parent *parent, usec_t holds)
{
	struct parent_wait *wait;

	parent->is_asked = false;
	parent->until = clock_mono() + holds;
	TAILQ_INSERT_TAIL(&parent->parents->idle, parent, link);
	while ((wait = TAILQ_FIRST(&parent->waiting)) != NULL) {
		parent_wait_stop(wait);
		wait->on_known(parent, wait->arg);
	}
}

static struct parent *new_parent(struct parents *parents, const char *name)
{
	struct parent *parent = TAILQ_FIRST(&parents->idle);

	if (HASH_COUNT(parents->table) >= MAX_PARENTS && parent != NULL) {
		TAILQ_REMOVE(&parents->idle, parent, link);
		free_parent(parent);
	}
	parent = xcalloc(1, parents->ops.size);
	parent->name = xstrdup(name);
	parent->parents = parents;
	TAILQ_INIT(&parent->waiting);
	HASH_ADD_KEYPTR(hh, parents->table, parent->name, strlen(name), parent);
	TAILQ_INSERT_TAIL(&parents->idle, parent, link);
	return parent;
}

static bool find(struct parent *parent)
{
	struct parents *parents = parent->parents;

	if (!parents->ops.find(parent, parents->ops.arg))
		return false;
	TAILQ_REMOVE(&parents->idle, parent, link);
	parent->is_asked = true;
	return true;
}

enum parent_state parents_ask(
    struct parents *parents, const char *name, struct parent_wait *wait, struct parent **ret_parent)
{
	struct parent *parent;

	HASH_FIND(hh, parents->table, name, strlen(name), parent);
	if (parent == NULL)
		parent = new_parent(parents, name);
	*ret_parent = parent;
	if (!parent->is_asked && parent->until > clock_mono())
		return PARENT_KNOWN;
	if (!parent->is_asked && !find(parent))
		return PARENT_NO_ROOM;
	wait->parent = parent;
	TAILQ_INSERT_TAIL(&parent->waiting, wait, link);
	return PARENT_ASKED;
}

void parent_wait_stop(struct parent_wait *wait)
{
	if (wait->parent == NULL)
		return;
	TAILQ_REMOVE(&wait->parent->waiting, wait, link);
	wait->parent = NULL;
}
