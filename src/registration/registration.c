#include "registration/registration.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "loop/loop.h"
#include "model/registration.h"
#include "model/tagged.h"
#include "model/target.h"
#include "registration/asked_jobs.h"
#include "registration/bootstrap.h"
#include "registration/doubts.h"
#include "registration/for_sale.h"
#include "registration/suffix.h"
#include "registration/verdict.h"

/* What the DNS said: a result is too large to keep for each name that waits for its registry. */
struct dns_part {
	enum dns_word word;
	enum reason reason;
	uint32_t attempts, n_evidence;
	struct evidence evidence[RESULT_MAX_EVIDENCE];
};

struct enquiry {
	TAILQ_ENTRY(enquiry) link;
	struct registration *registration;
	check_fn *on_done;
	void (*on_parked)(uint32_t host, void *arg);
	void *arg;
	struct id job;
	struct rdap_params rdap;
	uint32_t index;
	struct check *check;      /* under way, or NULL */
	struct rdap_query *query; /* likewise */
	bool is_pending;          /* until the bootstrap is there; it is in registration->pending */
	TAILQ_ENTRY(enquiry) pending;
	struct defer end; /* of one that needs no question */
	usec_t started_at, timeout;
	usec_t max_age; /* of an answer from the cache */
	uint32_t attempts;
	struct dns_part dns;
	struct verdict verdict; /* and what is known beside it: */
	struct buf facts;
	struct doubt doubt;
	char name[TARGET_MAX + 1];
	const char *registrable; /* in `name`; NULL: it has no public suffix, or is one */
};

struct registration {
	struct registration_opts opts;
	struct doubts *doubts;   /* owned */
	struct asked_jobs *jobs; /* owned; those with RDAP_MOST */
	TAILQ_HEAD(enquiry_list, enquiry) enquiries, pending;
	size_t n_enquiries;
	void (*on_room)(void *arg);
	void *on_room_arg;
	struct room_listener listener;
};

/* --- The end --- */

static void release(struct enquiry *e)
{
	struct registration *r = e->registration;

	if (e->check != NULL)
		check_cancel(e->check);
	if (e->query != NULL)
		rdap_query_cancel(e->query);
	if (e->is_pending)
		TAILQ_REMOVE(&r->pending, e, pending);
	doubt_cancel(&e->doubt);
	defer_cancel(&e->end);
	buf_done(&e->facts);
	TAILQ_REMOVE(&r->enquiries, e, link);
	r->n_enquiries--;
	free(e);
}

static void tell_room(void *arg)
{
	struct registration *r = arg;

	if (r->on_room != NULL)
		r->on_room(r->on_room_arg);
}

/* End with what is known by now. */
static void finish(struct enquiry *e)
{
	check_fn *on_done = e->on_done;
	void *arg = e->arg;
	struct registration *r = e->registration;
	struct buf facts = e->facts, tagged;
	char name[TARGET_MAX + 1];
	struct result result = {.index = e->index,
	    .name = name,
	    .name_len = strlen(e->name),
	    .status = e->verdict.status,
	    .reason = e->verdict.reason,
	    .attempts = e->dns.attempts,
	    .n_evidence = e->dns.n_evidence,
	    .duration = clock_mono() - e->started_at,
	    .finished_at = clock_wall()};

	memcpy(name, e->name, sizeof(name));
	memcpy(result.evidence, e->dns.evidence, sizeof(result.evidence));
	buf_init(&e->facts, 0);
	buf_init(&tagged, RESULT_MAX_FIELDS);
	tagged_add(&tagged, RESULT_TAG_REGISTRATION, (struct span){facts.data, facts.len});
	result.tagged = (struct span){tagged.data, tagged.len};
	release(e);
	on_done(&result, arg);
	buf_done(&facts);
	buf_done(&tagged);
	tell_room(r);
}

static void on_doubt(bool is_believed, void *arg)
{
	struct enquiry *e = arg;

	if (is_believed)
		registration_facts_add(
		    &e->facts, &(struct registration_facts){.is_likely_available = true});
	finish(e);
}

