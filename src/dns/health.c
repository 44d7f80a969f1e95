/* Health checks of servers. */
#include "dns/health.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/random.h"
#include "dns/lookup.h"
#include "dns/server.h"

#define CHECK_TIMEOUT USEC_PER_SEC
#define SILENT_FIRST  USEC_PER_SEC        /* until a silent server is checked again; it doubles */
#define LIAR_FIRST    (30 * USEC_PER_SEC) /* until one that lies is */

enum {
	CHECK_ATTEMPTS = 2,
	CHECKS_AT_ONCE = 256,
	LABEL_LETTERS = 12,
	VOTERS_LEAST = 3,
	VOTERS_MOST = 16,
	SUFFIXES = 64
};

/* What one server is asked. */
struct probing {
	struct health *health;
	struct server *server;
	bool is_vote;
	struct dns_lookup *lookup; /* NULL: not under way */
	enum dns_outcome outcome;  /* of the last one */
};

/* A server and its own check. */
struct checkup {
	struct probing known, invalid;
	bool is_running;
	bool is_outvoted; /* by the vote on the last suffix */
	usec_t period;
};

/* All are asked the same, and the few who say otherwise lie. */
struct vote {
	size_t n_running;
	struct probing suffixes[VOTERS_MOST], names[VOTERS_MOST];
};

struct health {
	struct dns_engine *engine; /* borrowed */
	usec_t every;
	bool has_known;
	struct dns_name known;
	struct timer timer;
	usec_t wake_at; /* when the timer fires; INT64_MAX: it isn't set */
	size_t n_running;
	bool is_waiting;          /* some wait until fewer run */
	struct checkup *checkups; /* owned; one a server */
	struct vote vote;
	uint32_t seen[SUFFIXES]; /* hashes of labels that were voted on */
	usec_t seen_until[SUFFIXES];
};

static struct checkup *checkup_of(const struct health *h, const struct server *s)
{
	return &h->checkups[s - h->engine->servers];
}

static void on_probed(const struct dns_result *result, void *arg);

static bool start(struct probing *p, const struct dns_name *name, uint16_t type)
{
	p->lookup = lookup_start(p->health->engine,
	    &(struct dns_question){.name = name,
		.type = type,
		.flags = DNS_FLAG_RD,
		.timeout = CHECK_TIMEOUT,
		.attempts = CHECK_ATTEMPTS},
	    p->server, on_probed, p);
	p->outcome = DNS_TIMED_OUT;
	return p->lookup != NULL;
}

/* A label of random letters, and the suffix behind it. */
static struct dns_name random_name(const struct dns_name *suffix)
{
	struct dns_name name = {.len = 1 + LABEL_LETTERS};

	random_bytes(name.bytes + 1, LABEL_LETTERS);
	for (int i = 1; i <= LABEL_LETTERS; i++)
		name.bytes[i] = (uint8_t)('a' + name.bytes[i] % 26);
	name.bytes[0] = LABEL_LETTERS;
	memcpy(name.bytes + name.len, suffix->bytes, suffix->len);
	name.len = (uint8_t)(name.len + suffix->len);
	return name;
}

static bool exists(enum dns_outcome outcome)
{
	return outcome == DNS_DATA || outcome == DNS_NODATA;
}

static void wake(struct health *h, usec_t at, usec_t now)
{
	if (at >= h->wake_at)
		return;
	h->wake_at = at;
	timer_start(&h->timer, at > now ? at - now : 0);
}

static void plan(struct health *h, struct server *s, usec_t delay)
{
	usec_t now = clock_mono();

	s->check_at = now + (delay < h->every ? delay : h->every);
	wake(h, s->check_at, now);
}

/* It didn't pass: it is checked again after `first`, then twice that, and so on. */
static void plan_soon(struct health *h, struct server *s, usec_t first)
{
	struct checkup *c = checkup_of(h, s);

	c->period = c->period == 0 ? first : 2 * c->period;
	c->period = c->period < h->every ? c->period : h->every;
	plan(h, s, c->period);
}

static void judge(struct health *h, struct server *s)
{
	struct checkup *c = checkup_of(h, s);
	bool is_silent = c->invalid.outcome == DNS_TIMED_OUT &&
			 (!h->has_known || c->known.outcome == DNS_TIMED_OUT);

	if (exists(c->invalid.outcome) || c->known.outcome == DNS_NXDOMAIN || c->is_outvoted) {
		s->stats.n_lies++;
		server_set_honesty(s, LYING);
		plan_soon(h, s, LIAR_FIRST);
	} else if (is_silent) {
		if (s->honesty == UNCHECKED)
			server_set_honesty(s, UNPROVEN);
		plan_soon(h, s, SILENT_FIRST);
	} else {
		server_set_honesty(s, HONEST);
		c->period = 0;
		plan(h, s, h->every);
	}
}

static void start_check(struct health *h, struct server *s)
{
	static const struct dns_name invalid = {.len = 9, .bytes = "\7invalid"};
	struct checkup *c = checkup_of(h, s);
	struct dns_name name = random_name(&invalid);

	if (s->is_unreachable || !start(&c->invalid, &name, DNS_A)) {
		if (s->honesty == UNCHECKED && s->is_unreachable)
			server_set_honesty(s, UNPROVEN);
		plan(h, s, SILENT_FIRST);
		return;
	}
	s->check_at = 0;
	c->is_running = true;
	h->n_running++;
	if (h->has_known)
		(void)start(&c->known, &h->known, DNS_NS);
}

