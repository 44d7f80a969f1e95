/* check: resolve, by the DNS engine. Does the name have an address?
 *
 *   A --data-----> found
 *     --NXDOMAIN-> not_found: nxdomain, for both types (RFC 8020); no_address when the name has a
 * CNAME
 *     --NODATA---> AAAA --data--> found
 *                       --NODATA, NXDOMAIN--> not_found (no_address)
 *                       --failure--> error
 *     --failure--> AAAA, once --data--> found
 *                             --anything else--> error, with the reason of A
 *     --no answer--> error: another type would not be answered either
 *
 * Attempts, other servers and everything about packets are the engine's business. */
#include <string.h>

#include "check/dns_outcome.h"
#include "check/private.h"

static void on_done(const struct dns_result *result, void *arg);

static void stop(struct check *check)
{
	if (check->lookup != NULL)
		dns_lookup_cancel(check->lookup);
	check->lookup = NULL;
}

static bool ask(struct check *check)
{
	struct dns_name name;
	struct dns_question question = {.name = &name,
	    .type = check->type == RR_A ? DNS_A : DNS_AAAA,
	    .flags = DNS_FLAG_RD,
	    .timeout = check->timeout,
	    .attempts = check->failure == REASON_NONE ? check->max_attempts : 1};

	if (check->type == RR_A && check_ask_nobody(check))
		return true;
	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return false;
	check->lookup = dns_lookup_start(check->checker->dns, &question, on_done, check);
	return check->lookup != NULL;
}

static void ask_for_aaaa(struct check *check)
{
	check->type = RR_AAAA;
	if (!ask(check))
		check_take_turn(check);
}

static void note_evidence(struct check *check, const struct dns_result *result)
{
	for (unsigned i = 0; i < result->n_tries; i++) {
		const struct dns_try *t = &result->tries[i];
		enum rcode rcode = dns_outcome_rcode(t->outcome, t->rcode);
		dns_metrics_count(check->checker->dns_metrics, t, rcode);
		result_add_evidence(&check->result,
		    &(struct evidence){
			.type = check->type, .rcode = rcode, .rtt = t->rtt, .server = t->server});
	}
}

/* The last piece is the one that decides: that of A when AAAA doesn't help. */
static void note_evidence_before_last(struct check *check, const struct dns_result *result)
{
	struct result *r = &check->result;
	struct evidence last = r->evidence[--r->n_evidence];

	note_evidence(check, result);
	result_add_evidence(r, &last);
}

static void take_addresses(struct check *check, const struct dns_answer *answer)
{
	struct result *r = &check->result;
	struct dns_cursor cursor = {0};
	struct dns_record record;

	while (r->n_addresses < RESULT_MAX_ADDRESSES && dns_answer_next(answer, &cursor, &record)) {
		struct address *a = &r->addresses[r->n_addresses++];
		*a = (struct address){.is_v6 = check->type == RR_AAAA};
		memcpy(a->bytes, answer->message->bytes + record.rdata, record.n_rdata);
	}
	r->ttl = answer->ttl;
}

static enum reason failure_reason(const struct dns_result *result)
{
	const struct dns_try *last = &result->tries[result->n_tries - 1];

	return dns_outcome_reason(dns_outcome_rcode(result->outcome, last->rcode));
}

static void on_failure(struct check *check, const struct dns_result *result)
{
	enum reason reason = failure_reason(result);

	if (check->type == RR_AAAA) {
		check_finish(
		    check, ITEM_ERROR, check->failure != REASON_NONE ? check->failure : reason);
	} else if (reason == REASON_TIMEOUT) {
		check_finish(check, ITEM_ERROR, reason);
	} else {
		check->failure = reason;
		ask_for_aaaa(check);
	}
}

/* There is no address of the type, as far as the answer goes. */
static void on_nothing(struct check *check, const struct dns_result *result)
{
	bool is_absent = result->outcome == DNS_NXDOMAIN && result->answer->n_chain == 0;

	if (check->type == RR_A && result->outcome == DNS_NODATA)
		ask_for_aaaa(check);
	else if (check->type == RR_A)
		check_finish(
		    check, ITEM_NOT_FOUND, is_absent ? REASON_NXDOMAIN : REASON_NO_ADDRESS);
	else if (check->failure != REASON_NONE)
		check_finish(check, ITEM_ERROR, check->failure);
	else
		check_finish(check, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct check *check = arg;

	check->lookup = NULL;
	if (check->failure == REASON_NONE || result->outcome == DNS_DATA) {
		note_evidence(check, result);
		check->result.attempts = result->n_attempts;
	} else {
		note_evidence_before_last(check, result);
	}
	switch (result->outcome) {
	case DNS_DATA:
		take_addresses(check, result->answer);
		check_finish(check, ITEM_FOUND, REASON_NONE);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		on_nothing(check, result);
		break;
	default:
		on_failure(check, result);
	}
}

const struct check_ops *resolve_check(void)
{
	static const struct check_ops ops = {.ask = ask, .stop = stop};

	return &ops;
}
