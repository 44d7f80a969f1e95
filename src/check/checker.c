/* The life of checks: turns, room, and the one way to finish. What is asked is the business of the
 * check. */
#include "check/checker.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/metrics.h"
#include "check/dns_outcome.h"
#include "check/private.h"
#include "check/resolver_evdns.h"
#include "check/wild.h"
#include "check/zones.h"
#include "model/records.h"

/* Probes between attempts hold no place in a window; this bounds them and the memory of all. */
enum { MAX_PROBES = 8192 };

enum { SEEN_MAX = 256 * 1024 /* bytes of a check, for wildcards */ };

/* Before a check begins anew that no server answered, and that none was named for. */
/* Each kind of check has a row; CHECK_REGISTRATION is no question to the DNS alone and has a room.
 */
static void init_kinds(struct checker *checker)
{
	static const struct check_ops *(*const rows[N_CHECKS])(void) = {
	    [CHECK_RESOLVE] = resolve_check,
	    [CHECK_RECORDS] = records_check,
	    [CHECK_DELEGATION] = delegation_check};

	for (int i = 0; i < N_CHECKS; i++) {
		struct check_kind *kind = &checker->kinds[i];
		if (rows[i] != NULL)
			kind->ops = rows[i]();
		TAILQ_INIT(&kind->spare);
	}
}

/* Let waiting checks ask while there is room, then tell that there is room for new ones. */
static void serve(void *arg)
{
	struct checker *checker = arg;
	struct check *check;
	struct room_listener *listener;

	while ((check = TAILQ_FIRST(&checker->turns)) != NULL) {
		TAILQ_REMOVE(&checker->turns, check, turn);
		check->has_turn = false;
		if (!check->kind->ops->ask(check)) {
			TAILQ_INSERT_HEAD(&checker->turns, check, turn);
			check->has_turn = true;
			return;
		}
	}
	if (checker->on_room != NULL && checker_room(checker) > 0)
		checker->on_room(checker->on_room_arg);
	LIST_FOREACH (listener, &checker->listeners, link) {
		if (checker_room(checker) > 0)
			listener->on_room(listener->arg);
	}
}

/* The DNS engine sends at the end of its turn what is started now. */
static void on_dns_room(void *arg)
{
	serve(arg);
}

static struct dns_engine *new_dns(struct checker *checker, const struct checker_opts *opts)
{
	AUTO_FREE struct dns_server_opts *servers = xcalloc(opts->n_servers, sizeof(*servers));
	struct dns_name known;
	bool has_known = opts->known_name != NULL && *opts->known_name != '\0' &&
			 dns_name_from_text(opts->known_name, strlen(opts->known_name), &known);

	for (size_t i = 0; i < opts->n_servers; i++) {
		const struct endpoint *e = &opts->servers[i];
		const char *url = opts->urls != NULL ? opts->urls[i] : NULL;
		servers[i] = (struct dns_server_opts){.endpoint = *e,
		    .carrier = url != NULL ? opts->make_carrier(url, e, opts->carrier_arg) : NULL,
		    .max_qps = opts->max_qps};
	}
	struct dns_engine *dns =
	    dns_engine_new(checker->loop, &(struct dns_opts){.servers = servers,
					      .n_servers = opts->n_servers,
					      .max_lookups = checker->max_checks,
					      .strategy = opts->in_order ? DNS_ORDER : DNS_SPREAD,
					      .pause = opts->pause,
					      .use_tcp = opts->use_tcp,
					      .check_every = opts->check_every,
					      .known_name = has_known ? &known : NULL});
	dns_engine_set_on_room(dns, on_dns_room, checker);
	if (!opts->is_uncounted)
		checker->dns_metrics = dns_metrics_new(dns);
	return dns;
}

/* No check of a delegation is under way. */
static void forget_authorities(struct checker *checker)
{
	parents_clear(checker->zones);
	authority_table_free(checker->authority_table);
	checker->authority_table = authority_table_new(checker);
}

static void free_servers(struct checker *checker)
{
	wildcards_free(TAKE(checker->wildcards));
	parents_clear(checker->wild);
	forget_authorities(checker);
	dns_metrics_free(TAKE(checker->dns_metrics));
	dns_engine_free(TAKE(checker->dns));
}

