/* The life of probes: turns, room, and the one way to finish. What is asked is the business of the
 * check. */
#include "engine/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "engine/dns_outcome.h"
#include "engine/probe.h"

/* Probes between attempts hold no place in a window; this bounds them and the memory of all. */
enum { MAX_PROBES = 8192 };

static const struct check_ops *ops_of(const struct engine *engine, enum job_check check)
{
	switch (check) {
	case CHECK_RESOLVE:
	case N_CHECKS:
		break;
	}
	return engine->dns != NULL ? resolve_check() : resolve_evdns_check();
}

/* Let waiting probes ask while there is room, then tell that there is room for new ones. */
static void serve(void *arg)
{
	struct engine *engine = arg;
	struct probe *probe;

	while ((probe = TAILQ_FIRST(&engine->turns)) != NULL) {
		TAILQ_REMOVE(&engine->turns, probe, turn);
		probe->has_turn = false;
		if (!probe->ops->ask(probe)) {
			TAILQ_INSERT_HEAD(&engine->turns, probe, turn);
			probe->has_turn = true;
			return;
		}
	}
	if (engine->on_room != NULL && engine_room(engine) > 0)
		engine->on_room(engine->on_room_arg);
}

static void on_resolver_room(void *arg)
{
	struct engine *engine = arg;

	defer_start(&engine->serve);
}

/* The DNS engine sends at the end of its turn what is started now. */
static void on_dns_room(void *arg)
{
	serve(arg);
}

static struct dns_engine *new_dns(struct engine *engine, const struct engine_opts *opts)
{
	struct dns_server_opts servers[RESOLVER_MAX_SERVERS];

	for (size_t i = 0; i < opts->resolver.n_servers; i++)
		servers[i] = (struct dns_server_opts){.endpoint = opts->resolver.servers[i]};
	struct dns_engine *dns =
	    dns_engine_new(engine->loop, &(struct dns_opts){.servers = servers,
					     .n_servers = opts->resolver.n_servers,
					     .max_lookups = MAX_PROBES,
					     .strategy = opts->in_order ? DNS_ORDER : DNS_SPREAD,
					     .pause = opts->pause});
	dns_engine_set_on_room(dns, on_dns_room, engine);
	engine->dns_metrics = dns_metrics_new(dns);
	return dns;
}

struct engine *engine_new(struct loop *loop, const struct engine_opts *opts)
{
	struct engine *engine = xcalloc(1, sizeof(*engine));

	engine->loop = loop;
	engine->timeout = opts->timeout;
	engine->attempts = opts->attempts;
	engine->confirmations = metrics_cell(METRIC_DNS_CONFIRMED);
	TAILQ_INIT(&engine->probes);
	TAILQ_INIT(&engine->turns);
	TAILQ_INIT(&engine->spare);
	defer_init(&engine->serve, loop, serve, engine);
	if (opts->hosts_path != NULL && hosts_load(opts->hosts_path, &engine->hosts) != OK)
		engine->hosts = NULL;
	if (!opts->use_evdns) {
		engine->dns = new_dns(engine, opts);
		return engine;
	}
	engine->resolver = resolver_new(loop, &opts->resolver);
	if (engine->resolver == NULL) {
		engine_free(engine);
		return NULL;
	}
	resolver_set_on_room(engine->resolver, on_resolver_room, engine);
	return engine;
}

bool engine_has_hosts(const struct engine *engine)
{
	return engine->hosts != NULL;
}

void engine_free(struct engine *engine)
{
	struct probe *probe;

	if (engine == NULL)
		return;
	defer_cancel(&engine->serve);
	while ((probe = TAILQ_FIRST(&engine->probes)) != NULL)
		probe_cancel(probe);
	while ((probe = TAILQ_FIRST(&engine->spare)) != NULL) {
		TAILQ_REMOVE(&engine->spare, probe, link);
		free(probe);
	}
	dns_metrics_free(engine->dns_metrics);
	dns_engine_free(engine->dns);
	resolver_free(engine->resolver);
	hosts_free(engine->hosts);
	free(engine);
}

void engine_set_defaults(struct engine *engine, usec_t timeout, uint32_t attempts)
{
	engine->timeout = timeout;
	engine->attempts = attempts;
}

static size_t n_servers(const struct engine *engine)
{
	return engine->dns != NULL ? dns_engine_n_servers(engine->dns)
				   : resolver_n_servers(engine->resolver);
}

/* Questions that may start now. */
static size_t server_room(const struct engine *engine)
{
	if (n_servers(engine) == 0)
		return MAX_PROBES; /* they end at once */
	return engine->dns != NULL ? dns_engine_room(engine->dns) : resolver_room(engine->resolver);
}

static void want_room(struct engine *engine)
{
	if (engine->dns != NULL)
		dns_engine_want_room(engine->dns);
	else
		resolver_want_room(engine->resolver);
}

size_t engine_room(struct engine *engine)
{
	size_t room = server_room(engine);

	if (!TAILQ_EMPTY(&engine->turns))
		return 0; /* those come first */
	if (engine->n_probes >= MAX_PROBES)
		room = 0;
	else if (room > MAX_PROBES - engine->n_probes)
		room = MAX_PROBES - engine->n_probes;
	if (room == 0)
		want_room(engine);
	return room;
}

