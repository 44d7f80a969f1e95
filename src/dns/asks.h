/* The questions that one socket has on the wire, found by their ids. Thread: loop. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/clock.h"

enum { ASKS_HEADS = 256 };

struct asks;
struct dns_lookup;

/* Embedded in the lookup. */
struct ask {
	LIST_ENTRY(ask) link;
	struct asks *table; /* NULL: not on the wire; borrowed from the socket */
	struct dns_lookup *lookup;
	usec_t sent_at;
	uint16_t id;
};

LIST_HEAD(ask_list, ask);

struct asks {
	size_t n;
	struct ask_list heads[ASKS_HEADS];
};

void asks_init(struct asks *table);

/* Give the ask a random id that no other of the table has. There must be fewer than 32768. */
void asks_put(struct asks *table, struct ask *ask);
void asks_remove(struct ask *ask); /* one that is in no table is fine */

/* The ask with this id, or NULL. */
struct ask *asks_find(struct asks *table, uint16_t id);

/* Any ask of the table, or NULL. */
struct ask *asks_first(struct asks *table);
