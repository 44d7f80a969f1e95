/* The checker of checks, as the settings want it. */
#include "daemon/resolving.h"

#include <stdlib.h>

#include "base/log.h"
#include "check/checker.h"
#include "check/resolv_conf.h"

/* In the order of their names in conf_value.c. */
enum { RESOLVER_ENGINE, RESOLVER_EVDNS };
enum { STRATEGY_AUTO, STRATEGY_ORDER, STRATEGY_SPREAD };

static bool is_in_order(const struct conf *conf, bool is_configured)
{
	uint64_t strategy = conf_number(conf, CONF_dns_strategy);

	return strategy == STRATEGY_ORDER || (strategy == STRATEGY_AUTO && !is_configured);
}

/* The servers to ask: their addresses were checked with the settings. */
static void read_servers(const struct conf *conf, struct resolver_opts *opts)
{
	char *texts[RESOLVER_MAX_SERVERS];
	size_t n = conf_list(conf, CONF_dns_servers, texts, RESOLVER_MAX_SERVERS);

	for (size_t i = 0; i < n; i++) {
		if (endpoint_parse(texts[i], 53, &opts->servers[opts->n_servers]))
			opts->n_servers++;
		free(texts[i]);
	}
}

struct checker *resolving_start(const struct conf *conf, struct loop *loop)
{
	const char *hosts = conf_text(conf, CONF_dns_hosts_file),
		   *resolv_conf = conf_text(conf, CONF_dns_resolv_conf);
	struct checker_opts opts = {.hosts_path = *hosts != '\0' ? hosts : NULL,
	    .timeout = (usec_t)conf_number(conf, CONF_dns_timeout),
	    .attempts = (uint32_t)conf_number(conf, CONF_dns_attempts),
	    .check_every = (usec_t)conf_number(conf, CONF_dns_check_interval),
	    .known_name = conf_text(conf, CONF_dns_known_name),
	    .max_qps = (double)conf_number(conf, CONF_dns_max_qps),
	    .use_evdns = conf_number(conf, CONF_dns_resolver) == RESOLVER_EVDNS};

	read_servers(conf, &opts.resolver);
	opts.in_order = is_in_order(conf, opts.resolver.n_servers > 0);
	if (opts.resolver.n_servers == 0 &&
	    resolv_conf_load(resolv_conf, RESOLVER_MAX_SERVERS, opts.resolver.servers,
		&opts.resolver.n_servers) != OK)
		log_warning("no_name_servers", "file=%s items=fail", log_quote(resolv_conf));
	struct checker *checker = checker_new(loop, &opts);
	if (checker == NULL)
		log_error(
		    "resolver_init_failed", "resolver=%s", opts.use_evdns ? "evdns" : "engine");
	else if (opts.hosts_path != NULL && !checker_has_hosts(checker))
		log_warning("no_hosts_file", "file=%s names=asked", log_quote(hosts));
	return checker;
}

bool resolving_name_server(size_t nth, struct name_server *ret_server, void *arg)
{
	return checker_name_server(arg, nth, ret_server);
}
