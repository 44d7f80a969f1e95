/* The checker of checks, as the settings want it. */
#include "daemon/resolving.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "check/checker_pool.h"
#include "check/hosts.h"
#include "check/resolv_conf.h"
#include "check/server_list.h"
#include "daemon/network.h"
#include "fetch/doh.h"
#include "fetch/policy.h"
#include "loop/offload.h"

/* In the order of their names in conf_value.c. */
enum { RESOLVER_ENGINE, RESOLVER_EVDNS };
enum { MODE_RECURSIVE, MODE_AUTHORITY };
enum { STRATEGY_AUTO, STRATEGY_ORDER, STRATEGY_SPREAD };

/* What the files say. */
struct sources {
	struct server_list list; /* of the settings; empty: those of `conf` are asked */
	struct resolv_conf conf;
	struct hosts *hosts; /* owned; NULL: none, or not to be read */
	struct buf why;      /* the list can't be read; empty: it can */
	struct buf ignored;
};

struct resolving {
	const struct conf *conf; /* borrowed, and so are the next two */
	struct loop *loop;
	struct offload *offload;
	struct checker *checker;          /* owned */
	struct checker_pool *job_servers; /* owned */
	const struct policy *policy;      /* borrowed; of servers of jobs; NULL: not known yet */
	struct network network;
	struct sources now; /* in force; without the hosts file, which the checker has */
	struct offload_task task;
	struct sources read;                 /* by the task */
	char *servers, *resolv_conf, *hosts; /* owned; for the task */
	bool is_reading, is_again;
};

static void done_sources(struct sources *sources)
{
	server_list_done(&sources->list);
	hosts_free(sources->hosts);
	buf_done(&sources->why);
	buf_done(&sources->ignored);
	*sources = (struct sources){.hosts = NULL};
}

/* May block. */
static void read_sources(const struct resolving *r, struct sources *ret_sources)
{
	struct sources *s = ret_sources;

	*s = (struct sources){.hosts = NULL};
	buf_init(&s->why, 4096);
	buf_init(&s->ignored, 4096);
	enum err e = server_list_read(r->servers, &s->list, &s->why);
	if (e != OK && s->why.len == 0)
		buf_addf(&s->why, "%s", e == ERR_TOO_BIG ? "too many" : "not an address");
	if (e == OK && s->list.n == 0)
		resolv_conf_read(r->resolv_conf, &s->conf, &s->ignored);
	if (*r->hosts != '\0' && hosts_load(r->hosts, &s->hosts) != OK)
		s->hosts = NULL;
}

static bool is_in_order(const struct resolving *r, const struct sources *s)
{
	uint64_t strategy = conf_number(r->conf, CONF_dns_strategy);

	return strategy == STRATEGY_ORDER ||
	       (strategy == STRATEGY_AUTO && s->list.n == 0 && !s->conf.rotate);
}

/* evdns speaks no HTTPS. */
static void refuse_urls(const struct resolving *r, struct sources *s)
{
	bool is_refused = false;

	for (size_t i = 0; i < s->list.n; i++)
		is_refused = is_refused || s->list.urls[i] != NULL;
	if (is_refused && conf_number(r->conf, CONF_dns_resolver) == RESOLVER_EVDNS)
		buf_add_str(&s->why, "HTTPS needs dns.resolver = engine");
}

static const struct dns_carrier *make_carrier(
    const char *url, const struct endpoint *server, void *arg)
{
	const struct resolving *r = arg;
	const char *ca_file = conf_text(r->conf, CONF_downloads_ca_file);

	return doh_new(&(struct doh_opts){.loop = r->loop,
	    .url = url,
	    .address = server->address,
	    .ca_file = *ca_file != '\0' ? ca_file : NULL,
	    .user_agent = PACKAGE_NAME "/" PACKAGE_VERSION});
}

static struct checker_opts make_opts(const struct resolving *r, const struct sources *s)
{
	const struct conf *conf = r->conf;
	bool is_listed = s->list.n > 0;

