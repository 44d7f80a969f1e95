/* Which RDAP server knows the names under a suffix: IANA's bootstrap (RFC 9224), what it lacks, and
 * what the operator says. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"

/* Where an entry comes from; the first that has the suffix decides. */
enum registry_source {
	REGISTRY_OPERATOR, /* registration.overrides */
	REGISTRY_IANA,     /* the bootstrap */
	REGISTRY_BUILT_IN, /* cctlds.def */
	N_REGISTRY_SOURCES
};

struct registries;

struct registry {
	const char *suffix,
	    *base_url; /* owned by the table until the next load; the URL ends in a slash */
	enum registry_source source;
};

struct registries *registries_new(void);
void registries_free(struct registries *registries);

/* Take the text of the bootstrap in place of the one before. False, with why not in `why` and
 * nothing changed: it is no bootstrap, it has fewer than 500 suffixes, or it was published before
 * the one in force. Entries without an https URL are passed over unless `allows_http`. */
bool registries_load_iana(
    struct registries *registries, const char *json, size_t len, bool allows_http, struct buf *why);

/* Take the operator's map, a JSON object from suffixes to base URLs, in place of the one before;
 * likewise. */
bool registries_load_operator(
    struct registries *registries, const char *json, size_t len, bool allows_http, struct buf *why);

/* When the bootstrap in force was published, wall; 0: there is none. */
usec_t registries_published_at(const struct registries *registries);

/* Call `on_suffix` with each suffix that any source names; some come more than once. */
void registries_each(const struct registries *registries,
    void (*on_suffix)(const char *suffix, void *arg), void *arg);

/* How many suffixes the source names. */
size_t registries_count(const struct registries *registries, enum registry_source source);

/* Find the registry of a name: that of the longest suffix of whole labels, less than the name
 * itself, that any source has. False: none has one. The name is in lower case and consists of
 * A-labels. */
bool registries_find(
    const struct registries *registries, const char *name, struct registry *ret_registry);

/* What is known of a server: how many requests a second to begin with, how many at once after a
 * pause, and whether 401 stands for a registered name. For a host that is not known the suffix
 * decides. */
struct registry_host {
	double rate, burst;
	bool has_401;
};
struct registry_host registry_host_find(const char *host, const char *suffix);