static void end_vote(struct health *h)
{
	struct vote *v = &h->vote;
	size_t n = h->engine->n_servers, n_suffix = 0, n_no_suffix = 0, n_name = 0, n_no_name = 0;

	for (size_t i = 0; i < n; i++) {
		n_suffix += exists(v->suffixes[i].outcome);
		n_no_suffix += v->suffixes[i].outcome == DNS_NXDOMAIN;
		n_name += exists(v->names[i].outcome);
		n_no_name += v->names[i].outcome == DNS_NXDOMAIN;
	}
	for (size_t i = 0; i < n; i++) {
		struct server *s = &h->engine->servers[i];
		struct checkup *c = &h->checkups[i];
		bool was_outvoted = c->is_outvoted;
		if (v->suffixes[i].outcome != DNS_TIMED_OUT)
			c->is_outvoted =
			    (v->suffixes[i].outcome == DNS_NXDOMAIN && n_no_suffix < n_suffix &&
				n_suffix > 1) ||
			    (exists(v->names[i].outcome) && n_name < n_no_name && n_no_name > 1);
		if (c->is_outvoted != was_outvoted && !c->is_running && s->honesty != UNCHECKED)
			judge(h, s);
	}
}

static void on_probed(const struct dns_result *result, void *arg)
{
	struct probing *p = arg;
	struct health *h = p->health;
	struct checkup *c = checkup_of(h, p->server);

	p->lookup = NULL;
	p->outcome = result->outcome;
	if (p->is_vote) {
		if (--h->vote.n_running == 0)
			end_vote(h);
	} else if (c->known.lookup == NULL && c->invalid.lookup == NULL) {
		c->is_running = false;
		h->n_running--;
		judge(h, p->server);
		if (h->is_waiting)
			wake(h, 0, clock_mono());
	}
}

static void start_vote(struct health *h, const struct dns_name *suffix)
{
	struct vote *v = &h->vote;
	struct dns_name name = random_name(suffix);

	for (size_t i = 0; i < h->engine->n_servers; i++) {
		v->suffixes[i].outcome = v->names[i].outcome = DNS_TIMED_OUT;
		if (v->suffixes[i].server->is_unreachable)
			continue;
		v->n_running += start(&v->suffixes[i], suffix, DNS_NS) ? 1 : 0;
		v->n_running += start(&v->names[i], &name, DNS_A) ? 1 : 0;
	}
}

static bool may_vote(const struct health *h)
{
	return h->engine->n_servers >= VOTERS_LEAST && h->engine->n_servers <= VOTERS_MOST &&
	       h->engine->strategy == DNS_SPREAD;
}

/* Whether the label was voted on lately; if not, note that it is now. */
static bool is_known(struct health *h, const struct dns_name *suffix, usec_t now)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < suffix->len; i++)
		hash = (hash ^ (suffix->bytes[i] | 0x20)) * 16777619;
	size_t at = hash % SUFFIXES;
	if (h->seen[at] == hash && now < h->seen_until[at])
		return true;
	h->seen[at] = hash;
	h->seen_until[at] = now + h->every;
	return false;
}

void health_on_question(struct health *h, const struct dns_name *name)
{
	size_t at = 0, next = 0;

	if (!may_vote(h) || h->vote.n_running > 0)
		return;
	while (name->bytes[next] != 0) {
		at = next;
		next += 1 + (size_t)name->bytes[next];
	}
	struct dns_name suffix = {.len = (uint8_t)(name->len - at)};
	memcpy(suffix.bytes, name->bytes + at, suffix.len);
	if (suffix.len > 1 && !is_known(h, &suffix, clock_mono()))
		start_vote(h, &suffix);
}

/* Start the checks that are due. */
static void on_due(void *arg)
{
	struct health *h = arg;
	usec_t now = clock_mono(), soonest = now + h->every;

	h->wake_at = INT64_MAX;
	h->is_waiting = false;
	for (size_t i = 0; i < h->engine->n_servers; i++) {
		struct server *s = &h->engine->servers[i];
		bool is_due = !h->checkups[i].is_running && s->check_at <= now;
		if (is_due && h->n_running < CHECKS_AT_ONCE)
			start_check(h, s);
		else if (is_due)
			h->is_waiting = true;
		else if (!h->checkups[i].is_running && s->check_at < soonest)
			soonest = s->check_at;
	}
	wake(h, soonest, now);
}

struct health *health_new(struct dns_engine *engine, const struct dns_name *known, usec_t every)
{
	struct health *h = xcalloc(1, sizeof(*h));

	h->engine = engine;
	h->every = every;
	h->has_known = known != NULL;
	if (known != NULL)
		h->known = *known;
	h->checkups = xcalloc(engine->n_servers, sizeof(*h->checkups));
	for (size_t i = 0; i < engine->n_servers; i++) {
		struct probing p = {
		    .health = h, .server = &engine->servers[i], .outcome = DNS_TIMED_OUT};
		struct checkup *c = &h->checkups[i];
		c->known = c->invalid = p;
		if (i < VOTERS_MOST) {
			h->vote.suffixes[i] = h->vote.names[i] = p;
			h->vote.suffixes[i].is_vote = h->vote.names[i].is_vote = true;
		}
		server_set_honesty(&engine->servers[i], UNCHECKED);
	}
	timer_init(&h->timer, engine->loop, on_due, h);
	h->wake_at = INT64_MAX;
	wake(h, 0, clock_mono());
	return h;
}

void health_free(struct health *h)
{
	if (h == NULL)
		return;
	timer_cancel(&h->timer);
	free(h->checkups);
	free(h);
}
