/* check: delegation. Is the name cut from its parent?
 *
 *   DS, by a recursor --NXDOMAIN--> not_found: nxdomain
 *                     --data------> found
 *                     --NODATA----> found: it exists; below a wildcard NS decides
 *   NS, by a recursor --data------> found
 *                     --NODATA----> not_found: not_delegated
 *   --failure--> error
 *
 * What an answer shows is decided in cut.c, and is in the evidence as `proof`. */
#include <string.h>

#include "check/cut.h"
#include "check/dns_outcome.h"
#include "check/parents.h"
#include "check/private.h"

struct delegation {
	struct dns_lookup *lookup; /* under way, or NULL */
	bool asks_ns;
	bool needs_parent; /* whether the parent has a wildcard decides what comes next */
	struct parent_wait wait;
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
}

/* --- Evidence --- */

static bool has_chain(const struct dns_result *result)
{
	return result->answer != NULL && result->answer->n_chain > 0;
}

/* Note the tries; the last of them shows `proof`. */
static void note_evidence(struct check *check, const struct dns_result *result, enum proof proof)
{
	struct result *r = &check->result;

	for (unsigned i = 0; i < result->n_tries; i++) {
		const struct dns_try *t = &result->tries[i];
		struct evidence e = {.type = delegation_of(check)->asks_ns ? DNS_NS : DNS_DS,
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

/* --- Answers --- */

static bool ask(struct check *check);

static void go_on(struct check *check)
{
	if (!ask(check))
		check_await_turn(check);
}

static void on_parent(bool may_be_wild, void *arg)
{
	struct check *check = arg;
	struct delegation *d = delegation_of(check);

	d->needs_parent = false;
	d->asks_ns = may_be_wild;
	if (may_be_wild)
		go_on(check);
	else
		finish(check, PROOF_EXISTS, REASON_NONE);
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct check *check = arg;
	struct delegation *d = delegation_of(check);
	struct cut_answer answer = {result->outcome, has_chain(result)};
	enum proof proof = d->asks_ns ? cut_by_ns(answer) : cut_by_ds(answer);

	d->lookup = NULL;
	dns_metrics_count(check->checker->dns_metrics, result);
	check->result.attempts = result->n_attempts;
	note_evidence(check, result, proof);
	if (d->asks_ns || proof != PROOF_EXISTS) {
		finish(check, proof, dns_outcome_reason(dns_outcome_of(result)));
		return;
	}
	d->needs_parent = true;
	go_on(check);
}

/* --- Questions --- */

static bool ask_parent(struct check *check)
{
	struct checker *checker = check->checker;
	struct delegation *d = delegation_of(check);
	const char *dot = strchr(check->name, '.');

	d->wait.on_known = on_parent;
	d->wait.arg = check;
	enum parent_state state =
	    parents_ask(checker->parents, checker->dns, dot != NULL ? dot + 1 : "", &d->wait);
	if (state == PARENT_PLAIN || state == PARENT_MAY_BE_WILD)
		on_parent(state == PARENT_MAY_BE_WILD, check);
	return state != PARENT_NO_ROOM;
}

static bool ask(struct check *check)
{
	struct delegation *d = delegation_of(check);
	struct dns_name name;

	if (d->needs_parent)
		return ask_parent(check);
	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return false;
	d->lookup = dns_lookup_start(check->checker->dns,
	    &(struct dns_question){.name = &name,
		.type = d->asks_ns ? DNS_NS : DNS_DS,
		.flags = DNS_FLAG_RD,
		.timeout = check->timeout,
		.attempts = check->max_attempts,
		.avoid = check->has_avoid ? &check->avoid : NULL},
	    on_done, check);
	return d->lookup != NULL;
}

const struct check_ops *delegation_check(void)
{
	static const struct check_ops ops = {
	    .state_size = sizeof(struct delegation), .ask = ask, .stop = stop};

	return &ops;
}
