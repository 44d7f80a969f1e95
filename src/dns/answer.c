/* Judging an answer. */
#include "dns/answer.h"

/* Steps of comparing names: far more than any honest message takes, and little time. */
enum { BUDGET = 1 << 18 };

static bool is_wanted(const struct dns_message *m, const struct dns_record *r)
{
	return r->class == DNS_CLASS_IN && (r->type == m->qtype || m->qtype == DNS_ANY);
}

static void lower_ttl(struct dns_answer *a, uint32_t ttl)
{
	a->ttl = ttl < a->ttl ? ttl : a->ttl;
}

/* Count the data of the name in `owner`. Return whether there is none but a CNAME to follow. */
static bool look_for(struct dns_answer *a, unsigned *budget)
{
	const struct dns_message *m = a->message;
	size_t at = m->at[DNS_ANSWER], target = 0;
	uint32_t target_ttl = 0;
	struct dns_record r = {0};

	for (unsigned i = 0; i < m->n_records[DNS_ANSWER]; i++) {
		dns_message_record(m, &at, &r);
		if (!is_wanted(m, &r) &&
		    (r.type != DNS_CNAME || r.class != DNS_CLASS_IN || target != 0))
			continue;
		if (!dns_name_same(m->bytes, r.owner, a->owner, budget))
			continue;
		if (is_wanted(m, &r)) {
			a->n_data++;
			lower_ttl(a, r.ttl);
		} else {
			target = r.rdata;
			target_ttl = r.ttl;
		}
	}
	if (a->n_data > 0 || target == 0 || a->n_chain == DNS_MAX_CHAIN)
		return false;
	lower_ttl(a, target_ttl);
	a->chain[a->n_chain++] = a->owner = target;
	return true;
}

/* NOERROR without data. That the server recursed, or knows the zone, makes it an answer; AA is said
 * of the first name of a chain only (RFC 1035 section 4.1.1). */
static enum dns_outcome judge_empty(const struct dns_answer *a)
{
	const struct dns_message *m = a->message;
	bool is_authority = (m->flags & DNS_FLAG_AA) != 0 && a->n_chain == 0;

	if (m->n_records[DNS_ANSWER] > 0 && a->n_chain == 0)
		return DNS_LAME; /* all of them records of others */
	if (m->has_soa)
		return DNS_NODATA;
	if (m->has_ns && !is_authority)
		return DNS_REFERRAL;
	return is_authority || (m->flags & DNS_FLAG_RA) != 0 ? DNS_NODATA : DNS_LAME;
}

static enum dns_outcome judge(struct dns_answer *a)
{
	const struct dns_message *m = a->message;
	unsigned budget = BUDGET;

	if ((m->flags & DNS_FLAG_TC) != 0)
		return DNS_TRUNCATED;
	if (m->rcode != DNS_RCODE_NOERROR && m->rcode != DNS_RCODE_NXDOMAIN)
		return DNS_FAILED;
	while (look_for(a, &budget))
		;
	if (budget == 0 || (a->n_chain == DNS_MAX_CHAIN && a->n_data == 0))
		return DNS_MALFORMED; /* a loop, or made to take time */
	if (m->rcode == DNS_RCODE_NXDOMAIN)
		return a->n_data > 0 ? DNS_MALFORMED : DNS_NXDOMAIN;
	return a->n_data > 0 ? DNS_DATA : judge_empty(a);
}

void dns_answer_judge(const struct dns_message *m, struct dns_answer *ret_answer)
{
	struct dns_answer *a = ret_answer;

	a->message = m;
	a->ttl = INT32_MAX;
	a->n_chain = a->n_data = 0;
	a->owner = DNS_HEADER_SIZE;
	a->outcome = judge(a);
	if (a->outcome == DNS_NODATA || a->outcome == DNS_NXDOMAIN)
		lower_ttl(a, m->has_soa ? m->negative_ttl : 0);
	else if (a->outcome != DNS_DATA)
		a->ttl = 0;
}

