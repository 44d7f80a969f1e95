/* check: delegation. Is the name cut from its parent?
 *
 *   DS, by a recursor --NXDOMAIN--> not_found: nxdomain
 *                     --data------> found
 *                     --NODATA----> found: it exists; below a wildcard NS decides
 *   NS, by a recursor --data------> found
 *                     --NODATA----> not_found: not_delegated
 *   --failure--> error
 *
 * With authorities (check/zones.h) one question is exact, NS of the zone that the parent is in:
 *
 *   NS, by an authority --referral to the name, data--> found
 *                       --NODATA----------------------> not_found: not_delegated
 *                       --NXDOMAIN--------------------> not_found: nxdomain
 *                       --referral above the name-----> the zone ends there: the next one is asked
 *
 * What an answer shows is decided in cut.c, and is in the evidence as `proof`. */
#include <string.h>

#include "check/cut.h"
#include "check/dns_outcome.h"
#include "check/private.h"
#include "check/wild.h"
#include "check/zones.h"

enum step { ASK_DS, ASK_PARENT, ASK_NS, FIND_ZONE };

enum { MAX_REFERRALS = 8 };

struct delegation {
	enum step step;
	struct dns_lookup *lookup; /* under way, or NULL */
	bool is_of_authority;      /* the lookup */
	struct parent_wait wait;   /* for what is known of the parent */
	struct room_wait room;     /* at the authorities */
	size_t parent_at;          /* where the parent is in the name: its end for the root */
	size_t apex_at;            /* where the zone that is asked is */
	unsigned n_referrals;
};

static struct delegation *delegation_of(struct check *check)
{
	return (struct delegation *)check->state;
}

static void stop(struct check *check)
{
	struct delegation *d = delegation_of(check);

	if (d->lookup != NULL)
		dns_lookup_cancel(d->lookup);
	d->lookup = NULL;
	parent_wait_stop(&d->wait);
	room_wait_stop(&d->room);
}

static bool ask(struct check *check);

static void go_on(struct check *check)
{
	if (!ask(check))
		check_await_turn(check);
}

/* --- Evidence --- */

/* Note the tries; the last of them shows `proof`. */
static void note_evidence(struct check *check, const struct dns_result *result, enum proof proof)
{
	struct result *r = &check->result;

	for (unsigned i = 0; i < result->n_tries; i++) {
		const struct dns_try *t = &result->tries[i];
		struct evidence e = {.type = delegation_of(check)->step == ASK_DS ? DNS_DS : DNS_NS,
		    .rcode = dns_outcome_rcode(t->outcome, t->rcode),
		    .rtt = t->rtt,
		    .server = t->server};
		if (i + 1 == result->n_tries && result->answer != NULL) {
			e.proof = proof;
			e.n_zone = dns_outcome_zone(result->answer, r->name_len);
		}
		result_add_evidence(r, &e);
	}
}

static void finish(struct check *check, enum proof proof, enum reason failure)
{
	enum reason reason;
	enum item_status status = cut_status(proof, failure, &reason);

	check_finish(check, status, reason);
}

static struct cut_answer answer_of(const struct dns_result *result)
{
	return (struct cut_answer){
	    result->outcome, result->answer != NULL && result->answer->n_chain > 0};
}

static struct dns_question make_question(const struct check *check, const struct dns_name *name)
{
	return (struct dns_question){.name = name,
	    .type = DNS_NS,
	    .timeout = check->timeout,
	    .attempts = check->max_attempts,
	    .avoid = check->has_avoid ? &check->avoid : NULL};
}

/* --- By a recursor --- */

static void on_parent(struct parent *parent, void *arg)
{
	struct check *check = arg;

	if (wild_may_be(parent)) {
		delegation_of(check)->step = ASK_NS;
		go_on(check);
	} else {
		finish(check, PROOF_EXISTS, REASON_NONE);
	}
}

static void on_answer(const struct dns_result *result, void *arg)
{
	struct check *check = arg;
	struct delegation *d = delegation_of(check);
	struct cut_answer answer = answer_of(result);
	bool is_ns = d->step == ASK_NS;
	enum proof proof = is_ns ? cut_by_ns(answer) : cut_by_ds(answer);

	d->lookup = NULL;
	dns_metrics_count(check->checker->dns_metrics, result);
	check->result.attempts = result->n_attempts;
	note_evidence(check, result, proof);
	if (is_ns || proof != PROOF_EXISTS) {
		finish(check, proof, dns_outcome_reason(dns_outcome_of(result)));
		return;
	}
	d->step = ASK_PARENT;
	go_on(check);
}

