/* What answers say of a delegation: whether a name is cut from its parent. Pure. Thread: any.
 *
 * DS is a question to the parent, also where the servers of the child do not answer. NXDOMAIN
 * settles it; anything else says that the name exists, but not that it is cut: a delegated name
 * without DNSSEC, an empty non-terminal, a record of the parent zone and each name below a wildcard
 * get the same answer. */
#pragma once

#include "dns/answer.h"
#include "model/result.h"

/* What an answer says. `has_chain`: the name has a CNAME, which no delegated name has. */
struct cut_answer {
	enum dns_outcome outcome;
	bool has_chain;
};

/* What a recursor's answer for DS shows; PROOF_NONE: nothing. */
enum proof cut_by_ds(struct cut_answer answer);

/* What the answer of an authority of the parent for NS shows, which was judged as such
 * (dns/answer.h); `is_apex`: its SOA is the name's own, so the server has the child too. Of a
 * referral, that it is to the name itself. */
enum proof cut_by_authority(struct cut_answer answer, bool is_apex);

/* What a recursor's answer for NS shows of a name below a wildcard, or that may be, and for which
 * DS was not answered with NXDOMAIN. */
enum proof cut_by_ns(struct cut_answer answer);

bool cut_is_of_existence(enum proof proof); /* it shows that the name exists */

/* The verdict; of PROOF_NONE it is an error, for `failure`. */
enum item_status cut_status(enum proof proof, enum reason failure, enum reason *ret_reason);
