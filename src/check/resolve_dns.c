/* check: resolve. Does the name have an address?
 *
 *   any:   A --data-----> found
 *            --NXDOMAIN-> not_found: nxdomain, for both types (RFC 8020); no_address when the name
 *                         has a CNAME
 *            --NODATA---> AAAA decides
 *            --failure--> AAAA, once: found with data, else an error with the reason of A
 *            --no answer--> error: another type would not be answered either
 *   ipv4:  A decides; ipv6: AAAA decides
 *   both:  A and AAAA are asked at once: found when either has data; nxdomain when either says so
 * of the name; else an error when one failed; else no_address
 *
 * Attempts, other servers and everything about packets are the engine's business.
 *
 * With dns.resolver = evdns, evdns is asked first, unless both families or wildcards are asked for.
 * Its addresses count. Otherwise the check goes on as if it had not been asked. */
#include <string.h>

#include "base/alloc.h"
#include "check/dns_outcome.h"
#include "check/private.h"
#include "check/resolver_evdns.h"
#include "model/tagged.h"

enum { SIDE_A, SIDE_AAAA, N_SIDES };

/* One of the two types. */
struct side {
	struct check *check;
	struct dns_lookup *lookup; /* under way, or NULL */
	bool is_wanted, is_asked, is_done;
	bool has_data, is_absent; /* absent: NXDOMAIN for the name itself */
	enum reason failure;      /* why there is no answer; REASON_NONE: there is one */
};

struct resolve {
	bool is_begun;
	struct query *early; /* of evdns, under way, or NULL */
	struct side sides[N_SIDES];
};

static struct resolve *resolve_of(struct check *check)
{
	return (struct resolve *)check->state;
}

static bool is_v6(const struct side *side)
{
	return side == &resolve_of(side->check)->sides[SIDE_AAAA];
}

static bool resolve_from_hosts(struct check *check)
{
	struct result *r = &check->result;
	enum address_family family = check->asked.family; /* any for those that are no jobs */
	size_t n;
	const struct address *addresses = hosts_find(check->checker->hosts, check->name, &n);

	for (size_t i = 0; i < n && addresses != NULL; i++) {
		if ((family == FAMILY_IPV4 && addresses[i].is_v6) ||
		    (family == FAMILY_IPV6 && !addresses[i].is_v6))
			continue;
		r->addresses[r->n_addresses++] = addresses[i];
	}
	if (r->n_addresses == 0)
		return false;
	result_add_evidence(r, &(struct evidence){.source = SOURCE_HOSTS});
	return true;
}

static void stop(struct check *check)
{
	struct resolve *resolve = resolve_of(check);

	if (resolve->early != NULL)
		query_drop(TAKE(resolve->early));
	for (int i = 0; i < N_SIDES; i++) {
		struct side *side = &resolve->sides[i];
		if (side->lookup != NULL)
			dns_lookup_cancel(side->lookup);
		side->lookup = NULL;
	}
}

/* --- What answers say --- */

/* Filters answer with these instead of with the truth. */
static bool is_sinkhole(const struct address *a)
{
	static const uint8_t zero[16];

	if (!a->is_v6)
		return a->bytes[0] == 127 || memcmp(a->bytes, zero, 4) == 0;
	return memcmp(a->bytes, zero, 15) == 0 && a->bytes[15] <= 1;
}

/* Keep all addresses; those that find no place in the result go into a field of their own. Return
 * whether one is a sinkhole. */
static bool copy_addresses(struct side *side, const struct dns_answer *answer)
{
	struct result *r = &side->check->result;
	struct dns_cursor cursor = {0};
	struct dns_record record;
	bool has_sinkhole = false, is_first = r->n_addresses == 0;
	struct buf more;

	buf_init(&more, RESULT_MAX_FIELDS);
	while (dns_answer_next(answer, &cursor, &record)) {
		struct address a = {.is_v6 = is_v6(side)};
		memcpy(a.bytes, answer->message->bytes + record.rdata, record.n_rdata);
		has_sinkhole = has_sinkhole || is_sinkhole(&a);
		if (r->n_addresses < RESULT_MAX_ADDRESSES)
			r->addresses[r->n_addresses++] = a;
		else
			result_pack_address(&more, &a);
	}
	if (more.len > 0)
		tagged_add(
		    &side->check->tagged, RESULT_TAG_ADDRESSES, (struct span){more.data, more.len});
	buf_done(&more);
	if (is_first || answer->ttl < r->ttl)
		r->ttl = answer->ttl;
	return has_sinkhole;
}