	return (struct checker_opts){.servers = is_listed ? s->list.servers : s->conf.servers,
	    .n_servers = is_listed ? s->list.n : s->conf.n_servers,
	    .urls = is_listed ? s->list.urls : NULL,
	    .make_carrier = make_carrier,
	    .carrier_arg = (void *)r,
	    .is_implied = !is_listed && s->conf.is_implied,
	    .use_tcp = s->conf.use_vc,
	    .has_no_aaaa = s->conf.no_aaaa,
	    .timeout = (usec_t)conf_number(conf, CONF_dns_timeout),
	    .attempts = (uint32_t)conf_number(conf, CONF_dns_attempts),
	    .check_every = (usec_t)conf_number(conf, CONF_dns_check_interval),
	    .known_name = conf_text(conf, CONF_dns_known_name),
	    .asks_authorities = conf_number(conf, CONF_dns_mode) == MODE_AUTHORITY,
	    .max_qps = (double)conf_number(conf, CONF_dns_max_qps),
	    .in_order = is_in_order(r, s),
	    .use_evdns = conf_number(conf, CONF_dns_resolver) == RESOLVER_EVDNS};
}

/* Tell what is in force from now on. */
static void log_sources(const struct resolving *r, const struct sources *s)
{
	struct checker_opts opts = make_opts(r, s);
	char first[ENDPOINT_TEXT_SIZE] = "";

	endpoint_format(&opts.servers[0], first);
	if (opts.is_implied)
		log_warning("no_name_servers", "file=%s asked=%s items=wait",
		    log_quote(r->resolv_conf), first);
	else
		log_info("name_servers_used", "n=%zu first=%s", opts.n_servers, first);
	if (s->ignored.len > 0)
		log_info("resolv_conf_ignored", "file=%s words=%s", log_quote(r->resolv_conf),
		    log_quote(s->ignored.data + 1));
}

