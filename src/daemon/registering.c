/* The parts that check registrations. */
#include "daemon/registering.h"

#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/small_file.h"
#include "fetch/exchange.h"
#include "jobs/opts.h"
#include "registration/bootstrap.h"
#include "registration/plan.h"
#include "registration/registration.h"
#include "registration/suffix.h"
#include "registration/tlds.h"

enum {
	MAX_MAP = 4 << 20,  /* bytes of registration.overrides and registration.bootstrap */
	MAX_WAITING = 20000 /* names that wait for their registries; about 1 kB each */
};

struct registering {
	struct suffixes *suffixes; /* owned, all of them */
	struct registries *registries;
	struct tlds *tlds;
	struct exchanger *exchanger;
	struct bootstrap *bootstrap;
	struct rdap_client *rdap;
	struct registration *registration;
	struct plan_parts plan_parts;
	struct registry_planner planner;
	char *source; /* owned; of the bootstrap: a file or a URL; NULL: none */
};

typedef bool load_fn(
    struct registries *registries, const char *json, size_t len, bool allows_http, struct buf *why);

/* --- Metrics --- */

static double get_age(void *arg)
{
	usec_t published_at = registries_published_at(((struct registering *)arg)->registries);

	return published_at > 0 ? (double)(clock_wall() - published_at) / USEC_PER_SEC : 0;
}

static double get_iana(void *arg)
{
	return (double)registries_count(((struct registering *)arg)->registries, REGISTRY_IANA);
}

static double get_built_in(void *arg)
{
	return (double)registries_count(((struct registering *)arg)->registries, REGISTRY_BUILT_IN);
}

static double get_operator(void *arg)
{
	return (double)registries_count(((struct registering *)arg)->registries, REGISTRY_OPERATOR);
}

static void add_metrics(struct registering *r)
{
	metrics_getter(METRIC_RDAP_BOOTSTRAP_AGE, get_age, r);
	metrics_getter(METRIC_RDAP_SUFFIXES, get_iana, r, "iana");
	metrics_getter(METRIC_RDAP_SUFFIXES, get_built_in, r, "built_in");
	metrics_getter(METRIC_RDAP_SUFFIXES, get_operator, r, "operator");
}

/* --- The parts --- */

/* Load a file of the settings; an empty path is none. */
static bool load(struct registries *registries, load_fn *take, const char *path, bool allows_http)
{
	struct buf text, why;
	enum err e;

	if (*path == '\0')
		return true;
	buf_init(&text, MAX_MAP);
	buf_init(&why, 1000);
	const char *fault = small_file_read(path, false, &text, &e);
	bool is_loaded = fault == NULL && take(registries, text.data != NULL ? text.data : "",
					      text.len, allows_http, &why);
	if (!is_loaded)
		log_error("rdap_servers_failed", "file=%s error=%s", log_quote(path),
		    log_quote(fault != NULL ? fault : why.data));
	buf_done(&text);
	buf_done(&why);
	return is_loaded;
}

static bool load_lists(struct registering *r, const struct conf *conf)
{
	const char *path = conf_text(conf, CONF_registration_suffix_list);
	bool allows_http = conf_number(conf, CONF_registration_allow_http) != 0;

	r->suffixes = suffixes_new(*path != '\0' ? path : NULL);
	r->registries = registries_new();
	if (r->suffixes == NULL) {
		log_error(
		    "suffix_list_failed", "file=%s", *path != '\0' ? log_quote(path) : "system");
		return false;
	}
	r->tlds = tlds_new(r->registries, r->suffixes, *path != '\0' ? path : NULL,
	    conf_text(conf, CONF_registration_tld_presets));
	return load(r->registries, registries_load_iana,
		   conf_text(conf, CONF_registration_bootstrap), allows_http) &&
	       load(r->registries, registries_load_operator,
		   conf_text(conf, CONF_registration_overrides), allows_http);
}

static void make_parts(struct registering *r, const struct conf *conf, const char *folder,
    struct loop *loop, struct offload *offload, struct checker *checker)
{
	const char *ca_file = conf_text(conf, CONF_downloads_ca_file);
	struct buf path, notes;
	usec_t timeout = (usec_t)conf_number(conf, CONF_registration_timeout);
	const struct exchanger_opts exchanger = {.loop = loop,
	    .checker = checker,
	    .ca_file = *ca_file != '\0' ? ca_file : NULL,
	    .user_agent = PACKAGE_NAME "/" PACKAGE_VERSION,
	    .total = 256,
	    .per_host = 8,
	    .timeout = timeout};

