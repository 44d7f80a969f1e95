/* The parts that fetch files. */
#include "daemon/fetching.h"

#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "wire/flag_metadata.h"

static void read_servers(struct fetching *f, const struct conf *conf)
{
	f->n_servers = conf_list(conf, CONF_flags_servers, f->texts, FETCHING_MAX_SERVERS);
	for (size_t i = 0; i < f->n_servers; i++) {
		char *equals =
		    strchr(f->texts[i], '='); /* there is one: the settings were checked */
		*equals = '\0';
		f->servers[i] = (struct flag_server){.label = f->texts[i], .base_url = equals + 1};
	}
}

static const char *text_or_null(const struct conf *conf, enum setting setting)
{
	const char *text = conf_text(conf, setting);

	return *text != '\0' ? text : NULL;
}

enum err fetching_start(struct fetching *f, const struct conf *conf, const char *folder,
    struct loop *loop, struct offload *offload, struct engine *engine)
{
	struct buf path;
	struct fetcher_opts opts = {.loop = loop,
	    .offload = offload,
	    .engine = engine,
	    .ca_file = text_or_null(conf, CONF_downloads_ca_file),
	    .user_agent = PACKAGE_NAME "/" PACKAGE_VERSION,
	    .find_country = flag_metadata_country,
	    .total = (unsigned)conf_number(conf, CONF_downloads_total),
	    .per_host = (unsigned)conf_number(conf, CONF_downloads_per_host),
	    .rate_per_host = (double)conf_number(conf, CONF_downloads_rate_per_host),
	    .max_bytes = conf_number(conf, CONF_downloads_max_bytes),
	    .quota = conf_number(conf, CONF_downloads_quota),
	    .timeout = (usec_t)conf_number(conf, CONF_downloads_timeout),
	    .connect_timeout = (usec_t)conf_number(conf, CONF_downloads_connect_timeout),
	    .attempts = (uint32_t)conf_number(conf, CONF_downloads_attempts),
	    .may_downgrade = conf_number(conf, CONF_downloads_allow_downgrade) != 0};

	buf_init(&path, 4096);
	if (text_or_null(conf, CONF_downloads_dir) != NULL)
		buf_add_str(&path, conf_text(conf, CONF_downloads_dir));
	else
		buf_addf(&path, "%s/downloads", folder);
	opts.folder = path.data;
	read_servers(f, conf);
	enum err e = fetcher_new(&opts, &f->fetcher);
	if (e != OK)
		log_error("downloads_folder", "path=%s error=%s", log_quote(path.data),
		    log_quote(strerror(errno)));
	buf_done(&path);
	return e;
}

void fetching_allow(struct fetching *f, const struct conf *conf, const struct endpoint *listeners,
    size_t n_listeners)
{
	const struct policy_opts opts = {.allow = conf_text(conf, CONF_targets_allow),
	    .deny = conf_text(conf, CONF_targets_deny),
	    .ports = conf_text(conf, CONF_targets_ports),
	    .listeners = listeners,
	    .n_listeners = n_listeners};
	struct policy *old = f->policy;

	f->policy = policy_new(&opts);
	fetcher_set_policy(f->fetcher, f->policy);
	policy_free(old);
}

void fetching_stop(struct fetching *f)
{
	fetcher_free(f->fetcher);
	policy_free(f->policy);
	for (size_t i = 0; i < f->n_servers; i++)
		free(f->texts[i]);
}
