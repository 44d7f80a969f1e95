/* Asks RDAP servers about names, at the pace that each host allows, over all jobs.
 *
 *   waiting --budget--> running --answer--> [unproven] --sentinel--> ended
 *      ^                   |
 *      +--- refused, or no answer
 *
 * That a server does not have a name counts only when it lately knew one that is registered, its
 * sentinel: else a server that has lost its data would make every name look free. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/registry_state.h"
#include "model/result.h"
#include "registration/rdap.h"
#include "registration/registries.h"

struct exchanger;
struct loop;
struct offload;
struct rdap_client;
struct rdap_query;

struct rdap_client_opts {
	struct loop *loop;           /* borrowed */
	struct exchanger *exchanger; /* borrowed; carries the requests */
	struct offload *offload;     /* borrowed */
	const char *notes_path;      /* of what outlasts a restart (host_notes.h); for the call */
	const char *rates;           /* valid (rates.h); borrowed for the call */
	uint32_t attempts;           /* at least 1 */
};

struct rdap_client *rdap_client_new(const struct rdap_client_opts *opts);
/* Queries under way are dropped, without a call. After offload_stop and the delivery of what it
 * left. */
void rdap_client_free(struct rdap_client *client);

struct rdap_outcome {
	struct rdap_answer answer;
	enum reason reason; /* RDAP_UNKNOWN and RDAP_LIMITED: as which the name ends */
	const char *url;    /* that was asked; borrowed until the call returns */
	uint32_t status;    /* of HTTP; 0: no answer */
	usec_t asked_at;    /* wall; 0: nothing was asked */
	usec_t duration;
	uint32_t attempts;
	bool is_cached; /* it was answered before, at asked_at */
};

/* Called once, never before rdap_query_start returned; the query is dead then. */
typedef void rdap_fn(const struct rdap_outcome *outcome, void *arg);

/* Ask about a name in lower-case A-labels (at most TARGET_MAX bytes; copied). `registry` is what
 * registries_find returned. An answer that is no older than `max_age` may come from the cache. */
struct rdap_query *rdap_query_start(struct rdap_client *client, const char *name,
    const struct registry *registry, usec_t max_age, rdap_fn *on_done, void *arg);
/* Is there such an answer? */
bool rdap_client_knows(const struct rdap_client *client, const char *name,
    const struct registry *registry, usec_t max_age);
void rdap_query_cancel(struct rdap_query *query); /* ends it without its call */

/* False, with the number of its host: so many queries wait for the registry's host that it has work
 * for seconds. */
bool rdap_client_has_room(
    struct rdap_client *client, const struct registry *registry, uint32_t *ret_host);
/* How many that is. */
size_t rdap_client_queue_most(const struct rdap_client *client, uint32_t host);

uint32_t rdap_client_n_hosts(const struct rdap_client *client);
uint32_t rdap_query_host(const struct rdap_query *query); /* its number, from 0 on */

/* Describe the wait for a host, of which `n_parked` names will be asked beside its queries. */
void rdap_client_wait(const struct rdap_client *client, uint32_t host, uint64_t n_parked,
    struct registry_wait *ret_wait);
/* Describe how it would be for so many names of a registry, whose host may be new. False: it has no
 * good URL. */
bool rdap_client_plan(struct rdap_client *client, const struct registry *registry, uint64_t n_names,
    struct registry_wait *ret_wait);

/* Read how the nth host stands; false: there are fewer. Hosts are those that were asked since the
 * start. */
bool rdap_client_host(
    const struct rdap_client *client, size_t nth, struct registry_host_state *ret_state);

/* Queries that have not ended. */
size_t rdap_client_count(const struct rdap_client *client);
