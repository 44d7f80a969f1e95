/* A checker for each list of servers. */
#include "check/checker_pool.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "loop/loop.h"

#define IDLE  (60 * USEC_PER_SEC)
#define SWEEP (5 * USEC_PER_SEC)

enum { MAX_CHECKERS = 64, MAX_CHECKS = 1024 /* of each */ };

struct member {
	LIST_ENTRY(member) link;
	struct server_set servers;
	struct checker *checker; /* owned */
	bool is_denied;
	usec_t used_at;
};

struct checker_pool {
	struct checker_pool_opts opts;
	LIST_HEAD(, member) members;
	size_t n_members;
	struct timer sweep;
	void (*on_room)(void *arg);
	void *on_room_arg;
};

static double get_n_members(void *arg)
{
	return (double)((struct checker_pool *)arg)->n_members;
}

static void free_member(struct checker_pool *pool, struct member *m)
{
	LIST_REMOVE(m, link);
	pool->n_members--;
	checker_free(m->checker);
	free(m);
}

static void on_sweep(void *arg)
{
	struct checker_pool *pool = arg;
	struct member *m, *next;
	usec_t now = clock_mono();

	for (m = LIST_FIRST(&pool->members); m != NULL; m = next) {
		next = LIST_NEXT(m, link);
		if (checker_in_flight(m->checker) > 0)
			m->used_at = now;
		if (now - m->used_at >= IDLE)
			free_member(pool, m);
	}
	if (pool->n_members > 0)
		timer_start(&pool->sweep, SWEEP);
	if (pool->n_members < MAX_CHECKERS && pool->on_room != NULL)
		pool->on_room(pool->on_room_arg);
}

struct checker_pool *checker_pool_new(const struct checker_pool_opts *opts)
{
	struct checker_pool *pool = xcalloc(1, sizeof(*pool));

	pool->opts = *opts;
	timer_init(&pool->sweep, opts->loop, on_sweep, pool);
	metrics_getter(METRIC_DNS_JOB_SERVERS, get_n_members, pool);
	return pool;
}

void checker_pool_free(struct checker_pool *pool)
{
	struct member *m;

	if (pool == NULL)
		return;
	metrics_forget(pool);
	timer_cancel(&pool->sweep);
	while ((m = LIST_FIRST(&pool->members)) != NULL)
		free_member(pool, m);
	free(pool);
}

const char *checker_pool_judge(struct checker_pool *pool, const struct endpoint *server)
{
	return pool->opts.judge(server, pool->opts.arg);
}

bool checker_pool_is_allowed(const struct checker_pool *pool)
{
	return pool->opts.is_allowed(pool->opts.arg);
}

static bool is_denied(struct checker_pool *pool, const struct server_set *servers)
{
	if (!checker_pool_is_allowed(pool))
		return true;
	for (size_t i = 0; i < servers->n; i++) {
		if (checker_pool_judge(pool, &servers->all[i]) != NULL)
			return true;
	}
	return false;
}

static struct checker_opts opts_of(const struct checker_pool *pool, const struct member *m)
{
	struct checker_opts opts = pool->opts.make_opts(pool->opts.arg);

	opts.servers = m->servers.all;
	opts.n_servers = m->is_denied ? 0 : m->servers.n;
	opts.is_denied = m->is_denied;
	opts.urls = NULL;
	opts.hosts_path = NULL;
	opts.use_evdns = opts.in_order = opts.is_implied = false;
	opts.use_tcp = opts.has_no_aaaa = false; /* options of resolv.conf */
	opts.asks_authorities = false;
	opts.is_uncounted = true;
	opts.max_checks = MAX_CHECKS;
	return opts;
}

static void on_room(void *arg)
{
	struct checker_pool *pool = arg;

	if (pool->on_room != NULL)
		pool->on_room(pool->on_room_arg);
}

static struct member *new_member(struct checker_pool *pool, const struct server_set *servers)
{
	struct member *m = xcalloc(1, sizeof(*m));

	m->servers = *servers;
	m->is_denied = is_denied(pool, servers);
	struct checker_opts opts = opts_of(pool, m);
	m->checker = checker_new(pool->opts.loop, &opts);
	checker_set_on_room(m->checker, on_room, pool);
	LIST_INSERT_HEAD(&pool->members, m, link);
	pool->n_members++;
	if (!timer_is_set(&pool->sweep))
		timer_start(&pool->sweep, SWEEP);
	return m;
}

static struct member *find(const struct checker_pool *pool, const struct server_set *servers)
{
	struct member *m;

	LIST_FOREACH (m, &pool->members, link) {
		if (server_set_equal(&m->servers, servers))
			return m;
	}
	return NULL;
}

struct checker *checker_pool_get(struct checker_pool *pool, const struct server_set *servers)
{
	struct member *m = find(pool, servers);

	if (m == NULL)
		m = new_member(pool, servers);
	m->used_at = clock_mono();
	return m->checker;
}

bool checker_pool_has_room(struct checker_pool *pool, const struct server_set *servers)
{
	const struct member *m = find(pool, servers);

	return m != NULL ? checker_room(m->checker) > 0 : pool->n_members < MAX_CHECKERS;
}

void checker_pool_set_on_room(struct checker_pool *pool, void (*on_room_fn)(void *arg), void *arg)
{
	pool->on_room = on_room_fn;
	pool->on_room_arg = arg;
}

void checker_pool_renew(struct checker_pool *pool)
{
	struct member *m;

	LIST_FOREACH (m, &pool->members, link) {
		bool was_denied = m->is_denied;
		m->is_denied = is_denied(pool, &m->servers);
		struct checker_opts opts = opts_of(pool, m);
		checker_set_defaults(m->checker, opts.timeout, opts.attempts);
		if (m->is_denied != was_denied)
			checker_set_servers(m->checker, &opts);
	}
}

void checker_pool_on_network(struct checker_pool *pool)
{
	struct member *m;

	LIST_FOREACH (m, &pool->members, link)
		checker_on_network(m->checker);
}

usec_t checker_pool_overdue(const struct checker_pool *pool)
{
	const struct member *m;
	usec_t most = 0;

	LIST_FOREACH (m, &pool->members, link) {
		usec_t overdue = checker_overdue(m->checker);
		most = overdue > most ? overdue : most;
	}
	return most;
}
