/* The life of checks: turns, room, and the one way to finish. What is asked is the business of the
 * check. */
#include "check/checker.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "check/dns_outcome.h"
#include "check/private.h"

/* Probes between attempts hold no place in a window; this bounds them and the memory of all. */
enum { MAX_PROBES = 8192 };

static const struct check_ops *ops_of(const struct checker *checker, enum job_check check)
{
	switch (check) {
	case CHECK_RESOLVE:
	case N_CHECKS:
		break;
	}
	return checker->dns != NULL ? resolve_check() : resolve_evdns_check();
}

/* Let waiting checks ask while there is room, then tell that there is room for new ones. */
static void serve(void *arg)
{
	struct checker *checker = arg;
	struct check *check;

	while ((check = TAILQ_FIRST(&checker->turns)) != NULL) {
		TAILQ_REMOVE(&checker->turns, check, turn);
		check->has_turn = false;
		if (!check->ops->ask(check)) {
			TAILQ_INSERT_HEAD(&checker->turns, check, turn);
			check->has_turn = true;
			return;
		}
	}
	if (checker->on_room != NULL && checker_room(checker) > 0)
		checker->on_room(checker->on_room_arg);
}

static void on_resolver_room(void *arg)
{
	struct checker *checker = arg;

	defer_start(&checker->serve);
}

/* The DNS engine sends at the end of its turn what is started now. */
static void on_dns_room(void *arg)
{
	serve(arg);
}

static struct dns_engine *new_dns(struct checker *checker, const struct checker_opts *opts)
{
	struct dns_server_opts servers[RESOLVER_MAX_SERVERS];

	for (size_t i = 0; i < opts->resolver.n_servers; i++)
		servers[i] = (struct dns_server_opts){.endpoint = opts->resolver.servers[i]};
	struct dns_engine *dns =
	    dns_engine_new(checker->loop, &(struct dns_opts){.servers = servers,
					      .n_servers = opts->resolver.n_servers,
					      .max_lookups = MAX_PROBES,
					      .strategy = opts->in_order ? DNS_ORDER : DNS_SPREAD,
					      .pause = opts->pause});
	dns_engine_set_on_room(dns, on_dns_room, checker);
	checker->dns_metrics = dns_metrics_new(dns);
	return dns;
}

struct checker *checker_new(struct loop *loop, const struct checker_opts *opts)
{
	struct checker *checker = xcalloc(1, sizeof(*checker));

	checker->loop = loop;
	checker->timeout = opts->timeout;
	checker->attempts = opts->attempts;
	checker->confirmations = metrics_cell(METRIC_DNS_CONFIRMED);
	TAILQ_INIT(&checker->checks);
	TAILQ_INIT(&checker->turns);
	TAILQ_INIT(&checker->spare);
	defer_init(&checker->serve, loop, serve, checker);
	if (opts->hosts_path != NULL && hosts_load(opts->hosts_path, &checker->hosts) != OK)
		checker->hosts = NULL;
	if (!opts->use_evdns) {
		checker->dns = new_dns(checker, opts);
		return checker;
	}
	checker->resolver = resolver_new(loop, &opts->resolver);
	if (checker->resolver == NULL) {
		checker_free(checker);
		return NULL;
	}
	resolver_set_on_room(checker->resolver, on_resolver_room, checker);
	return checker;
}

bool checker_has_hosts(const struct checker *checker)
{
	return checker->hosts != NULL;
}

void checker_free(struct checker *checker)
{
	struct check *check;

	if (checker == NULL)
		return;
	defer_cancel(&checker->serve);
	while ((check = TAILQ_FIRST(&checker->checks)) != NULL)
		check_cancel(check);
	while ((check = TAILQ_FIRST(&checker->spare)) != NULL) {
		TAILQ_REMOVE(&checker->spare, check, link);
		free(check);
	}
	dns_metrics_free(checker->dns_metrics);
	dns_engine_free(checker->dns);
	resolver_free(checker->resolver);
	hosts_free(checker->hosts);
	free(checker);
}

void checker_set_defaults(struct checker *checker, usec_t timeout, uint32_t attempts)
{
	checker->timeout = timeout;
	checker->attempts = attempts;
}

static size_t n_servers(const struct checker *checker)
{
	return checker->dns != NULL ? dns_engine_n_servers(checker->dns)
				    : resolver_n_servers(checker->resolver);
}

/* Questions that may start now. */
static size_t server_room(const struct checker *checker)
{
	if (n_servers(checker) == 0)
		return MAX_PROBES; /* they end at once */
	return checker->dns != NULL ? dns_engine_room(checker->dns)
				    : resolver_room(checker->resolver);
}

static void want_room(struct checker *checker)
{
	if (checker->dns != NULL)
		dns_engine_want_room(checker->dns);
	else
		resolver_want_room(checker->resolver);
}