void checker_set_servers(struct checker *checker, const struct checker_opts *opts)
{
	struct check *check;

	TAILQ_FOREACH (check, &checker->checks, link) {
		if (!check->has_verdict)
			check_begin_anew(check, 0);
	}
	free_servers(checker);
	checker->has_no_aaaa = opts->has_no_aaaa;
	checker->is_implied = opts->is_implied;
	checker->is_in_order = opts->in_order;
	checker->asks_authorities = opts->asks_authorities;
	checker->max_qps = opts->max_qps;
	checker->pause = opts->pause;
	checker->is_denied = opts->is_denied;
	checker->dns = new_dns(checker, opts);
	checker->wildcards = wildcards_new(checker->loop, checker->dns);
	if (checker->resolver != NULL) {
		bool is_fit = !opts->use_tcp && opts->max_qps == 0;
		resolver_set_servers(
		    checker->resolver, opts->servers, is_fit ? opts->n_servers : 0);
	}
	defer_start(&checker->serve);
}

void checker_set_policy(struct checker *checker,
    bool (*may_ask)(const struct endpoint *authority, void *arg), void *arg)
{
	struct check *check;

	checker->may_ask = may_ask;
	checker->may_ask_arg = arg;
	TAILQ_FOREACH (check, &checker->checks, link) {
		if (checker->asks_authorities && check->kind->ops == delegation_check() &&
		    !check->has_verdict)
			check_begin_anew(check, 0);
	}
	forget_authorities(checker);
}

void checker_set_hosts(struct checker *checker, struct hosts *hosts)
{
	hosts_free(checker->hosts);
	checker->hosts = hosts;
}

void checker_on_network(struct checker *checker)
{
	if (checker->dns != NULL)
		dns_engine_on_network(checker->dns);
	authority_table_on_network(checker->authority_table);
}

struct checker *checker_new(struct loop *loop, const struct checker_opts *opts)
{
	struct checker *checker = xcalloc(1, sizeof(*checker));

	checker->loop = loop;
	checker->timeout = opts->timeout;
	checker->attempts = opts->attempts;
	checker->wild = wild_new(checker);
	checker->zones = zones_new(checker);
	checker->max_checks = opts->max_checks > 0 ? opts->max_checks : MAX_PROBES;
	TAILQ_INIT(&checker->checks);
	TAILQ_INIT(&checker->turns);
	init_kinds(checker);
	defer_init(&checker->serve, loop, serve, checker);
	if (opts->hosts_path != NULL && hosts_load(opts->hosts_path, &checker->hosts) != OK)
		checker->hosts = NULL;
	if (opts->use_evdns)
		checker->resolver = resolver_new(loop);
	checker_set_servers(checker, opts);
	return checker;
}

void checker_free(struct checker *checker)
{
	struct check *check;

	if (checker == NULL)
		return;
	defer_cancel(&checker->serve);
	while ((check = TAILQ_FIRST(&checker->checks)) != NULL)
		check_cancel(check);
	for (int i = 0; i < N_CHECKS; i++) {
		struct check_kind *kind = &checker->kinds[i];
		while ((check = TAILQ_FIRST(&kind->spare)) != NULL) {
			TAILQ_REMOVE(&kind->spare, check, link);
			buf_done(&check->texts);
			buf_done(&check->tagged);
			buf_done(&check->seen);
			free(check);
		}
	}
	free_servers(checker);
	resolver_free(checker->resolver);
	authority_table_free(checker->authority_table);
	parents_free(checker->wild);
	parents_free(checker->zones);
	hosts_free(checker->hosts);
	free(checker);
}

void checker_set_defaults(struct checker *checker, usec_t timeout, uint32_t attempts)
{
	checker->timeout = timeout;
	checker->attempts = attempts;
}

size_t checker_room(struct checker *checker)
{
	size_t room = checker->is_denied ? checker->max_checks : dns_engine_room(checker->dns);

	if (!TAILQ_EMPTY(&checker->turns))
		return 0; /* those come first */
	if (checker->n_checks >= checker->max_checks)
		room = 0;
	else if (room > checker->max_checks - checker->n_checks)
		room = checker->max_checks - checker->n_checks;
	if (room == 0)
		dns_engine_want_room(checker->dns);
	return room;
}

void room_listen(struct room_listener *listener, struct checker *checker)
{
	LIST_INSERT_HEAD(&checker->listeners, listener, link);
}

