/* An engine and its servers. */
#include "world.h"

#include <check.h>
#include <string.h>

#include "../../fake/runner.h"
#include "base/metrics.h"

void world_begin(struct world *w)
{
	*w = (struct world){.timeout = 2 * USEC_PER_SEC, .attempts = 3, .now = clock_mono()};
	w->loop = loop_new();
	ck_assert_ptr_nonnull(w->loop);
	w->opts.servers = w->servers;
	w->opts.pause = 20 * USEC_PER_MSEC;
}

void world_add(struct world *w, script_fn *on_query, void *arg)
{
	size_t n = w->opts.n_servers++;

	ck_assert_uint_lt(n, WORLD_SERVERS);
	w->scripts[n] = script_new(w->loop, on_query, arg);
	w->servers[n].endpoint = script_endpoint(w->scripts[n]);
}

void world_add_closed(struct world *w)
{
	ck_assert_uint_lt(w->opts.n_servers, WORLD_SERVERS);
	w->servers[w->opts.n_servers++].endpoint = script_closed_port();
}

void world_open(struct world *w)
{
	w->engine = dns_engine_new(w->loop, &w->opts);
	w->now = clock_mono();
}

void world_end(struct world *w)
{
	dns_engine_free(w->engine);
	for (int i = 0; i < WORLD_SERVERS; i++) {
		if (w->scripts[i] != NULL)
			script_free(w->scripts[i]);
	}
	loop_free(w->loop);
	metrics_done();
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct outcome *o = arg;

	ck_assert(!o->is_done);
	o->is_done = true;
	o->lookup = NULL;
	o->outcome = result->outcome;
	o->n_attempts = result->n_attempts;
	o->n_tries = result->n_tries;
	memcpy(o->tries, result->tries, result->n_tries * sizeof(o->tries[0]));
	if (result->answer != NULL) {
		o->n_data = result->answer->n_data;
		o->ttl = result->answer->ttl;
		o->rcode = result->answer->message->rcode;
	}
	o->world->n_done++;
}

void world_start(struct world *w, struct outcome *o, const char *name)
{
	struct dns_name wire = packet_wire(name);

	*o = (struct outcome){.world = w};
	w->n_started++;
	o->lookup = dns_lookup_start(w->engine,
	    &(struct dns_question){.name = &wire,
		.type = DNS_A,
		.flags = DNS_FLAG_RD,
		.avoid = w->avoid,
		.timeout = w->timeout,
		.attempts = w->attempts},
	    on_done, o);
	ck_assert_ptr_nonnull(o->lookup);
	ck_assert(!o->is_done);
}

static bool is_all_done(void *arg)
{
	const struct world *w = arg;

	return w->n_done == w->n_started;
}

void world_wait(struct world *w)
{
	run_until(w->loop, is_all_done, w, "lookups");
}

struct outcome world_ask(struct world *w, const char *name)
{
	static struct outcome o;

	world_start(w, &o, name);
	world_wait(w);
	return o;
}

struct dns_server_stats world_stats(const struct world *w, size_t server)
{
	struct dns_server_stats stats;

	dns_engine_server_stats(w->engine, server, &stats);
	return stats;
}

usec_t world_elapsed(const struct world *w)
{
	return clock_mono() - w->now;
}
