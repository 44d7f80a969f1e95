/* What the DNS and the registry together say of a name. Pure. Thread: any.
 *
 * `available` takes both: NXDOMAIN from the DNS, and the registry's own word that it does not have
 * the name. */
#pragma once

#include <stdbool.h>

#include "model/result.h"
#include "registration/rdap.h"

/* What the DNS says. */
enum dns_word {
	DNS_SAYS_NOTHING, /* it failed */
	DNS_EXISTS,
	DNS_ABSENT,       /* NXDOMAIN */
	DNS_NOT_DELEGATED /* the parent has something for the name, if only a wildcard */
};

/* Read a result of the check of delegations. */
enum dns_word verdict_dns_word(const struct result *result);

struct verdict {
	enum item_status status;
	enum reason reason;
	bool has_conflict; /* the DNS knows the name, and the registry does not */
};

/* `dns_reason`: why the DNS says nothing; `rdap_reason`: why the registry doesn't. */
struct verdict verdict_of(
    enum dns_word dns, enum reason dns_reason, enum rdap_verdict rdap, enum reason rdap_reason);

/* The same where the registry is not asked, for this reason. */
struct verdict verdict_without_rdap(enum dns_word dns, enum reason dns_reason, enum reason why);