/* Note the chain of CNAMEs. As check->texts may move, the span counts from its start until the
 * check ends. */
static struct span note_chain(struct check *check, const struct dns_answer *answer)
{
	size_t at = check->texts.len;

	dns_outcome_add_chain(answer, &check->texts);
	return (struct span){(const char *)(uintptr_t)at, check->texts.len - at};
}

static void note_evidence(struct side *side, const struct dns_result *result, bool has_sinkhole)
{
	struct check *check = side->check;

	dns_metrics_count(check->checker->dns_metrics, result);
	for (unsigned i = 0; i < result->n_tries; i++) {
		const struct dns_try *t = &result->tries[i];
		struct evidence e = {.type = is_v6(side) ? RR_AAAA : RR_A,
		    .rcode = dns_outcome_rcode(t->outcome, t->rcode),
		    .rtt = t->rtt,
		    .server = t->server};
		if (i + 1 == result->n_tries && result->answer != NULL) {
			e.cname = note_chain(check, result->answer);
			e.is_sinkhole = has_sinkhole;
		}
		result_add_evidence(&check->result, &e);
	}
}

/* The last piece is the one that decides: that of A when AAAA doesn't help. */
static void note_evidence_before_last(struct side *side, const struct dns_result *result)
{
	struct result *r = &side->check->result;
	struct evidence last = r->evidence[--r->n_evidence];

	note_evidence(side, result, false);
	result_add_evidence(r, &last);
}

/* --- The verdict --- */

static void finish(struct check *check, enum item_status status, enum reason reason)
{
	struct result *r = &check->result;

	for (uint32_t i = 0; i < r->n_evidence; i++) {
		struct span *chain = &r->evidence[i].cname;
		chain->bytes = chain->len > 0 ? check->texts.data + (uintptr_t)chain->bytes : NULL;
	}
	if (status == ITEM_FOUND)
		check_finish_found(check);
	else
		check_finish(check, status, reason);
}

static bool start_side(struct side *side);

/* Of family any: A says whether AAAA is to be asked. */
static bool ask_further(struct check *check)
{
	struct side *a = &resolve_of(check)->sides[SIDE_A];
	struct side *aaaa = &resolve_of(check)->sides[SIDE_AAAA];

	if (check->families != CHECK_ANY || aaaa->is_asked || a->has_data || a->is_absent ||
	    a->failure == REASON_TIMEOUT || check->checker->has_no_aaaa)
		return false;
	aaaa->is_wanted = true;
	if (!start_side(aaaa))
		check_await_turn(check);
	return true;
}

