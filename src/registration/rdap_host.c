#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "model/url.h"
#include "registration/host_notes.h"
#include "registration/rates.h"
#include "registration/rdap_private.h"

/* A rate that grew is written no more often: what is lost of it by a crash is slower, not faster.
 */
static const usec_t keep_every = 10 * USEC_PER_SEC;

static void on_serve(void *arg)
{
	rdap_host_serve(arg);
}

void rdap_host_keep(struct host *host)
{
	struct budget_note note;

	host->kept_at = clock_mono();
	budget_describe(&host->budget, host->kept_at, clock_wall(), &note);
	host_notes_put(host->client->notes, host->name, &note);
}

void rdap_host_on_answer(struct host *host)
{
	double before = host->budget.rate;
	usec_t now = clock_mono();

	metric_add(host->client->answered, 1);
	budget_on_answer(&host->budget, now);
	if (host->budget.rate > before && now - host->kept_at >= keep_every)
		rdap_host_keep(host);
}

void rdap_host_on_refusal(struct host *host, uint32_t status, usec_t retry_after)
{
	usec_t now = clock_mono();

	host->n_refused++;
	metric_add(host->client->refused, 1);
	budget_on_refusal(&host->budget, now, retry_after);
	log_warning("rdap_refused", "host=%s status=%u rate=%.3g resting=%d", host->name,
	    (unsigned)status, host->budget.rate, budget_is_resting(&host->budget, now));
	rdap_host_keep(host);
}

/* How fast to ask a host: as fast as the operator lets, with a margin, since what leaves here
 * evenly may arrive together. Other hosts begin with what careful clients are set to. */
static void init_budget(
    struct rdap_client *client, const char *name, const struct registry *registry, struct budget *b)
{
	double limit = rates_find(client->rates, name), most = limit * 0.93;
	struct registry_host known = registry_host_find(name, registry->suffix);
	const struct budget_note *note = host_notes_find(client->notes, name);
	usec_t now = clock_mono();

	if (most > 0)
		budget_init(b, most, most, limit > 50 ? limit * 0.03 : limit > 10 ? 1.5 : 1, now);
	else if (registry->source == REGISTRY_OPERATOR)
		budget_init(b, 10, 10, 20, now);
	else
		budget_init(b, known.rate, known.rate * 2, known.burst, now);
	if (note != NULL)
		budget_resume(b, note, now, clock_wall());
}

struct host *rdap_host_find(
    struct rdap_client *client, const char *name, const struct registry *registry)
{
	struct host *host;

	HASH_FIND_STR(client->hosts, name, host);
	if (host != NULL)
		return host;
	host = xcalloc(1, sizeof(*host));
	host->name = xstrdup(name);
	host->client = client;
	TAILQ_INIT(&host->waiting);
	TAILQ_INIT(&host->running);
	TAILQ_INIT(&host->ready);
	timer_init(&host->timer, client->opts.loop, on_serve, host);
	defer_init(&host->serve, client->opts.loop, on_serve, host);
	host->has_401 = registry_host_find(name, registry->suffix).has_401;
	init_budget(client, name, registry, &host->budget);
	HASH_ADD_KEYPTR(hh, client->hosts, host->name, strlen(host->name), host);
	host->no = client->n_hosts++;
	client->by_no = xrealloc(client->by_no, client->n_hosts * sizeof(*client->by_no));
	client->by_no[host->no] = host;
	host->is_kept = host_notes_find(client->notes, name) != NULL;
	if (!host->is_kept)
		rdap_host_keep(host);
	return host;
}

size_t rdap_client_queue_most(const struct rdap_client *client, uint32_t host)
{
	return 16 + (size_t)(2 * client->by_no[host]->budget.rate);
}

bool rdap_host_name(const struct registry *registry, char ret_name[static REGISTRY_HOST_SIZE])
{
	struct url url;

	if (url_parse(registry->base_url, strlen(registry->base_url), &url) != URL_GOOD)
		return false;
	snprintf(ret_name, REGISTRY_HOST_SIZE, url.port == (url.is_tls ? 443 : 80) ? "%s" : "%s:%u",
	    url.host, (unsigned)url.port);
	url_done(&url);
	return true;
}