/* The second opinion stands before the first one, which decides. */
static void on_second_opinion(const struct evidence *evidence, void *arg)
{
	struct enquiry *e = arg;
	struct dns_part *dns = &e->dns;
	struct evidence first = dns->evidence[dns->n_evidence - 1];

	if (dns->n_evidence < RESULT_MAX_EVIDENCE)
		dns->n_evidence++;
	dns->evidence[dns->n_evidence - 1] = first;
	if (dns->n_evidence > 1) {
		dns->evidence[dns->n_evidence - 2] = *evidence;
		dns->evidence[dns->n_evidence - 2].cname = (struct span){NULL, 0};
	}
}

static struct check_request make_question(const struct enquiry *e)
{
	return (struct check_request){.check = CHECK_DELEGATION,
	    .index = e->index,
	    .name = e->registrable,
	    .name_len = strlen(e->registrable),
	    .timeout = e->timeout,
	    .attempts = e->attempts};
}

static void on_for_sale(const struct result *result, void *arg)
{
	struct enquiry *e = arg;

	e->check = NULL;
	for_sale_read(result, &e->facts);
	finish(e);
}

/* The verdict is known. A name that the DNS does not know and the registry says nothing of is
 * likely available, if the DNS can be believed. */
static void conclude(struct enquiry *e, struct verdict v, const struct registration_facts *facts)
{
	const struct dns_part *dns = &e->dns;
	const struct check_request request = make_question(e);

	e->verdict = v;
	registration_facts_add(&e->facts, facts);
	if (v.status == ITEM_REGISTERED && e->rdap.wants_details)
		e->check = for_sale_start(e->registration->opts.checker, &request, on_for_sale, e);
	if (e->check != NULL)
		return;
	if (v.status != ITEM_UNKNOWN || dns->word != DNS_ABSENT || dns->n_evidence == 0) {
		finish(e);
		return;
	}
	e->doubt.on_done = on_doubt;
	e->doubt.on_evidence = on_second_opinion;
	e->doubt.arg = e;
	doubt_start(&e->doubt, e->registration->doubts, &request,
	    &dns->evidence[dns->n_evidence - 1], strchr(e->registrable, '.') + 1);
}

/* The DNS settles it, or nobody else can be asked. */
static void conclude_by_dns(struct enquiry *e, enum reason reason)
{
	static const struct registration_facts facts;

	conclude(e, verdict_without_rdap(e->dns.word, e->dns.reason, reason), &facts);
}

/* --- RDAP --- */

static struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

static void on_rdap(const struct rdap_outcome *o, void *arg)
{
	struct enquiry *e = arg;
	const struct rdap_answer *a = &o->answer;
	struct verdict v = verdict_of(e->dns.word, e->dns.reason, a->verdict, o->reason);
	struct registration_facts facts = {.has_conflict = v.has_conflict,
	    .has_details = a->verdict == RDAP_REGISTERED,
	    .drops = a->drops,
	    .registrar = span_of(a->registrar),
	    .created = a->created,
	    .expires = a->expires,
	    .n_statuses = a->n_statuses,
	    .rdap_url = o->asked_at > 0 ? span_of(o->url) : (struct span){NULL, 0},
	    .rdap_status = o->status,
	    .is_cached = o->is_cached,
	    .rdap_at = o->asked_at,
	    .rdap_duration = o->duration,
	    .rdap_detail = span_of(a->why)};

	for (uint32_t i = 0; i < a->n_statuses; i++)
		facts.statuses[i] = span_of(a->statuses[i]);
	e->query = NULL;
	conclude(e, v, &facts);
}

/* --- The DNS --- */

static bool may_ask_rdap(const struct enquiry *e)
{
	switch (e->rdap.use) {
	case RDAP_UNLIKELY_ONLY:
		return e->dns.word != DNS_ABSENT;
	case RDAP_MOST:
		if (e->on_parked == NULL) /* it was counted before it was parked */
			return true;
		return asked_jobs_count(e->registration->jobs, &e->job, e->rdap.most);
	case RDAP_ALL:
		break;
	}
	return true;
}

