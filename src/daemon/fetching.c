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

static struct flag_set *read_servers(const struct conf *conf)
{
	struct flag_set *set = xcalloc(1, sizeof(*set));

	set->n_servers = conf_list(conf, CONF_flags_servers, set->texts, FETCHING_MAX_SERVERS);
	for (size_t i = 0; i < set->n_servers; i++) {
		char *equals =
		    strchr(set->texts[i], '='); /* there is one: the settings were checked */
		*equals = '\0';
		set->servers[i] =
		    (struct flag_server){.label = set->texts[i], .base_url = equals + 1};
	}
	return set;
}

static void free_set(struct flag_set *set)
{
	for (size_t i = 0; i < set->n_servers; i++)
		free(set->texts[i]);
	free(set);
}

static bool is_same(const struct flag_set *a, const struct flag_set *b)
{
	bool same = a->n_servers == b->n_servers;

	for (size_t i = 0; same && i < a->n_servers; i++)
		same = strcmp(a->servers[i].label, b->servers[i].label) == 0 &&
		       strcmp(a->servers[i].base_url, b->servers[i].base_url) == 0;
	return same;
}

static const char *text_or_null(const struct conf *conf, enum setting setting)
{
	const char *text = conf_text(conf, setting);

	return *text != '\0' ? text : NULL;
}

/* What a reload can change. */
static void read_limits(const struct conf *conf, struct fetcher_opts *opts)
{
	opts->total = (unsigned)conf_number(conf, CONF_downloads_total);
	opts->per_host = (unsigned)conf_number(conf, CONF_downloads_per_host);
	opts->h2_streams = (unsigned)conf_number(conf, CONF_downloads_h2_streams);
	opts->rate_per_host = (double)conf_number(conf, CONF_downloads_rate_per_host);
	opts->max_bytes = conf_number(conf, CONF_downloads_max_bytes);
	opts->quota = conf_number(conf, CONF_downloads_quota);
	opts->timeout = (usec_t)conf_number(conf, CONF_downloads_timeout);
	opts->connect_timeout = (usec_t)conf_number(conf, CONF_downloads_connect_timeout);
	opts->attempts = (uint32_t)conf_number(conf, CONF_downloads_attempts);
	opts->syncs = conf_number(conf, CONF_downloads_sync) != 0;
	opts->may_downgrade = conf_number(conf, CONF_downloads_allow_downgrade) != 0;
}

enum err fetching_start(struct fetching *f, const struct conf *conf, const char *folder,
    const struct id *store, struct loop *loop, struct offload *offload, struct checker *checker)
{
	struct buf path;
	char owner[ID_TEXT_SIZE];
	struct fetcher_opts opts = {.owner = owner,
	    .loop = loop,
	    .offload = offload,
	    .checker = checker,
	    .ca_file = text_or_null(conf, CONF_downloads_ca_file),
	    .user_agent = PACKAGE_NAME "/" PACKAGE_VERSION,
	    .find_country = flag_metadata_country};

	id_format(store, owner);
	read_limits(conf, &opts);
	buf_init(&path, 4096);
	if (text_or_null(conf, CONF_downloads_dir) != NULL)
		buf_add_str(&path, conf_text(conf, CONF_downloads_dir));
	else
		buf_addf(&path, "%s/downloads", folder);
	opts.folder = path.data;
	f->flags = read_servers(conf);
	enum err e = fetcher_new(&opts, &f->fetcher);
	if (e != OK)
		log_error("downloads_dir_failed", "path=%s error=%s", log_quote(path.data),
		    log_quote(e == ERR_BUSY ? "in use by another daemon" : strerror(errno)));
	else if (fetcher_owner(f->fetcher) != NULL)
		log_warning("downloads_dir_foreign",
		    "path=%s owner=%s database=%s removed=own_jobs_only", log_quote(path.data),
		    log_quote(fetcher_owner(f->fetcher)), owner);
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

bool fetching_change(struct fetching *f, const struct conf *conf)
{
	struct fetcher_opts limits = {.total = 0};
	struct flag_set *set = read_servers(conf);

	read_limits(conf, &limits);
	fetcher_set_limits(f->fetcher, &limits);
	if (is_same(f->flags, set)) {
		free_set(set);
		return false;
	}
	set->older = f->flags;
	f->flags = set;
	return true;
}

void fetching_stop(struct fetching *f)
{
	struct flag_set *set;

	fetcher_free(f->fetcher);
	policy_free(f->policy);
	while ((set = f->flags) != NULL) {
		f->flags = set->older;
		free_set(set);
	}
}
