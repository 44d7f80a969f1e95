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

struct resolve {
	bool is_aaaa;              /* it asks for AAAA, no longer for A */
	enum reason failure;       /* why there is no answer for A; REASON_NONE: there is one */
	struct dns_lookup *lookup; /* under way, or NULL */
};

static void on_done(const struct dns_result *result, void *arg);

static struct resolve *resolve_of(struct check *check)
{
	return (struct resolve *)check->state;
}

bool resolve_from_hosts(struct check *check)
{
	struct result *r = &check->result;
	size_t n;
	const struct address *addresses = hosts_find(check->checker->hosts, check->name, &n);

	if (addresses == NULL)
		return false;
	memcpy(r->addresses, addresses, n * sizeof(*addresses));
	r->n_addresses = (uint32_t)n;
	result_add_evidence(r, &(struct evidence){.source = SOURCE_HOSTS});
	return true;
}

static void stop(struct check *check)
{
	struct resolve *resolve = resolve_of(check);

	if (resolve->lookup != NULL)
		dns_lookup_cancel(resolve->lookup);
	resolve->lookup = NULL;
}

static bool ask(struct check *check)
{
	struct resolve *resolve = resolve_of(check);
	struct dns_name name;
	resolve->is_aaaa = resolve->is_aaaa || check->families == CHECK_ONLY_V6;
	struct dns_question question = {.name = &name,
	    .type = resolve->is_aaaa ? DNS_AAAA : DNS_A,
	    .flags = DNS_FLAG_RD,
	    .timeout = check->timeout,
	    .attempts = resolve->failure == REASON_NONE ? check->max_attempts : 1};

	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return false;
	resolve->lookup = dns_lookup_start(check->checker->dns, &question, on_done, check);
	return resolve->lookup != NULL;
}

static void ask_for_aaaa(struct check *check)
{
	resolve_of(check)->is_aaaa = true;
	if (!ask(check))
		check_await_turn(check);
}

static void note_evidence(struct check *check, const struct dns_result *result)
{
	enum rrtype type = resolve_of(check)->is_aaaa ? RR_AAAA : RR_A;

	for (unsigned i = 0; i < result->n_tries; i++) {
		const struct dns_try *t = &result->tries[i];
		enum rcode rcode = dns_outcome_rcode(t->outcome, t->rcode);
		dns_metrics_count(check->checker->dns_metrics, t, rcode);
		result_add_evidence(&check->result,
		    &(struct evidence){
			.type = type, .rcode = rcode, .rtt = t->rtt, .server = t->server});
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

static void copy_addresses(struct check *check, const struct dns_answer *answer)
{
	struct result *r = &check->result;
	struct dns_cursor cursor = {0};
	struct dns_record record;

	while (r->n_addresses < RESULT_MAX_ADDRESSES && dns_answer_next(answer, &cursor, &record)) {
		struct address *a = &r->addresses[r->n_addresses++];
		*a = (struct address){.is_v6 = resolve_of(check)->is_aaaa};
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
	struct resolve *resolve = resolve_of(check);
	enum reason reason = failure_reason(result);

	if (resolve->is_aaaa || check->families != CHECK_ANY) {
		check_finish(
		    check, ITEM_ERROR, resolve->failure != REASON_NONE ? resolve->failure : reason);
	} else if (reason == REASON_TIMEOUT || check->checker->has_no_aaaa) {
		check_finish(check, ITEM_ERROR, reason);
	} else {
		resolve->failure = reason;
		ask_for_aaaa(check);
	}
}

/* There is no address of the type, as far as the answer goes. */
static void on_nothing(struct check *check, const struct dns_result *result)
{
	const struct resolve *resolve = resolve_of(check);
	bool is_absent = result->outcome == DNS_NXDOMAIN && result->answer->n_chain == 0;
	bool is_last = resolve->is_aaaa || check->families != CHECK_ANY;

	if (!is_last && result->outcome == DNS_NODATA && !check->checker->has_no_aaaa)
		ask_for_aaaa(check);
	else if (!is_last || check->families != CHECK_ANY)
		check_finish(
		    check, ITEM_NOT_FOUND, is_absent ? REASON_NXDOMAIN : REASON_NO_ADDRESS);
	else if (resolve->failure != REASON_NONE)
		check_finish(check, ITEM_ERROR, resolve->failure);
	else
		check_finish(check, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct check *check = arg;
	struct resolve *resolve = resolve_of(check);

	resolve->lookup = NULL;
	if (resolve->failure == REASON_NONE || result->outcome == DNS_DATA) {
		note_evidence(check, result);
		check->result.attempts = result->n_attempts;
	} else {
		note_evidence_before_last(check, result);
	}
	switch (result->outcome) {
	case DNS_DATA:
		copy_addresses(check, result->answer);
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
	static const struct check_ops ops = {.state_size = sizeof(struct resolve),
	    .answer_locally = resolve_from_hosts,
	    .ask = ask,
	    .stop = stop};

	return &ops;
}
