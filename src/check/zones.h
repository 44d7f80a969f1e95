/* The zones that names are in, and the authorities of these zones: their names are looked up by the
 * recursors, one that is not to be connected to is left out, and an engine of its own asks those
 * that are left. Zones with the same authorities share it. Private to this room. Thread: loop. */
#pragma once

#include "check/parents.h"
#include "model/result.h"

struct checker;
struct dns_engine;

/* An engine, and who waits for room in it. */
struct authorities;

struct zone {
	struct parent parent;
	enum reason failure;             /* why there are no authorities, unless */
	bool is_absent;                  /* the parent itself does not exist */
	struct evidence evidence;        /* of that */
	char *apex;                      /* owned; the zone that the parent is in; "" is the root */
	struct authorities *authorities; /* borrowed from the table; NULL: none */
	struct search *search;           /* owned; under way, or NULL */
};

struct parents *zones_new(struct checker *checker);

struct zone *zone_of(struct parent *parent);
struct dns_engine *authorities_engine(struct authorities *authorities);

/* Embedded in whoever waits for room. */
struct room_wait {
	TAILQ_ENTRY(room_wait) link;
	struct authorities *authorities; /* NULL: it does not wait */
	void (*on_room)(void *arg);
	void *arg;
};
void authorities_await(struct authorities *authorities, struct room_wait *wait);
void room_wait_stop(struct room_wait *wait); /* one that does not wait is fine */

/* Those of one checker. */
struct authority_table;
struct authority_table *authority_table_new(struct checker *checker);
void authority_table_free(struct authority_table *table);
void authority_table_on_network(struct authority_table *table);
usec_t authority_table_overdue(const struct authority_table *table);

/* The authorities at these addresses, which are sorted here. */
struct authorities *authorities_get(
    struct authority_table *table, struct endpoint *endpoints, size_t n);
void authorities_put(struct authorities *authorities); /* a zone has them no more */