static void decide(struct check *check)
{
	const struct side *sides = resolve_of(check)->sides;
	bool has_data = false, is_absent = false;
	enum reason failure = REASON_NONE;

	for (int i = 0; i < N_SIDES; i++) {
		if (sides[i].is_wanted && !sides[i].is_done)
			return;
		has_data = has_data || sides[i].has_data;
		is_absent = is_absent || sides[i].is_absent;
		failure = failure == REASON_NONE ? sides[i].failure : failure;
	}
	if (ask_further(check))
		return;
	if (has_data)
		finish(check, ITEM_FOUND, REASON_NONE);
	else if (is_absent)
		finish(check, ITEM_NOT_FOUND, REASON_NXDOMAIN);
	else if (failure != REASON_NONE)
		finish(check, ITEM_ERROR, failure);
	else
		finish(check, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
}

static void on_done(const struct dns_result *result, void *arg)
{
	struct side *side = arg;
	struct check *check = side->check;
	bool is_second = check->families == CHECK_ANY && is_v6(side);
	bool is_second_to_failure =
	    is_second && resolve_of(check)->sides[SIDE_A].failure != REASON_NONE;

	side->lookup = NULL;
	side->is_done = true;
	side->has_data = result->outcome == DNS_DATA;
	/* behind another answer for A the name exists, or nobody can tell */
	side->is_absent =
	    result->outcome == DNS_NXDOMAIN && result->answer->n_chain == 0 && !is_second;
	if (result->outcome != DNS_DATA && result->outcome != DNS_NODATA &&
	    result->outcome != DNS_NXDOMAIN)
		side->failure = dns_outcome_reason(dns_outcome_of(result));
	check_note(check, side->failure == REASON_NONE ? result->answer : NULL);
	if (is_second_to_failure && !side->has_data) {
		note_evidence_before_last(side, result);
	} else {
		bool has_sinkhole = side->has_data && copy_addresses(side, result->answer);
		note_evidence(side, result, has_sinkhole);
		check->result.attempts = check->families == CHECK_BOTH
					     ? check->result.attempts + result->n_attempts
					     : result->n_attempts;
	}
	decide(check);
}

/* --- Questions --- */

static bool start_side(struct side *side)
{
	struct check *check = side->check;
	const struct side *a = &resolve_of(check)->sides[SIDE_A];
	struct dns_name name;
	struct dns_question question = {.name = &name,
	    .type = is_v6(side) ? DNS_AAAA : DNS_A,
	    .flags = DNS_FLAG_RD,
	    .timeout = check->timeout,
	    .attempts = side != a && a->failure != REASON_NONE ? 1 : check->max_attempts};

	/* target_normalise passes no name that can't be encoded */
	if (!dns_name_from_text(check->name, check->result.name_len, &name))
		return false;
	side->lookup = dns_lookup_start(check->checker->dns, &question, on_done, side);
	side->is_asked = side->lookup != NULL;
	return side->is_asked;
}

static void begin(struct check *check)
{
	struct resolve *resolve = resolve_of(check);
	enum check_families families = check->families;

	resolve->is_begun = true;
	for (int i = 0; i < N_SIDES; i++)
		resolve->sides[i].check = check;
	resolve->sides[SIDE_A].is_wanted = families != CHECK_ONLY_V6;
	resolve->sides[SIDE_AAAA].is_wanted = families == CHECK_ONLY_V6 || families == CHECK_BOTH;
}

static bool ask(struct check *check);

static void on_early(const struct answer *answer, void *arg)
{
	struct check *check = arg;
	struct result *r = &check->result;

	resolve_of(check)->early = NULL;
	timer_cancel(&check->pause);
	if (answer == NULL) {
		if (!check->has_turn && !ask(check))
			check_await_turn(check);
		return;
	}
	memcpy(r->addresses, answer->addresses, answer->n_addresses * sizeof(r->addresses[0]));
	r->n_addresses = (uint32_t)answer->n_addresses;
	r->ttl = answer->ttl;
	r->attempts = 1;
	struct evidence e = {.type = r->addresses[0].is_v6 ? RR_AAAA : RR_A,
	    .rcode = RCODE_NOERROR,
	    .rtt = answer->rtt,
	    .server = answer->server};
	for (size_t i = 0; i < answer->n_addresses; i++)
		e.is_sinkhole = e.is_sinkhole || is_sinkhole(&r->addresses[i]);
	result_add_evidence(r, &e);
	finish(check, ITEM_FOUND, REASON_NONE);
}

/* Ask evdns, at the next server that the DNS engine has found working. */
static bool ask_early(struct check *check)
{
	struct checker *checker = check->checker;
	struct resolve *resolve = resolve_of(check);
	enum rrtype type = check->families == CHECK_ONLY_V6 ? RR_AAAA : RR_A;
	size_t n = dns_engine_n_servers(checker->dns);
	struct dns_server_stats stats;

	if (checker->resolver == NULL || check->families == CHECK_BOTH ||
	    check->asked.wildcards != WILDCARDS_OFF)
		return false;
	for (size_t i = 0; i < n && i < RESOLVER_MAX_SERVERS && resolve->early == NULL; i++) {
		size_t nth = checker->is_in_order ? i : checker->next_server++ % n;
		dns_engine_server_stats(checker->dns, nth, &stats);
		if (stats.rest == DNS_HEALTHY)
			resolve->early =
			    query_start(checker->resolver, nth, check->name, type, on_early, check);
	}
	if (resolve->early != NULL)
		check_pause(check, check->timeout);
	return resolve->early != NULL;
}

static bool ask(struct check *check)
{
	struct resolve *resolve = resolve_of(check);

	if (!resolve->is_begun) {
		begin(check);
		if (ask_early(check))
			return true;
	}
	if (resolve->early != NULL) /* it has had its time */
		query_drop(TAKE(resolve->early));
	for (int i = 0; i < N_SIDES; i++) {
		struct side *side = &resolve->sides[i];
		if (side->is_wanted && !side->is_asked && !start_side(side))
			return false;
	}
	return true;
}

const struct check_ops *resolve_check(void)
{
	static const struct check_ops ops = {.state_size = sizeof(struct resolve),
	    .answer_locally = resolve_from_hosts,
	    .ask = ask,
	    .stop = stop};

	return &ops;
}