/* Say whether the name at `owner` is the question's, or above it and at most as far up as the zone;
 * and how long it is. */
static bool is_between(
    const struct dns_message *m, size_t owner, size_t n_zone, size_t *ret_len, bool *ret_is_name)
{
	size_t at = DNS_HEADER_SIZE;
	struct dns_name question, name;

	if (!dns_name_read(m->bytes, m->len, &at, &question) ||
	    !dns_name_read(m->bytes, m->len, &owner, &name))
		return false;
	*ret_len = name.len;
	*ret_is_name = name.len == question.len;
	return name.len >= n_zone && dns_name_is_under(&question, &name);
}

/* Whether all NS records of the authority section refer to one name below the zone. */
static bool is_referral(struct dns_answer *a, size_t n_zone)
{
	const struct dns_message *m = a->message;
	size_t at = m->at[DNS_AUTHORITY], len = 0, found = 0;
	bool is_name;
	struct dns_record r = {0};

	for (unsigned i = 0; i < m->n_records[DNS_AUTHORITY]; i++) {
		dns_message_record(m, &at, &r);
		if (r.type != DNS_NS || r.class != DNS_CLASS_IN)
			continue;
		if (!is_between(m, r.owner, n_zone, &len, &is_name) || len == n_zone ||
		    (found > 0 && len != found))
			return false;
		found = len;
		a->owner = r.owner;
	}
	return found > 0;
}

static bool has_right_soa(const struct dns_answer *a, size_t n_zone)
{
	const struct dns_message *m = a->message;
	size_t len;
	bool is_name;

	return m->has_soa && is_between(m, m->soa_owner, n_zone, &len, &is_name) &&
	       !(is_name && a->outcome == DNS_NXDOMAIN);
}

static enum dns_outcome judge_authority(struct dns_answer *a, size_t n_zone)
{
	bool is_authority = (a->message->flags & DNS_FLAG_AA) != 0;

	switch (a->outcome) {
	case DNS_DATA:
	case DNS_NODATA:
	case DNS_NXDOMAIN:
	case DNS_REFERRAL:
	case DNS_LAME:
		break;
	default:
		return a->outcome;
	}
	if (a->n_chain > 0)
		return is_authority ? DNS_NODATA : DNS_LAME;
	if (a->outcome == DNS_REFERRAL)
		return is_referral(a, n_zone) ? DNS_REFERRAL : DNS_LAME;
	if (!is_authority)
		return DNS_LAME;
	return a->outcome == DNS_DATA || has_right_soa(a, n_zone) ? a->outcome : DNS_LAME;
}

void dns_answer_judge_authority(struct dns_answer *a, size_t n_zone)
{
	a->outcome = judge_authority(a, n_zone);
}

bool dns_answer_next(
    const struct dns_answer *a, struct dns_cursor *cursor, struct dns_record *ret_record)
{
	const struct dns_message *m = a->message;
	struct dns_record r = {0};

	if (a->n_data == 0)
		return false;
	if (cursor->n_seen == 0)
		cursor->at = m->at[DNS_ANSWER];
	while (cursor->n_seen < m->n_records[DNS_ANSWER]) {
		unsigned budget = 2 * DNS_MAX_HOPS + DNS_NAME_MAX;
		cursor->n_seen++;
		dns_message_record(m, &cursor->at, &r);
		if (is_wanted(m, &r) && dns_name_same(m->bytes, r.owner, a->owner, &budget)) {
			*ret_record = r;
			return true;
		}
	}
	return false;
}

const char *dns_rcode_name(unsigned rcode)
{
	static const char *const names[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
	    "REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE",
	    "DSOTYPENI", [16] = "BADVERS", "BADKEY", "BADTIME", "BADMODE", "BADNAME", "BADALG",
	    "BADTRUNC", "BADCOOKIE"};

	return rcode < sizeof(names) / sizeof(names[0]) ? names[rcode] : NULL;
}
