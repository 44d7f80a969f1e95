/* The checker of checks, as the settings want it. */
#include "daemon/resolving.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/log.h"
#include "check/checker.h"
#include "check/resolv_conf.h"
#include "check/server_list.h"

/* In the order of their names in conf_value.c. */
enum { RESOLVER_ENGINE, RESOLVER_EVDNS };
enum { STRATEGY_AUTO, STRATEGY_ORDER, STRATEGY_SPREAD };

static bool is_in_order(const struct conf *conf, bool is_configured)
{
	uint64_t strategy = conf_number(conf, CONF_dns_strategy);

	return strategy == STRATEGY_ORDER || (strategy == STRATEGY_AUTO && !is_configured);
}

/* The servers of the settings, or else of resolv.conf. */
static bool read_servers(const struct conf *conf, struct server_list *ret_list)
{
	const char *path = conf_text(conf, CONF_dns_resolv_conf);
	struct buf why;

	buf_init(&why, 4096);
	enum err e = server_list_read(conf_text(conf, CONF_dns_servers), ret_list, &why);
	if (e != OK)
		log_error("name_servers", "why=%s", log_quote(why.len > 0 ? why.data : "too many"));
	buf_done(&why);
	if (e != OK || ret_list->n > 0)
		return e == OK;
	ret_list->servers = xcalloc(RESOLVER_MAX_SERVERS, sizeof(*ret_list->servers));
	if (resolv_conf_load(path, RESOLVER_MAX_SERVERS, ret_list->servers, &ret_list->n) != OK)
		log_warning("no_name_servers", "file=%s items=fail", log_quote(path));
	return true;
}

/* What a reload can change. */
static void read_defaults(const struct conf *conf, struct checker_opts *opts)
{
	opts->timeout = (usec_t)conf_number(conf, CONF_dns_timeout);
	opts->attempts = (uint32_t)conf_number(conf, CONF_dns_attempts);
}

struct checker *resolving_start(const struct conf *conf, struct loop *loop)
{
	const char *hosts = conf_text(conf, CONF_dns_hosts_file);
	struct server_list list;
	struct checker_opts opts = {.hosts_path = *hosts != '\0' ? hosts : NULL,
	    .check_every = (usec_t)conf_number(conf, CONF_dns_check_interval),
	    .known_name = conf_text(conf, CONF_dns_known_name),
	    .max_qps = (double)conf_number(conf, CONF_dns_max_qps),
	    .in_order = is_in_order(conf, conf_number(conf, CONF_dns_servers) > 0),
	    .use_evdns = conf_number(conf, CONF_dns_resolver) == RESOLVER_EVDNS};

	read_defaults(conf, &opts);
	if (!read_servers(conf, &list))
		return NULL;
	opts.servers = list.servers;
	opts.n_servers = list.n;
	struct checker *checker = checker_new(loop, &opts);
	server_list_done(&list);
	if (checker == NULL)
		log_error(
		    "resolver_init_failed", "resolver=%s", opts.use_evdns ? "evdns" : "engine");
	else if (opts.hosts_path != NULL && !checker_has_hosts(checker))
		log_warning("no_hosts_file", "file=%s names=asked", log_quote(hosts));
	if (opts.use_evdns && opts.n_servers > RESOLVER_MAX_SERVERS)
		log_warning(
		    "name_servers", "used=%d given=%zu", RESOLVER_MAX_SERVERS, opts.n_servers);
	return checker;
}

void resolving_change(struct checker *checker, const struct conf *conf)
{
	struct checker_opts opts = {.n_servers = 0};

	read_defaults(conf, &opts);
	checker_set_defaults(checker, opts.timeout, opts.attempts);
}

bool resolving_name_server(size_t nth, struct name_server *ret_server, void *arg)
{
	return checker_name_server(arg, nth, ret_server);
}
