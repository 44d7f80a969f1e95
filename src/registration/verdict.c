#include "registration/verdict.h"

enum dns_word verdict_dns_word(const struct result *r)
{
	if (r->status == ITEM_FOUND)
		return DNS_EXISTS;
	if (r->status != ITEM_NOT_FOUND)
		return DNS_SAYS_NOTHING;
	return r->reason == REASON_NXDOMAIN ? DNS_ABSENT : DNS_NOT_DELEGATED;
}

static bool is_absence(enum rdap_verdict verdict)
{
	return verdict == RDAP_ABSENT || verdict == RDAP_PREMIUM || verdict == RDAP_BLOCKED;
}

/* Of a name that the DNS does not know. */
static struct verdict judge_absent(enum rdap_verdict rdap, enum reason rdap_reason)
{
	switch (rdap) {
	case RDAP_ABSENT:
		return (struct verdict){.status = ITEM_AVAILABLE};
	case RDAP_PREMIUM:
		return (struct verdict){ITEM_AVAILABLE, REASON_PREMIUM_PERIOD, false};
	case RDAP_BLOCKED:
		return (struct verdict){ITEM_RESERVED, REASON_BLOCKED, false};
	default:
		return (struct verdict){ITEM_UNKNOWN, rdap_reason, false};
	}
}

struct verdict verdict_of(
    enum dns_word dns, enum reason dns_reason, enum rdap_verdict rdap, enum reason rdap_reason)
{
	if (dns == DNS_EXISTS)
		return (struct verdict){ITEM_REGISTERED, REASON_NONE, is_absence(rdap)};
	if (rdap == RDAP_REGISTERED)
		return (struct verdict){.status = ITEM_REGISTERED};
	switch (dns) {
	case DNS_ABSENT:
		return judge_absent(rdap, rdap_reason);
	case DNS_NOT_DELEGATED:
		if (rdap == RDAP_BLOCKED)
			return judge_absent(rdap, rdap_reason);
		return (struct verdict){
		    ITEM_UNKNOWN, is_absence(rdap) ? REASON_NOT_DELEGATED : rdap_reason, false};
	default: /* one of the two proofs is missing */
		return (struct verdict){ITEM_UNKNOWN, dns_reason, false};
	}
}

struct verdict verdict_without_rdap(enum dns_word dns, enum reason dns_reason, enum reason why)
{
	if (dns == DNS_EXISTS)
		return (struct verdict){.status = ITEM_REGISTERED};
	return (struct verdict){ITEM_UNKNOWN, dns == DNS_SAYS_NOTHING ? dns_reason : why, false};
}