void room_listen_stop(struct room_listener *listener)
{
	LIST_REMOVE(listener, link);
}

void checker_set_on_room(struct checker *checker, void (*on_room)(void *arg), void *arg)
{
	checker->on_room = on_room;
	checker->on_room_arg = arg;
}

bool checker_name_server(const struct checker *checker, size_t nth, struct name_server *ret_server)
{
	if (nth >= dns_engine_n_servers(checker->dns))
		return false;
	dns_outcome_server(checker->dns, nth, ret_server);
	return true;
}

size_t checker_n_servers(const struct checker *checker)
{
	return checker->asks_authorities ? SIZE_MAX : dns_engine_n_servers(checker->dns);
}

size_t checker_in_flight(const struct checker *checker)
{
	return checker->n_checks;
}

usec_t checker_overdue(const struct checker *checker)
{
	usec_t dns = dns_engine_overdue(checker->dns);
	usec_t authorities = authority_table_overdue(checker->authority_table);

	return dns > authorities ? dns : authorities;
}

static void on_pause(void *arg)
{
	struct check *check = arg;

	if (check->has_verdict)
		check_finish(check, check->result.status, check->result.reason);
	else if (check->checker->is_denied)
		check_finish(check, ITEM_ERROR, REASON_POLICY);
	else
		check_await_turn(check);
}

/* Most checks need little; the memory of one that took much is given back. */
static void renew_buf(struct buf *b)
{
	enum { KEPT = 4096 };

	if (b->room > KEPT)
		buf_done(b);
	buf_clear(b);
}

static struct check *new_check(struct checker *checker, enum job_check type)
{
	struct check_kind *kind = &checker->kinds[type];
	struct check *check = TAILQ_FIRST(&kind->spare);

	if (check != NULL) {
		TAILQ_REMOVE(&kind->spare, check, link);
	} else {
		check = xcalloc(1, sizeof(*check) + kind->ops->state_size);
		check->checker = checker;
		check->kind = kind;
		timer_init(&check->pause, checker->loop, on_pause, check);
		buf_init(&check->texts, RECORDS_MAX);
		buf_init(&check->tagged, RESULT_MAX_FIELDS);
		buf_init(&check->seen, SEEN_MAX);
	}
	renew_buf(&check->texts);
	renew_buf(&check->tagged);
	renew_buf(&check->seen);
	check->has_verdict = false;
	memset(check->state, 0, kind->ops->state_size);
	TAILQ_INSERT_TAIL(&checker->checks, check, link);
	checker->n_checks++;
	return check;
}

/* Names under .onion are not asked of the DNS: that would tell of them (RFC 7686 section 2). */
static bool is_onion(const char *name, size_t len)
{
	static const char onion[] = ".onion";
	size_t n = sizeof(onion) - 1;

	return strcmp(name, onion + 1) == 0 || (len > n && memcmp(name + len - n, onion, n) == 0);
}

struct check *check_start(
    struct checker *checker, const struct check_request *request, check_fn *on_done, void *arg)
{
	struct check *check = new_check(checker, request->check);
	const struct check_ops *ops = check->kind->ops;

	check->on_done = on_done;
	check->arg = arg;
	check->timeout = request->timeout > 0 ? request->timeout : checker->timeout;
	check->max_attempts = request->attempts > 0 ? request->attempts : checker->attempts;
	check->families = request->asked != NULL ? (enum check_families)request->asked->family
						 : request->families;
	memcpy(check->name, request->name, request->name_len);
	check->name[request->name_len] = '\0';
	struct result *r = &check->result;
	r->index = request->index;
	r->attempts = 0;
	r->name = check->name;
	r->name_len = request->name_len;
	r->ttl = r->n_addresses = r->n_evidence = 0;
	r->tagged = (struct span){NULL, 0};
	check->asked = request->asked != NULL ? *request->asked : (struct check_spec){0};
	check->has_avoid = request->avoid != NULL;
	if (check->has_avoid)
		check->avoid = *request->avoid;
	check->started_at = clock_mono();
	if (ops->answer_locally != NULL && ops->answer_locally(check))
		check_finish_soon(check, ITEM_FOUND, REASON_NONE);
	else if (checker->is_denied || is_onion(check->name, r->name_len))
		check_finish_soon(check, ITEM_ERROR, REASON_POLICY);
	else if (!ops->ask(check))
		check_await_turn(check);
	return check;
}