static bool is_same_url(const struct checker_opts *x, const struct checker_opts *y, size_t i)
{
	const char *a = x->urls != NULL ? x->urls[i] : NULL,
		   *b = y->urls != NULL ? y->urls[i] : NULL;

	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool are_same(const struct resolving *r, const struct sources *a, const struct sources *b)
{
	struct checker_opts x = make_opts(r, a), y = make_opts(r, b);
	bool is_same = x.n_servers == y.n_servers && x.is_implied == y.is_implied &&
		       x.use_tcp == y.use_tcp && x.has_no_aaaa == y.has_no_aaaa &&
		       x.in_order == y.in_order;

	for (size_t i = 0; is_same && i < x.n_servers; i++) {
		char one[ENDPOINT_TEXT_SIZE], other[ENDPOINT_TEXT_SIZE];
		endpoint_format(&x.servers[i], one);
		endpoint_format(&y.servers[i], other);
		is_same = strcmp(one, other) == 0 && x.servers[i].scope == y.servers[i].scope &&
			  is_same_url(&x, &y, i);
	}
	return is_same;
}

static void take_up(struct resolving *r, struct sources *s)
{
	struct checker_opts opts = make_opts(r, s);

	checker_set_hosts(r->checker, TAKE(s->hosts));
	if (are_same(r, &r->now, s))
		return;
	checker_set_servers(r->checker, &opts);
	log_sources(r, s);
	struct sources before = r->now;
	r->now = *s;
	*s = before;
}

static void read_again(struct resolving *r);

static void on_read(struct offload_task *task)
{
	struct resolving *r =
	    (struct resolving *)(void *)((char *)task - offsetof(struct resolving, task));

	r->is_reading = false;
	refuse_urls(r, &r->read);
	if (r->read.why.len > 0)
		log_error("name_servers", "why=%s servers=unchanged", log_quote(r->read.why.data));
	else
		take_up(r, &r->read);
	done_sources(&r->read);
	if (r->is_again)
		read_again(r);
}

static void work(struct offload_task *task)
{
	struct resolving *r =
	    (struct resolving *)(void *)((char *)task - offsetof(struct resolving, task));

	read_sources(r, &r->read);
}

static void read_again(struct resolving *r)
{
	r->is_again = r->is_reading;
	if (r->is_reading)
		return;
	r->is_reading = true;
	r->task = (struct offload_task){.work = work, .done = on_read};
	offload_submit(r->offload, &r->task);
}

static void on_files(void *arg)
{
	read_again(arg);
}

/* An interface may have come that a server's address names, so the lists are read too. */
static void on_addresses(void *arg)
{
	struct resolving *r = arg;

	checker_on_network(r->checker);
	checker_pool_on_network(r->job_servers);
	read_again(r);
}

void resolving_change(struct resolving *r)
{
	struct checker_opts opts = make_opts(r, &r->now);

	checker_set_defaults(r->checker, opts.timeout, opts.attempts);
	checker_pool_renew(r->job_servers);
	read_again(r);
}

static void start_network(struct resolving *r)
{
	struct network_opts opts = {
	    .loop = r->loop, .on_files = on_files, .on_addresses = on_addresses, .arg = r};

	opts.files[0] = *r->hosts != '\0' ? r->hosts : NULL;
	opts.files[1] = r->now.list.n == 0 ? r->resolv_conf : NULL;
	network_start(&r->network, &opts);
}

/* --- Name servers of jobs --- */

static struct checker_opts make_job_opts(void *arg)
{
	const struct resolving *r = arg;

	return make_opts(r, &r->now);
}

static bool are_job_servers_allowed(void *arg)
{
	const struct resolving *r = arg;

	return conf_number(r->conf, CONF_dns_job_servers) != 0;
}

static const char *judge_job_server(const struct endpoint *server, void *arg)
{
	const struct resolving *r = arg;

	return r->policy != NULL ? policy_judge_name_server(r->policy, server) : "no policy";
}

static void make_job_servers(struct resolving *r)
{
	r->job_servers = checker_pool_new(&(struct checker_pool_opts){.loop = r->loop,
	    .make_opts = make_job_opts,
	    .is_allowed = are_job_servers_allowed,
	    .judge = judge_job_server,
	    .arg = r});
}

struct checker_pool *resolving_job_servers(const struct resolving *r)
{
	return r->job_servers;
}

struct resolving *resolving_new(const struct conf *conf, struct loop *loop, struct offload *offload)
{
	struct resolving *r = xcalloc(1, sizeof(*r));

	*r = (struct resolving){.conf = conf,
	    .loop = loop,
	    .offload = offload,
	    .servers = xstrdup(conf_text(conf, CONF_dns_servers)),
	    .resolv_conf = xstrdup(conf_text(conf, CONF_dns_resolv_conf)),
	    .hosts = xstrdup(conf_text(conf, CONF_dns_hosts_file))};
	read_sources(r, &r->now);
	refuse_urls(r, &r->now);
	if (r->now.why.len > 0) {
		log_error("name_servers", "why=%s", log_quote(r->now.why.data));
		resolving_free(r);
		return NULL;
	}
	struct checker_opts opts = make_opts(r, &r->now);
	r->checker = checker_new(loop, &opts);
	if (*r->hosts != '\0' && r->now.hosts == NULL)
		log_warning("no_hosts_file", "file=%s names=asked", log_quote(r->hosts));
	checker_set_hosts(r->checker, TAKE(r->now.hosts));
	log_sources(r, &r->now);
	make_job_servers(r);
	start_network(r);
	return r;
}

void resolving_stop(struct resolving *r)
{
	if (r != NULL)
		network_stop(&r->network);
}

void resolving_free(struct resolving *r)
{
	if (r == NULL)
		return;
	network_stop(&r->network);
	checker_pool_free(r->job_servers);
	checker_free(r->checker);
	done_sources(&r->now);
	done_sources(&r->read);
	FREE_ALL(r->servers, r->resolv_conf, r->hosts, r);
}

static bool may_ask(const struct endpoint *authority, void *arg)
{
	return policy_judge_address(arg, authority) == NULL;
}

void resolving_set_policy(struct resolving *r, const struct policy *policy)
{
	r->policy = policy;
	checker_set_policy(r->checker, may_ask, (void *)policy);
	checker_pool_renew(r->job_servers);
}

usec_t resolving_overdue(const struct resolving *r)
{
	usec_t own = checker_overdue(r->checker), jobs = checker_pool_overdue(r->job_servers);

	return own > jobs ? own : jobs;
}

struct checker *resolving_checker(const struct resolving *r)
{
	return r->checker;
}

bool resolving_name_server(size_t nth, struct name_server *ret_server, void *arg)
{
	return checker_name_server(arg, nth, ret_server);
}
