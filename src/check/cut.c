/* Judging delegations. */
#include "check/cut.h"

enum proof cut_by_ds(struct cut_answer a)
{
	switch (a.outcome) {
	case DNS_DATA:
		return a.has_chain ? PROOF_EXISTS : PROOF_DS;
	case DNS_NODATA:
		return PROOF_EXISTS;
	case DNS_NXDOMAIN: /* with a CNAME it is said of where that leads */
		return a.has_chain ? PROOF_EXISTS : PROOF_ABSENT;
	default:
		return PROOF_NONE;
	}
}

enum proof cut_by_ns(struct cut_answer a)
{
	switch (a.outcome) {
	case DNS_DATA:
		return a.has_chain ? PROOF_NOT_CUT : PROOF_NS;
	case DNS_NODATA:
		return PROOF_NOT_CUT;
	case DNS_NXDOMAIN: /* the parent has not said so of DS: these are servers of the child */
		return a.has_chain ? PROOF_NOT_CUT : PROOF_EXISTS;
	default:
		return PROOF_NONE;
	}
}

bool cut_is_of_existence(enum proof proof)
{
	return proof != PROOF_NONE && proof != PROOF_NOT_CUT && proof != PROOF_ABSENT;
}

enum proof cut_by_authority(struct cut_answer a, bool is_apex)
{
	switch (a.outcome) {
	case DNS_REFERRAL:
		return PROOF_REFERRAL;
	case DNS_DATA: /* the same servers have the parent and the child */
		return a.has_chain ? PROOF_NOT_CUT : PROOF_NS;
	case DNS_NODATA:
		return is_apex && !a.has_chain ? PROOF_NS : PROOF_NOT_CUT;
	case DNS_NXDOMAIN:
		return PROOF_ABSENT;
	default:
		return PROOF_NONE;
	}
}

enum item_status cut_status(enum proof proof, enum reason failure, enum reason *ret_reason)
{
	*ret_reason = REASON_NONE;
	if (cut_is_of_existence(proof))
		return ITEM_FOUND;
	*ret_reason = proof == PROOF_ABSENT    ? REASON_NXDOMAIN
		      : proof == PROOF_NOT_CUT ? REASON_NOT_DELEGATED
					       : failure;
	return proof == PROOF_NONE ? ITEM_ERROR : ITEM_NOT_FOUND;
}
