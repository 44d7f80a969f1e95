#include "registration/rdap_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "fetch/exchange.h"
#include "registration/host_notes.h"
#include "registration/rdap_cache.h"
#include "registration/rdap_private.h"

enum {
	MOST_RUNNING = 8,    /* requests to one host at one time */
	MOST_CACHED = 20000, /* answers; up to 1.5 kB each */
	URL_SIZE = 1024 + sizeof("domain/") + TARGET_MAX + 1
};

static const usec_t proof_age = 3600 * USEC_PER_SEC;

/* --- The end --- */

/* Take a query out of where it is. */
static void detach(struct rdap_query *q)
{
	struct host *host = q->zone->host;

	switch (q->phase) {
	case QUERY_WAITING:
		TAILQ_REMOVE(&host->waiting, q, link);
		host->n_waiting--;
		break;
	case QUERY_RUNNING:
		if (q->exchange != NULL)
			exchange_cancel(q->exchange);
		q->exchange = NULL;
		TAILQ_REMOVE(&host->running, q, link);
		host->n_running--;
		break;
	case QUERY_UNPROVEN:
		TAILQ_REMOVE(&q->zone->unproven, q, link);
		break;
	case QUERY_READY:
		TAILQ_REMOVE(&host->ready, q, link);
		break;
	}
}

/* What was answered, and proven where it needs that, is kept. */
static void keep_answer(const struct rdap_query *q)
{
	const struct rdap_memory memory = {.answer = q->outcome.answer,
	    .status = q->outcome.status,
	    .asked_at = q->outcome.asked_at,
	    .duration = q->outcome.duration,
	    .came_at = clock_mono()};

	if (!q->outcome.is_cached)
		rdap_cache_put(q->zone->host->client->cache, q->zone->base_url, q->name, &memory);
}

static void finish(struct rdap_query *q)
{
	rdap_fn *on_done = q->on_done;
	void *arg = q->arg;
	struct rdap_outcome outcome = q->outcome;
	char url[URL_SIZE];

	snprintf(url, sizeof(url), "%sdomain/%s", q->zone->base_url, q->name);
	outcome.url = url;
	keep_answer(q);
	detach(q);
	q->zone->host->client->n_queries--;
	free(q);
	on_done(&outcome, arg);
}

static void end_unknown(struct rdap_query *q, enum reason reason, const char *why)
{
	q->outcome.answer = (struct rdap_answer){.verdict = RDAP_UNKNOWN, .why = why};
	q->outcome.reason = reason;
	finish(q);
}

/* --- Sentinels --- */

static void queue(struct rdap_query *q, bool is_first)
{
	struct host *host = q->zone->host;

	q->phase = QUERY_WAITING;
	if (is_first)
		TAILQ_INSERT_HEAD(&host->waiting, q, link);
	else
		TAILQ_INSERT_TAIL(&host->waiting, q, link);
	host->n_waiting++;
}

static void ask_sentinel(struct zone *zone)
{
	struct rdap_query *q = xcalloc(1, sizeof(*q));

	q->zone = zone;
	snprintf(q->name, sizeof(q->name), "nic.%s", zone->suffix);
	zone->sentinel = q;
	queue(q, true);
}

/* The zone's sentinel was found, or not: so end those that waited for it. */
static void end_sentinel(struct zone *zone, bool is_good, enum reason reason, const char *why)
{
	struct rdap_query *q = zone->sentinel;

	detach(q);
	free(q);
	zone->sentinel = NULL;
	if (is_good)
		zone->proven_at = clock_mono();
	else
		log_warning("rdap_sentinel_missing", "url=%sdomain/nic.%s reason=%s",
		    zone->base_url, zone->suffix, reason_name(reason));
	while ((q = TAILQ_FIRST(&zone->unproven)) != NULL) {
		if (is_good)
			finish(q);
		else
			end_unknown(q, reason, why);
	}
}

/* End a query, or a sentinel, without an answer that counts. */
static void give_up(struct rdap_query *q, enum reason reason, const char *why)
{
	if (q->on_done == NULL)
		end_sentinel(q->zone, false, reason, why);
	else
		end_unknown(q, reason, why);
}

/* A host that rests is not waited for. */
static void end_waiting(struct host *host)
{
	struct rdap_query *q;

	while (budget_is_resting(&host->budget, clock_mono()) &&
	       (q = TAILQ_FIRST(&host->waiting)) != NULL)
		give_up(q, REASON_RATE_LIMITED, "the registry's server refuses for now");
}

/* --- Answers --- */

