/* What the DNS and the registry together say: the rule that `available` takes both proofs, whatever
 * servers do. */
#include "../unit.h"

#include "check/cut.h"
#include "registration/verdict.h"

static const struct {
	enum dns_word dns;
	enum rdap_verdict rdap;
	enum item_status status;
	enum reason reason;
	bool has_conflict;
} rows[] = {
    {DNS_EXISTS, RDAP_REGISTERED, ITEM_REGISTERED, REASON_NONE, false},
    {DNS_EXISTS, RDAP_ABSENT, ITEM_REGISTERED, REASON_NONE, true},
    {DNS_EXISTS, RDAP_PREMIUM, ITEM_REGISTERED, REASON_NONE, true},
    {DNS_EXISTS, RDAP_BLOCKED, ITEM_REGISTERED, REASON_NONE, true},
    {DNS_EXISTS, RDAP_UNKNOWN, ITEM_REGISTERED, REASON_NONE, false},
    {DNS_EXISTS, RDAP_LIMITED, ITEM_REGISTERED, REASON_NONE, false},
    {DNS_ABSENT, RDAP_REGISTERED, ITEM_REGISTERED, REASON_NONE, false},
    {DNS_ABSENT, RDAP_ABSENT, ITEM_AVAILABLE, REASON_NONE, false},
    {DNS_ABSENT, RDAP_PREMIUM, ITEM_AVAILABLE, REASON_PREMIUM_PERIOD, false},
    {DNS_ABSENT, RDAP_BLOCKED, ITEM_RESERVED, REASON_BLOCKED, false},
    {DNS_ABSENT, RDAP_UNKNOWN, ITEM_UNKNOWN, REASON_TLS, false},
    {DNS_ABSENT, RDAP_LIMITED, ITEM_UNKNOWN, REASON_TLS, false},
    {DNS_NOT_DELEGATED, RDAP_REGISTERED, ITEM_REGISTERED, REASON_NONE, false},
    {DNS_NOT_DELEGATED, RDAP_ABSENT, ITEM_UNKNOWN, REASON_NOT_DELEGATED, false},
    {DNS_NOT_DELEGATED, RDAP_PREMIUM, ITEM_UNKNOWN, REASON_NOT_DELEGATED, false},
    {DNS_NOT_DELEGATED, RDAP_BLOCKED, ITEM_RESERVED, REASON_BLOCKED, false},
    {DNS_NOT_DELEGATED, RDAP_UNKNOWN, ITEM_UNKNOWN, REASON_TLS, false},
    {DNS_SAYS_NOTHING, RDAP_REGISTERED, ITEM_REGISTERED, REASON_NONE, false},
    {DNS_SAYS_NOTHING, RDAP_ABSENT, ITEM_UNKNOWN, REASON_SERVFAIL, false},
    {DNS_SAYS_NOTHING, RDAP_BLOCKED, ITEM_UNKNOWN, REASON_SERVFAIL, false},
    {DNS_SAYS_NOTHING, RDAP_UNKNOWN, ITEM_UNKNOWN, REASON_SERVFAIL, false},
};

TEST(each_pair)
{
	struct verdict v = verdict_of(rows[_i].dns, REASON_SERVFAIL, rows[_i].rdap, REASON_TLS);

	ck_assert_int_eq(v.status, rows[_i].status);
	ck_assert_int_eq(v.reason, rows[_i].reason);
	ck_assert_int_eq(v.has_conflict, rows[_i].has_conflict);
}

TEST(without_rdap)
{
	static const enum dns_word words[] = {
	    DNS_EXISTS, DNS_ABSENT, DNS_NOT_DELEGATED, DNS_SAYS_NOTHING};
	static const enum item_status statuses[] = {
	    ITEM_REGISTERED, ITEM_UNKNOWN, ITEM_UNKNOWN, ITEM_UNKNOWN};
	static const enum reason reasons[] = {
	    REASON_NONE, REASON_NO_RDAP, REASON_NO_RDAP, REASON_TIMEOUT};

	for (int i = 0; i < 4; i++) {
		struct verdict v = verdict_without_rdap(words[i], REASON_TIMEOUT, REASON_NO_RDAP);
		ck_assert_int_eq(v.status, statuses[i]);
		ck_assert_int_eq(v.reason, reasons[i]);
	}
}

/* Replies of all shapes: statuses, types and bodies drawn from lists, cut, or with bytes changed.
 */