static void set_wait(
    const char *name, const struct budget *b, uint64_t ahead, struct registry_wait *ret_wait)
{
	usec_t now = clock_mono(), wall = clock_wall();
	usec_t held = b->held_until > now ? b->held_until - now : 0;

	*ret_wait = (struct registry_wait){.rate = b->rate,
	    .held_until = held > 0 ? wall + held : 0,
	    .eta = wall + held + (usec_t)((double)ahead / b->rate * USEC_PER_SEC)};
	snprintf(ret_wait->host, sizeof(ret_wait->host), "%s", name);
}

void rdap_client_wait(const struct rdap_client *client, uint32_t host, uint64_t n_parked,
    struct registry_wait *ret_wait)
{
	const struct host *h = client->by_no[host];

	set_wait(h->name, &h->budget, h->n_waiting + h->n_running + n_parked, ret_wait);
}

bool rdap_client_plan(struct rdap_client *client, const struct registry *registry, uint64_t n_names,
    struct registry_wait *ret_wait)
{
	char name[REGISTRY_HOST_SIZE];
	struct budget fresh;
	const struct host *h;

	if (!rdap_host_name(registry, name))
		return false;
	HASH_FIND_STR(client->hosts, name, h);
	if (h == NULL)
		init_budget(client, name, registry, &fresh);
	set_wait(name, h != NULL ? &h->budget : &fresh,
	    n_names + (h != NULL ? h->n_waiting + h->n_running : 0), ret_wait);
	ret_wait->left = n_names;
	return true;
}

bool rdap_client_host(
    const struct rdap_client *client, size_t nth, struct registry_host_state *ret_state)
{
	usec_t now = clock_mono();

	if (nth >= client->n_hosts)
		return false;
	const struct host *h = client->by_no[nth];
	*ret_state = (struct registry_host_state){.rate = h->budget.rate,
	    .n_waiting = h->n_waiting,
	    .held_until =
		h->budget.held_until > now ? clock_wall() + h->budget.held_until - now : 0,
	    .is_resting = budget_is_resting(&h->budget, now),
	    .n_asked = h->n_asked,
	    .n_refused = h->n_refused};
	snprintf(ret_state->host, sizeof(ret_state->host), "%s", h->name);
	return true;
}

static double count_hosts(const struct rdap_client *client, bool is_held, bool is_resting)
{
	const struct host *h;
	usec_t now = clock_mono();
	double n = 0;

	for (h = client->hosts; h != NULL; h = h->hh.next)
		n += (h->budget.held_until > now) == is_held &&
		     budget_is_resting(&h->budget, now) == is_resting;
	return n;
}

static double get_asked(void *arg)
{
	return count_hosts(arg, false, false);
}

static double get_held(void *arg)
{
	return count_hosts(arg, true, false);
}

static double get_resting(void *arg)
{
	return count_hosts(arg, true, true);
}

static double get_waiting(void *arg)
{
	return (double)rdap_client_count(arg);
}

void rdap_hosts_add_metrics(struct rdap_client *client)
{
	client->answered = metrics_cell(METRIC_RDAP_REQUESTS, "answered");
	client->refused = metrics_cell(METRIC_RDAP_REQUESTS, "refused");
	client->failed = metrics_cell(METRIC_RDAP_REQUESTS, "failed");
	metrics_getter(METRIC_RDAP_HOSTS, get_asked, client, "asked");
	metrics_getter(METRIC_RDAP_HOSTS, get_held, client, "held");
	metrics_getter(METRIC_RDAP_HOSTS, get_resting, client, "resting");
	metrics_getter(METRIC_RDAP_WAITING, get_waiting, client);
}

void rdap_host_free(struct host *host)
{
	timer_cancel(&host->timer);
	defer_cancel(&host->serve);
	free(host->name);
	free(host);
}