	r->exchanger = exchanger_new(&exchanger);
	if (r->exchanger == NULL)
		return;
	buf_init(&path, 4096);
	buf_addf(&path, "%s/rdap-bootstrap.json", folder);
	/* a file of the operator's is not replaced */
	const char *file = conf_text(conf, CONF_registration_bootstrap);
	const char *url = *file == '\0' ? conf_text(conf, CONF_registration_bootstrap_url) : "";
	if (*file != '\0' || *url != '\0')
		r->source = xstrdup(*file != '\0' ? file : url);
	const struct bootstrap_opts bootstrap = {.loop = loop,
	    .offload = offload,
	    .exchanger = r->exchanger,
	    .registries = r->registries,
	    .url = url,
	    .path = path.data,
	    .allows_http = conf_number(conf, CONF_registration_allow_http) != 0};
	r->bootstrap = bootstrap_new(&bootstrap);
	buf_done(&path);
	buf_init(&notes, 4096);
	buf_addf(&notes, "%s/rdap-hosts", folder);
	const struct rdap_client_opts rdap = {.loop = loop,
	    .exchanger = r->exchanger,
	    .offload = offload,
	    .notes_path = notes.data,
	    .rates = conf_text(conf, CONF_registration_rates),
	    .attempts = (uint32_t)conf_number(conf, CONF_registration_attempts)};
	r->rdap = rdap_client_new(&rdap);
	buf_done(&notes);
	const struct registration_opts registration = {.loop = loop,
	    .checker = checker,
	    .rdap = r->rdap,
	    .registries = r->registries,
	    .suffixes = r->suffixes,
	    .bootstrap = r->bootstrap,
	    .most = MAX_WAITING};
	r->registration = registration_new(&registration);
	r->plan_parts = (struct plan_parts){r->registration, r->rdap};
	r->planner = plan_planner(&r->plan_parts);
}

void registering_stop(struct registering *r)
{
	if (r == NULL)
		return;
	metrics_forget(r);
	registration_free(r->registration);
	rdap_client_free(r->rdap);
	bootstrap_free(r->bootstrap);
	exchanger_free(r->exchanger);
	tlds_free(r->tlds);
	registries_free(r->registries);
	suffixes_free(r->suffixes);
	free(r->source);
	free(r);
}

struct registering *registering_start(const struct conf *conf, const char *folder,
    struct loop *loop, struct offload *offload, struct checker *checker)
{
	struct registering *r = xcalloc(1, sizeof(*r));

	if (load_lists(r, conf))
		make_parts(r, conf, folder, loop, offload, checker);
	if (r->registration == NULL) {
		registering_stop(r);
		return NULL;
	}
	add_metrics(r);
	return r;
}

void registering_set_policy(struct registering *r, const struct policy *policy)
{
	exchanger_set_policy(r->exchanger, policy);
}

static bool add_tlds(const char *preset, struct text_list *tlds, void *arg)
{
	return tlds_add(((const struct registering *)arg)->tlds, preset, tlds);
}

void registering_fill(struct registering *r, struct core_opts *opts)
{
	opts->registration = r->registration;
	opts->planner = &r->planner;
	opts->add_tlds = add_tlds;
	opts->add_tlds_arg = r;
}

bool registering_host(size_t nth, struct registry_host_state *ret_state, void *arg)
{
	const struct registering *r = arg;

	return rdap_client_host(r->rdap, nth, ret_state);
}

void registering_bootstrap(struct bootstrap_state *ret_state, void *arg)
{
	const struct registering *r = arg;
	const struct registries *registries = r->registries;

	*ret_state = (struct bootstrap_state){.published_at = registries_published_at(registries),
	    .checked_at = bootstrap_checked_at(r->bootstrap),
	    .source = r->source,
	    .n_iana = registries_count(registries, REGISTRY_IANA),
	    .n_built_in = registries_count(registries, REGISTRY_BUILT_IN),
	    .n_operator = registries_count(registries, REGISTRY_OPERATOR)};
}