struct drawn {
	struct rdap_reply reply;
	char body[600];
	bool is_real_404; /* a 404 whose body could be one of RDAP, or that has none */
};

static uint32_t draw(uint32_t *seed, uint32_t n)
{
	*seed = *seed * 1664525 + 1013904223;
	return (*seed >> 8) % n;
}

static void draw_reply(uint32_t *seed, struct drawn *ret_drawn)
{
	static const uint32_t statuses[] = {
	    0, 200, 200, 301, 400, 401, 403, 404, 404, 404, 410, 422, 429, 500, 503};
	static const char *const types[] = {"", "text/html", "application/json",
	    "application/rdap+json", "application/rdap+json; charset=utf-8"};
	static const char *const bodies[] = {"", "<html>", "{}", "[]", "null",
	    "{\"message\":\"Not Found\"}", "{\"errorCode\":404,\"title\":\"Not Found\"}",
	    "{\"errorCode\":404,\"notices\":[{\"title\":\"Blocked Domain\"}]}",
	    "{\"errorCode\":404,\"notices\":[{\"title\":\"Expiry Access Period\"}]}",
	    "{\"errorCode\":500}", "{\"errorCode\":\"404\"}",
	    "{\"objectClassName\":\"domain\",\"ldhName\":\"free.example\"}",
	    "{\"objectClassName\":\"domain\",\"ldhName\":\"other.example\"}",
	    "{\"domainSearchResults\":[]}", "{\"errorCode\":404,\"errorCode\":200}"};
	struct drawn *d = ret_drawn;
	const char *body = bodies[draw(seed, sizeof(bodies) / sizeof(bodies[0]))];
	size_t n = strlen(body);

	memcpy(d->body, body, n + 1);
	if (n > 0 && draw(seed, 4) == 0)
		n = draw(seed, (uint32_t)n);
	if (n > 0 && draw(seed, 4) == 0)
		d->body[draw(seed, (uint32_t)n)] = (char)draw(seed, 256);
	d->reply = (struct rdap_reply){
	    .status = statuses[draw(seed, sizeof(statuses) / sizeof(statuses[0]))],
	    .content_type = types[draw(seed, sizeof(types) / sizeof(types[0]))],
	    .body = {d->body, n},
	    .is_cut = draw(seed, 16) == 0};
	d->is_real_404 = d->reply.status == 404;
}

enum { TRIALS = 200000 };

/* Whatever is answered: `available` implies that the parent's answer for the name was NXDOMAIN and
 * the registry's a 404; and a name that anybody knows is registered. */
TEST(available_takes_both_proofs)
{
	uint32_t seed = 20260804;
	size_t n_available = 0, n_registered = 0;

	for (int i = 0; i < TRIALS; i++) {
		struct cut_answer answer = {
		    (enum dns_outcome)draw(&seed, DNS_N_OUTCOMES), draw(&seed, 2) == 1};
		bool asks_ns = draw(&seed, 3) == 0;
		enum proof proof = asks_ns ? cut_by_ns(answer) : cut_by_ds(answer);
		struct result result = {.n_evidence = 1, .evidence = {{.proof = proof}}};
		struct drawn drawn;
		struct rdap_answer rdap;

		result.status = cut_status(proof, REASON_TIMEOUT, &result.reason);
		draw_reply(&seed, &drawn);
		rdap_judge("free.example", false, &drawn.reply, &rdap);
		struct verdict v = verdict_of(
		    verdict_dns_word(&result), result.reason, rdap.verdict, REASON_MALFORMED);
		if (v.status == ITEM_AVAILABLE) {
			ck_assert(proof == PROOF_ABSENT && answer.outcome == DNS_NXDOMAIN &&
				  !answer.has_chain && !asks_ns);
			ck_assert(drawn.is_real_404);
			n_available++;
		}
		if (cut_is_of_existence(proof) || rdap.verdict == RDAP_REGISTERED)
			ck_assert_int_eq(v.status, ITEM_REGISTERED);
		n_registered += v.status == ITEM_REGISTERED ? 1 : 0;
		v = verdict_without_rdap(verdict_dns_word(&result), result.reason, REASON_NO_RDAP);
		ck_assert_int_ne(v.status, ITEM_AVAILABLE);
	}
	ck_assert_uint_gt(n_available, TRIALS / 1000);
	ck_assert_uint_gt(n_registered, TRIALS / 100);
}

SUITE(verdict)
{
	ADD_ROWS(each_pair, rows);
	ADD(without_rdap);
	ADD(available_takes_both_proofs);
}
