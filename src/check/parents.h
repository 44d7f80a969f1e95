/* What is known of the parents of names: found out once for all names of a parent, kept for a
 * while, and waited for meanwhile. What that is, is the business of who makes the table
 * (check/wild.h, check/zones.h). Private to this room. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <sys/queue.h>
#include <uthash.h>

#include "base/clock.h"

/* Embedded in whoever waits to know. */
struct parent_wait {
	TAILQ_ENTRY(parent_wait) link;
	struct parent *parent; /* NULL: it does not wait */
	void (*on_known)(struct parent *parent, void *arg);
	void *arg;
};

struct parents;

/* Begins with what is embedded in the kind's own struct. */
struct parent {
	UT_hash_handle hh;
	TAILQ_ENTRY(parent) link; /* while nothing is under way; the oldest first */
	struct parents *parents;
	TAILQ_HEAD(, parent_wait) waiting;
	bool is_asked;
	usec_t until; /* what is known holds; by clock_mono */
	char *name;   /* owned; text without its final dot, "" is the root */
};

struct parents_ops {
	size_t size; /* of the kind's struct */
	/* Begin to find out; parent_known is called later. False: there is no room. */
	bool (*find)(struct parent *parent, void *arg);
	/* Give back what it has; what is under way is stopped. */
	void (*done)(struct parent *parent);
	void *arg;
};

struct parents *parents_new(const struct parents_ops *ops);
void parents_free(struct parents *parents);  /* nobody may wait */
void parents_clear(struct parents *parents); /* forget all; nobody may wait */

enum parent_state { PARENT_KNOWN, PARENT_ASKED, PARENT_NO_ROOM };

/* PARENT_KNOWN: of *ret_parent, until control returns to the loop. PARENT_ASKED: `wait` is called
 * later. */
enum parent_state parents_ask(struct parents *parents, const char *name, struct parent_wait *wait,
    struct parent **ret_parent);
void parent_wait_stop(struct parent_wait *wait); /* one that does not wait is fine */

/* It was found out, and holds for so long. Calls all who wait, who may wait anew. */
void parent_known(struct parent *parent, usec_t holds);