size_t checker_room(struct checker *checker)
{
	size_t room = server_room(checker);

	if (!TAILQ_EMPTY(&checker->turns))
		return 0; /* those come first */
	if (checker->n_checks >= MAX_PROBES)
		room = 0;
	else if (room > MAX_PROBES - checker->n_checks)
		room = MAX_PROBES - checker->n_checks;
	if (room == 0)
		want_room(checker);
	return room;
}

void checker_set_on_room(struct checker *checker, void (*on_room)(void *arg), void *arg)
{
	checker->on_room = on_room;
	checker->on_room_arg = arg;
}

size_t checker_in_flight(const struct checker *checker)
{
	return checker->n_checks;
}

usec_t checker_overdue(const struct checker *checker)
{
	return checker->dns != NULL ? dns_engine_overdue(checker->dns)
				    : resolver_overdue(checker->resolver);
}

static void on_pause(void *arg)
{
	check_take_turn(arg);
}

static struct check *new_probe(struct checker *checker)
{
	struct check *check = TAILQ_FIRST(&checker->spare);

	if (check != NULL) {
		TAILQ_REMOVE(&checker->spare, check, link);
	} else {
		check = xcalloc(1, sizeof(*check));
		check->checker = checker;
		timer_init(&check->pause, checker->loop, on_pause, check);
	}
	TAILQ_INSERT_TAIL(&checker->checks, check, link);
	checker->n_checks++;
	return check;
}

struct check *check_start(
    struct checker *checker, const struct check_request *request, check_fn *on_done, void *arg)
{
	struct check *check = new_probe(checker);

	check->ops = ops_of(checker, request->check);
	check->on_done = on_done;
	check->arg = arg;
	check->timeout = request->timeout > 0 ? request->timeout : checker->timeout;
	check->max_attempts = request->attempts > 0 ? request->attempts : checker->attempts;
	memcpy(check->name, request->name, request->name_len);
	check->name[request->name_len] = '\0';
	struct result *r = &check->result;
	r->index = request->index;
	r->attempts = 0;
	r->name = check->name;
	r->name_len = request->name_len;
	r->ttl = r->n_addresses = r->n_evidence = 0;
	check->type = RR_A;
	check->attempts = 0;
	check->is_confirming = false;
	check->avoid = NULL;
	check->failure = REASON_NONE;
	check->started_at = clock_mono();
	if (!check->ops->ask(check))
		check_take_turn(check);
	return check;
}

void check_take_turn(struct check *check)
{
	struct checker *checker = check->checker;

	if (!check->has_turn)
		TAILQ_INSERT_TAIL(&checker->turns, check, turn);
	check->has_turn = true;
	defer_start(&checker->serve);
}

void check_pause(struct check *check, usec_t delay)
{
	timer_start(&check->pause, delay);
}

static bool answer_from_hosts(struct check *check)
{
	struct result *r = &check->result;
	size_t n;
	const struct address *addresses = hosts_find(check->checker->hosts, check->name, &n);

	if (addresses == NULL)
		return false;
	memcpy(r->addresses, addresses, n * sizeof(*addresses));
	r->n_addresses = (uint32_t)n;
	result_add_evidence(r, &(struct evidence){.source = SOURCE_HOSTS});
	return true;
}

bool check_ask_nobody(struct check *check)
{
	struct checker *checker = check->checker;
	bool is_first = check->attempts == 0 && check->type == RR_A && !check->is_confirming;

	if (is_first && checker->hosts != NULL &&
	    hosts_find(checker->hosts, check->name, &(size_t){0}) != NULL) {
		if (check->result.n_evidence == 0) {
			answer_from_hosts(check);
			check_pause(check, 0);
		} else {
			check_finish(check, ITEM_FOUND, REASON_NONE);
		}
		return true;
	}
	if (n_servers(checker) > 0)
		return false;
	if (check->attempts++ == 0)
		check_pause(check, 0);
	else
		check_finish(check, ITEM_ERROR, REASON_NO_RESOLVER);
	return true;
}

/* Take the check out of all lists; it can be used again. */
static void release(struct check *check)
{
	struct checker *checker = check->checker;

	timer_cancel(&check->pause);
	check->ops->stop(check);
	if (check->has_turn)
		TAILQ_REMOVE(&checker->turns, check, turn);
	check->has_turn = false;
	TAILQ_REMOVE(&checker->checks, check, link);
	checker->n_checks--;
}

void check_finish(struct check *check, enum item_status status, enum reason reason)
{
	struct checker *checker = check->checker;
	struct result *r = &check->result;

	release(check);
	r->status = status;
	r->reason = reason;
	r->duration = clock_mono() - check->started_at;
	r->finished_at = clock_wall();
	check->on_done(r, check->arg);
	TAILQ_INSERT_HEAD(&checker->spare, check, link);
	defer_start(&checker->serve);
}

void check_cancel(struct check *check)
{
	struct checker *checker = check->checker;

	release(check);
	TAILQ_INSERT_HEAD(&checker->spare, check, link);
	defer_start(&checker->serve);
}