/* End it for now when its registry's server has enough to do. */
static bool park(struct enquiry *e, const struct registry *registry)
{
	void (*on_parked)(uint32_t host, void *arg) = e->on_parked;
	struct registration *r = e->registration;
	void *arg = e->arg;
	uint32_t host;

	if (on_parked == NULL || rdap_client_has_room(r->opts.rdap, registry, &host))
		return false;
	release(e);
	on_parked(host, arg);
	tell_room(r);
	return true;
}

static bool is_known(const struct enquiry *e, const struct registry *registry)
{
	return rdap_client_knows(e->registration->opts.rdap, e->registrable, registry, e->max_age);
}

/* Ask the registry where the DNS leaves something open, if it can be asked. */
static void go_on(struct enquiry *e)
{
	const struct registration_opts *opts = &e->registration->opts;
	struct registry registry;

	if (e->dns.word == DNS_EXISTS && !e->rdap.wants_details) {
		conclude_by_dns(e, REASON_NONE);
	} else if (!registries_find(opts->registries, e->registrable, &registry) &&
		   !bootstrap_is_ready(opts->bootstrap)) {
		e->is_pending = true;
		TAILQ_INSERT_TAIL(&e->registration->pending, e, pending);
	} else if (!registries_find(opts->registries, e->registrable, &registry)) {
		bool has_bootstrap = registries_published_at(opts->registries) > 0;
		conclude_by_dns(e, has_bootstrap ? REASON_NO_RDAP : REASON_NO_BOOTSTRAP);
	} else if (!is_known(e, &registry) && !may_ask_rdap(e)) {
		conclude_by_dns(e, REASON_RDAP_BUDGET);
	} else if (is_known(e, &registry) || !park(e, &registry)) {
		e->query =
		    rdap_query_start(opts->rdap, e->registrable, &registry, e->max_age, on_rdap, e);
		if (e->query == NULL)
			conclude_by_dns(e, REASON_INTERNAL);
	}
}

static void on_bootstrap(void *arg)
{
	struct registration *r = arg;
	struct enquiry *e;

	while ((e = TAILQ_FIRST(&r->pending)) != NULL) {
		TAILQ_REMOVE(&r->pending, e, pending);
		e->is_pending = false;
		go_on(e);
	}
}

static void on_dns(const struct result *result, void *arg)
{
	struct enquiry *e = arg;

	e->check = NULL;
	e->dns = (struct dns_part){.word = verdict_dns_word(result),
	    .reason = result->reason,
	    .attempts = result->attempts,
	    .n_evidence = result->n_evidence};
	memcpy(e->dns.evidence, result->evidence, sizeof(e->dns.evidence));
	for (uint32_t i = 0; i < e->dns.n_evidence; i++)
		e->dns.evidence[i].cname = (struct span){NULL, 0}; /* the check's */
	go_on(e);
}

/* --- Enquiries --- */

static void on_end(void *arg)
{
	struct enquiry *e = arg;

	e->verdict = (struct verdict){.status = ITEM_UNKNOWN, .reason = REASON_NO_RDAP};
	finish(e);
}

/* The name with one label more than its suffix: by the list, or where the operator names a longer
 * suffix, by that. */
static const char *find_registrable(const struct registration_opts *opts, const char *name)
{
	const char *suffix = suffixes_find(opts->suffixes, name);
	struct registry registry;

	if (registries_find(opts->registries, name, &registry) &&
	    (suffix == NULL || strlen(registry.suffix) > strlen(suffix)))
		suffix = name + strlen(name) - strlen(registry.suffix);
	if (suffix == NULL || suffix == name)
		return NULL;
	for (suffix--; suffix > name && suffix[-1] != '.';)
		suffix--;
	return suffix;
}