static bool is_absence(enum rdap_verdict verdict)
{
	return verdict == RDAP_ABSENT || verdict == RDAP_PREMIUM || verdict == RDAP_BLOCKED;
}

/* An answer came that is no refusal. */
static void take_answer(struct rdap_query *q)
{
	struct zone *zone = q->zone;
	enum rdap_verdict verdict = q->outcome.answer.verdict;
	usec_t now = clock_mono();

	if (q->on_done == NULL) {
		end_sentinel(zone, verdict == RDAP_REGISTERED, REASON_NO_RDAP,
		    "the server does not know a name that is registered");
		return;
	}
	if (verdict == RDAP_UNKNOWN)
		q->outcome.reason = REASON_MALFORMED;
	if (!is_absence(verdict) || (zone->proven_at > 0 && now - zone->proven_at < proof_age)) {
		finish(q);
		return;
	}
	detach(q);
	q->phase = QUERY_UNPROVEN;
	TAILQ_INSERT_TAIL(&zone->unproven, q, link);
	if (zone->sentinel == NULL)
		ask_sentinel(zone);
}

static void on_answer(const struct exchange_outcome *o, void *arg)
{
	struct rdap_query *q = arg;
	struct host *host = q->zone->host;
	usec_t now = clock_mono();
	const struct rdap_reply reply = {.status = o->status,
	    .content_type = o->content_type,
	    .body = o->body,
	    .is_cut = o->is_cut};

	q->exchange = NULL;
	q->outcome.status = o->status;
	q->outcome.duration = now - q->outcome.duration;
	q->outcome.attempts++;
	rdap_judge(q->name, host->has_401, &reply, &q->outcome.answer);
	if (o->status == 0)
		metric_add(host->client->failed, 1);
	if (o->status == 0 && q->outcome.attempts >= host->client->opts.attempts) {
		give_up(q, o->reason, o->detail);
	} else if (o->status == 0) {
		detach(q);
		queue(q, true);
	} else if (q->outcome.answer.verdict == RDAP_LIMITED) {
		rdap_host_on_refusal(host, o->status, o->retry_after);
		detach(q); /* a refusal is obeyed, and counts as no attempt */
		q->outcome.attempts--;
		queue(q, true);
	} else {
		rdap_host_on_answer(host);
		take_answer(q);
	}
	rdap_host_serve(host);
}

static bool add_headers(struct buf *headers, void *arg)
{
	(void)arg;
	buf_add_str(headers, "Accept: application/rdap+json, application/json\n");
	return true;
}

static void ask(struct rdap_query *q)
{
	struct host *host = q->zone->host;
	struct rdap_client *client = host->client;
	char url[URL_SIZE];
	const struct exchange_request request = {
	    .url = url, .most_bytes = RDAP_MAX_BODY, .add_headers = add_headers};

	snprintf(url, sizeof(url), "%sdomain/%s", q->zone->base_url, q->name);
	detach(q);
	q->phase = QUERY_RUNNING;
	TAILQ_INSERT_TAIL(&host->running, q, link);
	host->n_running++;
	host->n_asked++;
	q->outcome.asked_at = clock_wall();
	q->outcome.duration = clock_mono(); /* until the answer */
	q->exchange = exchange_start(client->opts.exchanger, &request, on_answer, q);
}

void rdap_host_serve(struct host *host)
{
	struct rdap_query *q;
	usec_t now = clock_mono();

	while ((q = TAILQ_FIRST(&host->ready)) != NULL)
		finish(q);
	end_waiting(host);
	while ((q = TAILQ_FIRST(&host->waiting)) != NULL && host->is_kept &&
	       host->n_running < MOST_RUNNING && budget_take(&host->budget, now))
		ask(q);
	if (q == NULL || !host->is_kept || host->n_running >= MOST_RUNNING)
		timer_cancel(&host->timer);
	else
		timer_start(&host->timer, budget_wait(&host->budget, now));
}

/* --- Queries --- */

/* Another URL for a suffix, as a new bootstrap may have it, is another zone. */
static struct zone *find_zone(struct rdap_client *client, const struct registry *registry)
{
	struct zone *zone;
	char key[URL_SIZE + TARGET_MAX], host[REGISTRY_HOST_SIZE];
	int n = snprintf(key, sizeof(key), "%s %s", registry->suffix, registry->base_url);

