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

#include "engine/dns_outcome.h"
#include "engine/probe.h"

static void on_done(const struct dns_result *result, void *arg);

static void stop(struct probe *probe)
{
	if (probe->lookup != NULL)
		dns_lookup_cancel(probe->lookup);
	probe->lookup = NULL;
}

static bool ask(struct probe *probe)
{
	struct dns_name name;
	struct dns_question question = {.name = &name,
	    .type = probe->type == RR_A ? DNS_A : DNS_AAAA,
	    .flags = DNS_FLAG_RD,
	    .timeout = probe->timeout,
	    .attempts = probe->failure == REASON_NONE ? probe->max_attempts : 1};

	if (probe->type == RR_A && probe_ask_nobody(probe))
		return true;
	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(probe->name, probe->result.name_len, &name))
		return false;
	probe->lookup = dns_lookup_start(probe->engine->dns, &question, on_done, probe);
	return probe->lookup != NULL;
}

static void ask_for_aaaa(struct probe *probe)
{
	probe->type = RR_AAAA;
	if (!ask(probe))
		probe_take_turn(probe);
}

static void note_evidence(struct probe *probe, const struct dns_result *result)
{
	for (unsigned i = 0; i < result->n_tries; i++) {
		const struct dns_try *t = &result->tries[i];
		enum rcode rcode = dns_outcome_rcode(t->outcome, t->rcode);
		dns_metrics_count(probe->engine->dns_metrics, t, rcode);
		result_add_evidence(&probe->result,
		    &(struct evidence){
			.type = probe->type, .rcode = rcode, .rtt = t->rtt, .server = t->server});
	}
}

/* The last piece is the one that decides: that of A when AAAA doesn't help. */
static void note_evidence_before_last(struct probe *probe, const struct dns_result *result)
{
	struct result *r = &probe->result;
	struct evidence last = r->evidence[--r->n_evidence];

	note_evidence(probe, result);
	result_add_evidence(r, &last);
}

static void take_addresses(struct probe *probe, const struct dns_answer *answer)
{
	struct result *r = &probe->result;
	struct dns_cursor cursor = {0};
	struct dns_record record;

	while (r->n_addresses < RESULT_MAX_ADDRESSES && dns_answer_next(answer, &cursor, &record)) {
		struct address *a = &r->addresses[r->n_addresses++];
		*a = (struct address){.is_v6 = probe->type == RR_AAAA};
		memcpy(a->bytes, answer->message->bytes + record.rdata, record.n_rdata);
	}
	r->ttl = answer->ttl;
}

static enum reason failure_reason(const struct dns_result *result)
{
	const struct dns_try *last = &result->tries[result->n_tries - 1];

	return dns_outcome_reason(dns_outcome_rcode(result->outcome, last->rcode));
}

static void on_failure(struct probe *probe, const struct dns_result *result)
{
	enum reason reason = failure_reason(result);

	if (probe->type == RR_AAAA) {
		probe_finish(
		    probe, ITEM_ERROR, probe->failure != REASON_NONE ? probe->failure : reason);
	} else if (reason == REASON_TIMEOUT) {
		probe_finish(probe, ITEM_ERROR, reason);
	} else {
		probe->failure = reason;
		ask_for_aaaa(probe);
	}
}

/* There is no address of the type, as far as the answer goes. */
static void on_nothing(struct probe *probe, const struct dns_result *result)
{
	bool is_absent = result->outcome == DNS_NXDOMAIN && result->answer->n_chain == 0;

	if (probe->type == RR_A && result->outcome == DNS_NODATA)
		ask_for_aaaa(probe);
	else if (probe->type == RR_A)
		probe_finish(
		    probe, ITEM_NOT_FOUND, is_absent ? REASON_NXDOMAIN : REASON_NO_ADDRESS);
	else if (probe->failure != REASON_NONE)
		probe_finish(probe, ITEM_ERROR, probe->failure);
	else
		probe_finish(probe, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct probe *probe = arg;

	probe->lookup = NULL;
	if (probe->failure == REASON_NONE || result->outcome == DNS_DATA) {
		note_evidence(probe, result);
		probe->result.attempts = result->n_attempts;
	} else {
		note_evidence_before_last(probe, result);
	}
	switch (result->outcome) {
	case DNS_DATA:
		take_addresses(probe, result->answer);
		probe_finish(probe, ITEM_FOUND, REASON_NONE);
		break;
	case DNS_NODATA:
	case DNS_NXDOMAIN:
		on_nothing(probe, result);
		break;
	default:
		on_failure(probe, result);
	}
}

const struct check_ops *resolve_check(void)
{
	static const struct check_ops ops = {.ask = ask, .stop = stop};

	return &ops;
}