static bool ask_recursor(struct check *check)
{
	struct delegation *d = delegation_of(check);
	struct dns_name name;

	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return false;
	struct dns_question question = make_question(check, &name);
	question.type = d->step == ASK_NS ? DNS_NS : DNS_DS;
	question.flags = DNS_FLAG_RD;
	d->lookup = dns_lookup_start(check->checker->dns, &question, on_answer, check);
	return d->lookup != NULL;
}

/* --- By an authority --- */

/* The name that a referral is to, as a place in the check's; 0: the name itself. */
static size_t cut_at(const struct check *check, const struct dns_answer *answer)
{
	const struct dns_message *m = answer->message;
	size_t at = answer->owner, n = check->result.name_len;
	struct dns_name cut;

	if (!dns_name_read(m->bytes, m->len, &at, &cut) || cut.len < 2 || cut.len - 2U >= n)
		return 0;
	return n - (cut.len - 2U);
}

static void on_authority(const struct dns_result *result, void *arg)
{
	struct check *check = arg;
	struct delegation *d = delegation_of(check);
	struct cut_answer answer = answer_of(result);
	const struct dns_answer *a = result->answer;
	size_t cut = result->outcome == DNS_REFERRAL ? cut_at(check, a) : 0;
	bool is_apex =
	    a != NULL && dns_outcome_zone(a, check->result.name_len) == check->result.name_len;
	enum proof proof = cut > 0 ? PROOF_NONE : cut_by_authority(answer, is_apex);

	d->lookup = NULL;
	check->result.attempts = result->n_attempts;
	note_evidence(check, result, proof);
	if (cut > 0 && ++d->n_referrals <= MAX_REFERRALS) {
		d->parent_at = cut;
		go_on(check);
		return;
	}
	finish(check, proof, dns_outcome_reason(dns_outcome_of(result)));
}

static void on_room(void *arg)
{
	go_on(arg);
}

static void ask_authority(struct check *check, struct zone *zone)
{
	struct delegation *d = delegation_of(check);
	size_t n_apex = strlen(zone->apex);
	struct dns_name name;

	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return;
	struct dns_question question = make_question(check, &name);
	question.n_zone = (uint8_t)(n_apex > 0 ? n_apex + 2 : 1);
	d->lookup =
	    dns_lookup_start(authorities_engine(zone->authorities), &question, on_authority, check);
	if (d->lookup != NULL)
		return;
	d->room.on_room = on_room;
	d->room.arg = check;
	authorities_await(zone->authorities, &d->room);
}

static void on_zone(struct parent *parent, void *arg)
{
	struct check *check = arg;
	struct zone *zone = zone_of(parent);
	enum reason reason;

	if (zone->authorities != NULL) {
		ask_authority(check, zone);
		return;
	}
	if (zone->is_absent)
		result_add_evidence(&check->result, &zone->evidence);
	enum item_status status =
	    cut_status(zone->is_absent ? PROOF_ABSENT : PROOF_NONE, zone->failure, &reason);
	check_finish_soon(check, status, reason); /* it may have been known at the start */
}

/* --- Both --- */

/* Ask what is known of the parent. */
static bool ask_parent(struct check *check, struct parents *parents,
    void (*on_known)(struct parent *parent, void *arg))
{
	struct delegation *d = delegation_of(check);
	struct parent *parent;

	d->wait.on_known = on_known;
	d->wait.arg = check;
	enum parent_state state =
	    parents_ask(parents, check->name + d->parent_at, &d->wait, &parent);
	if (state == PARENT_KNOWN)
		on_known(parent, check);
	return state != PARENT_NO_ROOM;
}

static bool ask(struct check *check)
{
	struct checker *checker = check->checker;
	struct delegation *d = delegation_of(check);

	if (d->parent_at == 0) {
		const char *dot = strchr(check->name, '.');
		d->parent_at =
		    dot != NULL ? (size_t)(dot + 1 - check->name) : check->result.name_len;
		d->step = checker->asks_authorities ? FIND_ZONE : ASK_DS;
	}
	switch (d->step) {
	case ASK_PARENT:
		return ask_parent(check, checker->wild, on_parent);
	case FIND_ZONE:
		return ask_parent(check, checker->zones, on_zone);
	default:
		return ask_recursor(check);
	}
}

const struct check_ops *delegation_check(void)
{
	static const struct check_ops ops = {
	    .state_size = sizeof(struct delegation), .ask = ask, .stop = stop};

	return &ops;
}