void engine_set_on_room(struct engine *engine, void (*on_room)(void *arg), void *arg)
{
	engine->on_room = on_room;
	engine->on_room_arg = arg;
}

size_t engine_in_flight(const struct engine *engine)
{
	return engine->n_probes;
}

usec_t engine_overdue(const struct engine *engine)
{
	return engine->dns != NULL ? dns_engine_overdue(engine->dns)
				   : resolver_overdue(engine->resolver);
}

static void on_pause(void *arg)
{
	probe_take_turn(arg);
}

static struct probe *new_probe(struct engine *engine)
{
	struct probe *probe = TAILQ_FIRST(&engine->spare);

	if (probe != NULL) {
		TAILQ_REMOVE(&engine->spare, probe, link);
	} else {
		probe = xcalloc(1, sizeof(*probe));
		probe->engine = engine;
		timer_init(&probe->pause, engine->loop, on_pause, probe);
	}
	TAILQ_INSERT_TAIL(&engine->probes, probe, link);
	engine->n_probes++;
	return probe;
}

struct probe *probe_start(
    struct engine *engine, const struct probe_request *request, probe_fn *on_done, void *arg)
{
	struct probe *probe = new_probe(engine);

	probe->ops = ops_of(engine, request->check);
	probe->on_done = on_done;
	probe->arg = arg;
	probe->timeout = request->timeout > 0 ? request->timeout : engine->timeout;
	probe->max_attempts = request->attempts > 0 ? request->attempts : engine->attempts;
	memcpy(probe->name, request->name, request->name_len);
	probe->name[request->name_len] = '\0';
	struct result *r = &probe->result;
	r->index = request->index;
	r->attempts = 0;
	r->name = probe->name;
	r->name_len = request->name_len;
	r->ttl = r->n_addresses = r->n_evidence = 0;
	probe->type = RR_A;
	probe->attempts = 0;
	probe->is_confirming = false;
	probe->avoid = NULL;
	probe->failure = REASON_NONE;
	probe->started_at = clock_mono();
	if (!probe->ops->ask(probe))
		probe_take_turn(probe);
	return probe;
}

void probe_take_turn(struct probe *probe)
{
	struct engine *engine = probe->engine;

	if (!probe->has_turn)
		TAILQ_INSERT_TAIL(&engine->turns, probe, turn);
	probe->has_turn = true;
	defer_start(&engine->serve);
}

void probe_pause(struct probe *probe, usec_t delay)
{
	timer_start(&probe->pause, delay);
}

static bool answer_from_hosts(struct probe *probe)
{
	struct result *r = &probe->result;
	size_t n;
	const struct address *addresses = hosts_find(probe->engine->hosts, probe->name, &n);

	if (addresses == NULL)
		return false;
	memcpy(r->addresses, addresses, n * sizeof(*addresses));
	r->n_addresses = (uint32_t)n;
	result_add_evidence(r, &(struct evidence){.source = SOURCE_HOSTS});
	return true;
}

bool probe_ask_nobody(struct probe *probe)
{
	struct engine *engine = probe->engine;
	bool is_first = probe->attempts == 0 && probe->type == RR_A && !probe->is_confirming;

	if (is_first && engine->hosts != NULL &&
	    hosts_find(engine->hosts, probe->name, &(size_t){0}) != NULL) {
		if (probe->result.n_evidence == 0) {
			answer_from_hosts(probe);
			probe_pause(probe, 0);
		} else {
			probe_finish(probe, ITEM_FOUND, REASON_NONE);
		}
		return true;
	}
	if (n_servers(engine) > 0)
		return false;
	if (probe->attempts++ == 0)
		probe_pause(probe, 0);
	else
		probe_finish(probe, ITEM_ERROR, REASON_NO_RESOLVER);
	return true;
}

/* Take the probe out of all lists; it can be used again. */
static void release(struct probe *probe)
{
	struct engine *engine = probe->engine;

	timer_cancel(&probe->pause);
	probe->ops->stop(probe);
	if (probe->has_turn)
		TAILQ_REMOVE(&engine->turns, probe, turn);
	probe->has_turn = false;
	TAILQ_REMOVE(&engine->probes, probe, link);
	engine->n_probes--;
}

void probe_finish(struct probe *probe, enum item_status status, enum reason reason)
{
	struct engine *engine = probe->engine;
	struct result *r = &probe->result;

	release(probe);
	r->status = status;
	r->reason = reason;
	r->duration = clock_mono() - probe->started_at;
	r->finished_at = clock_wall();
	probe->on_done(r, probe->arg);
	TAILQ_INSERT_HEAD(&engine->spare, probe, link);
	defer_start(&engine->serve);
}

void probe_cancel(struct probe *probe)
{
	struct engine *engine = probe->engine;

	release(probe);
	TAILQ_INSERT_HEAD(&engine->spare, probe, link);
	defer_start(&engine->serve);
}
