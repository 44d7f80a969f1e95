/* What answers show of a delegation: the rows of what NSD and Unbound say, and all that is no
 * answer. */
#include "../unit.h"

#include "check/cut.h"

static const struct {
	const char *what;
	struct cut_answer ds, ns; /* by a recursor */
	enum proof by_ds, by_ns;
} names[] = {
    {"delegated, unsigned", {DNS_NODATA, false}, {DNS_DATA, false}, PROOF_EXISTS, PROOF_NS},
    {"delegated, signed", {DNS_DATA, false}, {DNS_DATA, false}, PROOF_DS, PROOF_NS},
    {"delegated, lame", {DNS_NODATA, false}, {DNS_FAILED, false}, PROOF_EXISTS, PROOF_NONE},
    {"delegated, silent", {DNS_NODATA, false}, {DNS_TIMED_OUT, false}, PROOF_EXISTS, PROOF_NONE},
    {"delegated, denied by its servers", {DNS_NODATA, false}, {DNS_NXDOMAIN, false}, PROOF_EXISTS,
	PROOF_EXISTS},
    {"empty non-terminal, plain record, wildcard", {DNS_NODATA, false}, {DNS_NODATA, false},
	PROOF_EXISTS, PROOF_NOT_CUT},
    {"absent", {DNS_NXDOMAIN, false}, {DNS_NODATA, false}, PROOF_ABSENT, PROOF_NOT_CUT},
    {"alias", {DNS_NODATA, true}, {DNS_NODATA, true}, PROOF_EXISTS, PROOF_NOT_CUT},
    {"alias of a delegated name", {DNS_DATA, true}, {DNS_DATA, true}, PROOF_EXISTS, PROOF_NOT_CUT},
    {"alias of nothing, or a DNAME to it", {DNS_NXDOMAIN, true}, {DNS_NXDOMAIN, true}, PROOF_EXISTS,
	PROOF_NOT_CUT},
};

TEST(each_kind_of_name)
{
	ck_assert_int_eq(cut_by_ds(names[_i].ds), names[_i].by_ds);
	ck_assert_int_eq(cut_by_ns(names[_i].ns), names[_i].by_ns);
}

TEST(authorities_are_exact)
{
	static const struct {
		struct cut_answer answer;
		bool is_apex;
		enum proof want;
	} rows[] = {
	    {{DNS_REFERRAL, false}, false, PROOF_REFERRAL}, /* delegated, lame or not */
	    {{DNS_DATA, false}, false, PROOF_NS},           /* parent and child in one place */
	    {{DNS_NODATA, false}, true, PROOF_NS},
	    {{DNS_NODATA, false}, false, PROOF_NOT_CUT}, /* plain, empty, wildcard */
	    {{DNS_NODATA, true}, false, PROOF_NOT_CUT},  /* alias, below a DNAME */
	    {{DNS_NODATA, true}, true, PROOF_NOT_CUT},
	    {{DNS_NXDOMAIN, false}, false, PROOF_ABSENT},
	    {{DNS_LAME, false}, false, PROOF_NONE},
	    {{DNS_FAILED, false}, false, PROOF_NONE},
	    {{DNS_TIMED_OUT, false}, true, PROOF_NONE},
	};

	for (size_t i = 0; i < N_ROWS(rows); i++)
		ck_assert_int_eq(cut_by_authority(rows[i].answer, rows[i].is_apex), rows[i].want);
}

/* Only NXDOMAIN makes a name absent, and nothing that is no answer says anything. */
TEST(failures_say_nothing)
{
	for (int outcome = 0; outcome < DNS_N_OUTCOMES; outcome++) {
		for (int chain = 0; chain < 2; chain++) {
			struct cut_answer a = {(enum dns_outcome)outcome, chain == 1};
			bool is_answer =
			    outcome == DNS_DATA || outcome == DNS_NODATA || outcome == DNS_NXDOMAIN;
			ck_assert_int_eq(cut_by_ds(a) != PROOF_NONE, is_answer);
			ck_assert_int_eq(cut_by_ns(a) != PROOF_NONE, is_answer);
			ck_assert_int_ne(cut_by_ns(a), PROOF_ABSENT);
			if (cut_by_ds(a) == PROOF_ABSENT)
				ck_assert(outcome == DNS_NXDOMAIN && !a.has_chain);
		}
	}
}

TEST(verdicts)
{
	static const struct {
		enum proof proof;
		enum item_status status;
		enum reason reason;
	} rows[N_PROOFS] = {
	    {PROOF_NONE, ITEM_ERROR, REASON_TIMEOUT},
	    {PROOF_REFERRAL, ITEM_FOUND, REASON_NONE},
	    {PROOF_NS, ITEM_FOUND, REASON_NONE},
	    {PROOF_DS, ITEM_FOUND, REASON_NONE},
	    {PROOF_EXISTS, ITEM_FOUND, REASON_NONE},
	    {PROOF_NOT_CUT, ITEM_NOT_FOUND, REASON_NOT_DELEGATED},
	    {PROOF_ABSENT, ITEM_NOT_FOUND, REASON_NXDOMAIN},
	};
	enum reason reason;

	for (int i = 0; i < N_PROOFS; i++) {
		ck_assert_int_eq(
		    cut_status(rows[i].proof, REASON_TIMEOUT, &reason), rows[i].status);
		ck_assert_int_eq(reason, rows[i].reason);
	}
}

SUITE(cut)
{
	ADD_ROWS(each_kind_of_name, names);
	ADD(authorities_are_exact);
	ADD(failures_say_nothing);
	ADD(verdicts);
}