	if (n < 0 || (size_t)n >= sizeof(key))
		return NULL;
	HASH_FIND_STR(client->zones, key, zone);
	if (zone != NULL)
		return zone;
	if (!rdap_host_name(registry, host))
		return NULL;
	zone = xcalloc(1, sizeof(*zone));
	zone->key = xstrdup(key);
	zone->suffix = xstrdup(registry->suffix);
	zone->base_url = xstrdup(registry->base_url);
	zone->host = rdap_host_find(client, host, registry);
	TAILQ_INIT(&zone->unproven);
	HASH_ADD_KEYPTR(hh, client->zones, zone->key, strlen(zone->key), zone);
	return zone;
}

bool rdap_client_has_room(
    struct rdap_client *client, const struct registry *registry, uint32_t *ret_host)
{
	const struct zone *zone = find_zone(client, registry);

	if (zone == NULL)
		return true; /* rdap_query_start refuses it */
	*ret_host = zone->host->no;
	return zone->host->n_waiting < rdap_client_queue_most(client, zone->host->no);
}

bool rdap_client_knows(const struct rdap_client *client, const char *name,
    const struct registry *registry, usec_t max_age)
{
	return rdap_cache_find(
	    client->cache, registry->base_url, name, max_age, clock_mono(), NULL);
}

struct rdap_query *rdap_query_start(struct rdap_client *client, const char *name,
    const struct registry *registry, usec_t max_age, rdap_fn *on_done, void *arg)
{
	struct rdap_memory memory;

	struct zone *zone = find_zone(client, registry);

	if (zone == NULL || strlen(name) > TARGET_MAX)
		return NULL;
	struct rdap_query *q = xcalloc(1, sizeof(*q));
	q->zone = zone;
	q->on_done = on_done;
	q->arg = arg;
	memcpy(q->name, name, strlen(name) + 1);
	client->n_queries++;
	if (rdap_cache_find(client->cache, zone->base_url, name, max_age, clock_mono(), &memory)) {
		q->outcome = (struct rdap_outcome){.answer = memory.answer,
		    .is_cached = true,
		    .status = memory.status,
		    .asked_at = memory.asked_at,
		    .duration = memory.duration};
		q->phase = QUERY_READY;
		TAILQ_INSERT_TAIL(&zone->host->ready, q, link);
	} else {
		queue(q, false);
	}
	defer_start(&zone->host->serve);
	return q;
}

void rdap_query_cancel(struct rdap_query *query)
{
	detach(query);
	query->zone->host->client->n_queries--;
	free(query);
}

uint32_t rdap_query_host(const struct rdap_query *query)
{
	return query->zone->host->no;
}

uint32_t rdap_client_n_hosts(const struct rdap_client *client)
{
	return client->n_hosts;
}

size_t rdap_client_count(const struct rdap_client *client)
{
	return client->n_queries;
}

/* --- The client --- */

/* All hosts that were put are on the disk, or can't be: a full disk holds up nobody. */
static void on_kept(void *arg)
{
	struct rdap_client *client = arg;
	struct host *host;

	for (host = client->hosts; host != NULL; host = host->hh.next) {
		if (!host->is_kept)
			defer_start(&host->serve);
		host->is_kept = true;
	}
}

struct rdap_client *rdap_client_new(const struct rdap_client_opts *opts)
{
	struct rdap_client *client = xcalloc(1, sizeof(*client));

	client->opts = *opts;
	client->rates = xstrdup(opts->rates);
	client->cache = rdap_cache_new(MOST_CACHED);
	rdap_hosts_add_metrics(client);
	client->notes = host_notes_new(opts->offload, opts->notes_path, on_kept, client);
	return client;
}

static void drop_all(struct query_list *queries)
{
	struct rdap_query *q;

	while ((q = TAILQ_FIRST(queries)) != NULL) {
		detach(q);
		free(q);
	}
}

static void free_zone(struct zone *zone)
{
	FREE_ALL(zone->key, zone->suffix, zone->base_url, zone);
}

void rdap_client_free(struct rdap_client *client)
{
	struct host *host, *next_host;
	struct zone *zone, *next_zone;

	if (client == NULL)
		return;
	for (zone = client->zones; zone != NULL; zone = zone->hh.next)
		drop_all(&zone->unproven);
	HASH_ITER (hh, client->hosts, host, next_host) {
		HASH_DEL(client->hosts, host);
		drop_all(&host->waiting);
		drop_all(&host->running);
		drop_all(&host->ready);
		rdap_host_free(host);
	}
	HASH_ITER (hh, client->zones, zone, next_zone) {
		HASH_DEL(client->zones, zone);
		free_zone(zone);
	}
	metrics_forget(client);
	host_notes_free(client->notes);
	rdap_cache_free(client->cache);
	free(client->by_no);
	free(client->rates);
	free(client);
}
