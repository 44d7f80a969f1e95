/* Parents of names, and whether a wildcard in them answers for names that do not exist: a random
 * name is looked up once for all names of a parent. Private to this room. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>

struct dns_engine;
struct parents;

/* Embedded in whoever waits to know. */
struct parent_wait {
	TAILQ_ENTRY(parent_wait) link;
	struct parent *parent; /* NULL: it does not wait */
	/* `may_be_wild`: a random name exists, or nobody said. May start waiting anew. */
	void (*on_known)(bool may_be_wild, void *arg);
	void *arg;
};

enum parent_state { PARENT_PLAIN, PARENT_MAY_BE_WILD, PARENT_ASKED, PARENT_NO_ROOM };

struct parents *parents_new(void);
void parents_free(struct parents *parents); /* nobody may wait */

/* Forget all, as other servers are asked from now on. Nobody may wait. */
void parents_clear(struct parents *parents);

/* Whether a wildcard in `parent`, a name in text form ("" is the root), answers for DS.
 * PARENT_ASKED: `wait` is called later. */
enum parent_state parents_ask(
    struct parents *parents, struct dns_engine *dns, const char *parent, struct parent_wait *wait);
void parent_wait_stop(struct parent_wait *wait); /* one that does not wait is fine */