const char *registration_suffix(
    const struct registration *registration, const char *name, struct registry *ret_registry)
{
	const char *registrable = find_registrable(&registration->opts, name);

	*ret_registry = (struct registry){.base_url = NULL};
	if (registrable == NULL)
		return NULL;
	if (registries_find(registration->opts.registries, registrable, ret_registry))
		return ret_registry->suffix;
	return strchr(registrable, '.') + 1;
}

struct enquiry *enquiry_start(struct registration *registration,
    const struct registration_request *request, check_fn *on_done, void *arg)
{
	struct enquiry *e = xcalloc(1, sizeof(*e));

	e->registration = registration;
	e->on_done = on_done;
	e->on_parked = request->on_parked;
	e->arg = arg;
	e->job = request->job;
	e->rdap = request->rdap;
	e->max_age = e->rdap.has_max_age ? (usec_t)e->rdap.max_age * USEC_PER_SEC : INT64_MAX;
	e->started_at = clock_mono();
	buf_init(&e->facts, RESULT_MAX_FIELDS / 2);
	memcpy(e->name, request->name, request->name_len);
	defer_init(&e->end, registration->opts.loop, on_end, e);
	TAILQ_INSERT_TAIL(&registration->enquiries, e, link);
	registration->n_enquiries++;
	bootstrap_want(registration->opts.bootstrap, on_bootstrap, registration);
	e->index = request->index;
	e->registrable = find_registrable(&registration->opts, e->name);
	if (e->registrable == NULL) {
		defer_start(&e->end);
		return e;
	}
	e->timeout = request->timeout;
	e->attempts = request->attempts;
	const struct check_request check = make_question(e);
	e->check = check_start(registration->opts.checker, &check, on_dns, e);
	return e;
}

void enquiry_cancel(struct enquiry *enquiry)
{
	release(enquiry);
}

/* --- All of them --- */

struct registration *registration_new(const struct registration_opts *opts)
{
	struct registration *r = xcalloc(1, sizeof(*r));

	r->opts = *opts;
	TAILQ_INIT(&r->enquiries);
	TAILQ_INIT(&r->pending);
	r->jobs = asked_jobs_new();
	r->doubts = doubts_new(opts->loop, opts->checker);
	r->listener = (struct room_listener){.on_room = tell_room, .arg = r};
	room_listen(&r->listener, opts->checker);
	return r;
}

void registration_forget_job(struct registration *registration, const struct id *job)
{
	asked_jobs_forget(registration->jobs, job);
}

void registration_free(struct registration *registration)
{
	if (registration == NULL)
		return;
	while (!TAILQ_EMPTY(&registration->enquiries))
		release(TAILQ_FIRST(&registration->enquiries));
	doubts_free(registration->doubts);
	room_listen_stop(&registration->listener);
	asked_jobs_free(registration->jobs);
	free(registration);
}

size_t registration_room(struct registration *registration)
{
	size_t n = registration->n_enquiries, most = registration->opts.most;
	size_t by_dns = checker_room(registration->opts.checker);

	return n >= most ? 0 : by_dns < most - n ? by_dns : most - n;
}

void registration_set_on_room(
    struct registration *registration, void (*on_room)(void *arg), void *arg)
{
	registration->on_room = on_room;
	registration->on_room_arg = arg;
}

size_t registration_queue_most(const struct registration *registration, uint32_t host)
{
	return rdap_client_queue_most(registration->opts.rdap, host);
}

uint32_t registration_n_hosts(const struct registration *registration)
{
	return rdap_client_n_hosts(registration->opts.rdap);
}

void registration_count(
    const struct registration *registration, const struct id *job, uint64_t *counts)
{
	const struct enquiry *e;

	TAILQ_FOREACH (e, &registration->enquiries, link) {
		if (e->query != NULL && memcmp(&e->job, job, sizeof(*job)) == 0)
			counts[rdap_query_host(e->query)]++;
	}
}

void registration_wait(const struct registration *registration, uint32_t host, uint64_t n_parked,
    struct registry_wait *ret_wait)
{
	rdap_client_wait(registration->opts.rdap, host, n_parked, ret_wait);
}

size_t registration_in_flight(const struct registration *registration)
{
	return registration->n_enquiries;
}
