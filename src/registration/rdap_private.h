/* Inside the RDAP client: hosts, and the queries that wait for them. Thread: loop. */
#pragma once

#include <sys/queue.h>
#include <uthash.h>

#include "loop/loop.h"
#include "model/target.h"
#include "registration/budget.h"
#include "registration/rdap_client.h"

struct exchange;
struct host_notes;
struct metric_cell;
struct rdap_cache;

TAILQ_HEAD(query_list, rdap_query);

struct host {
	UT_hash_handle hh;
	char *name; /* owned */
	uint32_t no;
	struct rdap_client *client;
	struct budget budget;
	bool has_401;
	struct query_list waiting, running, ready;
	struct timer timer;
	struct defer serve;
	unsigned n_running;
	size_t n_waiting;
	uint64_t n_asked, n_refused;
	bool is_kept;   /* a restart will know that it was asked */
	usec_t kept_at; /* monotonic */
};

/* One suffix at one server, and what is known of its sentinel. */
struct zone {
	UT_hash_handle hh;
	char *key, *base_url, *suffix; /* owned; the key is of both */
	struct host *host;
	usec_t proven_at;            /* monotonic; 0: never */
	struct rdap_query *sentinel; /* under way, or NULL */
	struct query_list unproven;
};

enum query_phase { QUERY_WAITING, QUERY_RUNNING, QUERY_UNPROVEN, QUERY_READY /* from the cache */ };

struct rdap_query {
	TAILQ_ENTRY(rdap_query)
	link; /* of host->waiting, host->running or zone->unproven, by its phase */
	enum query_phase phase;
	struct zone *zone;
	rdap_fn *on_done; /* NULL: it is the zone's sentinel */
	void *arg;
	struct exchange *exchange; /* while it runs */
	struct rdap_outcome outcome;
	char name[TARGET_MAX + 1];
};

struct rdap_client {
	struct rdap_client_opts opts;
	char *rates;              /* owned */
	struct host_notes *notes; /* owned */
	struct host *hosts;  /* owned; all stay until the end: there are a few hundred registries */
	struct host **by_no; /* owned; n_hosts of them */
	uint32_t n_hosts;
	struct rdap_cache *cache; /* owned */
	struct zone *zones;       /* likewise */
	size_t n_queries;         /* sentinels not counted */
	struct metric_cell *answered, *refused, *failed;
};

/* rdap_host.c: the host of this name, made when there is none. */
struct host *rdap_host_find(
    struct rdap_client *client, const char *name, const struct registry *registry);
/* The name of its host, with a port that is not the usual one. False: the URL is bad. */
bool rdap_host_name(const struct registry *registry, char ret_name[static REGISTRY_HOST_SIZE]);
void rdap_host_free(struct host *host); /* nothing waits for it or is under way */
/* What is known of it has changed and is to outlast a restart. */
void rdap_host_keep(struct host *host);
/* An answer came that is no refusal; a refusal. */
void rdap_host_on_answer(struct host *host);
void rdap_host_on_refusal(struct host *host, uint32_t status, usec_t retry_after);

/* Metrics of the client and its hosts; metrics_forget drops them. */
void rdap_hosts_add_metrics(struct rdap_client *client);

/* rdap_client.c, called when a host may have become free. */
void rdap_host_serve(struct host *host);
