/* What a packet does to the lookup whose question it repeats. */
#include <string.h>

#include "dns/lookup.h"
#include "dns/server.h"

enum { CASE_CHANGES = 3 }; /* then the server is taken for one that doesn't keep the case */

/* A packet on its way to a verdict. */
struct arrival {
	struct server *server;
	struct ask *ask;
	struct dns_lookup *lookup;
	bool is_current; /* an answer to the last question, not to the one before */
	bool is_tcp;     /* or another way that has no bounds and can't be forged */
	bool is_timed;   /* how long it took tells of the server */
	enum dns_outcome outcome;
	usec_t now;
};

static bool has_edns(const struct dns_lookup *l)
{
	return l->wire[11] == 1;
}

/* The server changed the case of letters: it may be one that always does, so the same is asked in
 * lower case. The packet itself doesn't count. */
static void on_other_case(struct arrival *a)
{
	struct server *s = a->server;

	s->stats.n_mismatches++;
	if (!a->is_current || a->lookup->had_case || a->lookup->state != LOOKUP_ASKED)
		return;
	if (++s->n_case_changes >= CASE_CHANGES)
		s->has_no_case = true;
	a->lookup->had_case = true;
	lookup_repeat(a->lookup);
}

/* An error without a question, as from a server that can't read EDNS: it is asked without. The
 * packet itself doesn't count, for it could be anybody's. */
static void on_header_only(struct arrival *a)
{
	struct dns_lookup *l = a->lookup;

	a->server->stats.n_mismatches++;
	if (!a->is_current || l->had_edns || !has_edns(l) || l->state != LOOKUP_ASKED)
		return;
	l->had_edns = l->is_plain = true;
	lookup_repeat(l);
}

/* Learn from the answer what the server can do. */
static void note_abilities(struct arrival *a, const struct dns_message *m)
{
	struct server *s = a->server;

	if (m->has_edns)
		s->has_edns = true;
	else if (a->lookup->had_edns && !has_edns(a->lookup) && m->rcode != DNS_RCODE_FORMERR &&
		 m->rcode != DNS_RCODE_NOTIMP && !s->has_edns)
		s->has_no_edns = true;
	if (s->is_guarded && m->n_cookie > DNS_COOKIE_CLIENT) {
		memcpy(s->cookie, m->cookie, m->n_cookie);
		s->n_cookie = m->n_cookie;
		s->has_cookies = true;
	}
}

static bool is_forged(const struct server *s, const struct dns_message *m)
{
	return s->is_guarded && m->n_cookie > 0 &&
	       memcmp(m->cookie, s->cookie, DNS_COOKIE_CLIENT) != 0;
}

/* Say whether the same server is asked once more because of how it was asked. */
static bool repeats(struct arrival *a, const struct dns_message *m)
{
	struct dns_lookup *l = a->lookup;

	if (!a->is_current || m == NULL)
		return false;
	bool is_edns_error = m->rcode == DNS_RCODE_FORMERR || m->rcode == DNS_RCODE_NOTIMP ||
			     m->rcode == DNS_RCODE_BADVERS;
	if (is_edns_error && has_edns(l) && !l->had_edns) {
		l->had_edns = l->is_plain = true;
	} else if (m->rcode == DNS_RCODE_BADCOOKIE && !l->had_cookie) {
		l->had_cookie = true;
	} else if (!a->is_tcp && (m->rcode == DNS_RCODE_BADCOOKIE ||
				     (a->server->has_cookies && has_edns(l) && m->n_cookie == 0))) {
		l->wants_tcp = true; /* the cookie is missing: over TCP nobody can forge it */
	} else {
		return false;
	}
	lookup_repeat(l);
	return true;
}

/* Another server answered what some failed to: those were wrong, not the name. */
static void settle_blame(const struct arrival *a)
{
	const struct dns_lookup *l = a->lookup;

	for (int i = 0; i < l->n_tried; i++) {
		if (l->has_failed[i] && l->tried[i] != a->server)
			server_on_blame(l->tried[i], false, a->now);
	}
	if (a->server->blame > 0)
		server_on_blame(a->server, true, a->now);
}

static void note_failed(const struct arrival *a)
{
	struct dns_lookup *l = a->lookup;

	for (int i = 0; i < l->n_tried; i++) {
		if (l->tried[i] == a->server)
			l->has_failed[i] = true;
	}
}

/* A referral is what an authority answers of a delegated name. */
static bool is_answer(const struct dns_lookup *l, enum dns_outcome outcome)
{
	return outcome == DNS_DATA || outcome == DNS_NODATA || outcome == DNS_NXDOMAIN ||
	       (outcome == DNS_REFERRAL && l->n_zone > 0);
}

/* `answer` is NULL when it can't be read. */
static void settle(struct arrival *a, const struct dns_answer *answer)
{
	struct dns_lookup *l = a->lookup;

	if (a->outcome == DNS_TRUNCATED && a->is_current && !a->is_tcp) {
		l->wants_tcp = true;
		lookup_repeat(l);
		return;
	}
	if (is_answer(l, a->outcome)) {
		settle_blame(a);
		lookup_finish(l, a->outcome, answer);
		return;
	}
	note_failed(a);
	/* a failure that comes late changes nothing: the next attempt is under way */
	if (a->is_current)
		lookup_fail(l, a->outcome, answer, a->now);
}

static bool is_failure(const struct dns_lookup *l, enum dns_outcome outcome)
{
	return outcome != DNS_TRUNCATED && !is_answer(l, outcome);
}

/* Count the answer, and let the window, the health and the choice of TCP learn from it. */
static void count_answer(const struct arrival *a, unsigned rcode)
{
	struct server *s = a->server;

	s->stats.n_answers++;
	s->stats.n_outcomes[a->outcome]++;
	if (a->outcome == DNS_FAILED)
		s->stats.n_failures[rcode < DNS_N_RCODES ? rcode : DNS_N_RCODES - 1]++;
	if (a->is_timed && is_failure(a->lookup, a->outcome))
		server_on_failure(s, a->now);
	else if (a->is_timed)
		server_on_answer(s, a->now, a->now - a->ask->sent_at);
	else if (!a->is_current)
		s->stats.n_late++;
	if (s->carrier == NULL)
		server_on_size(s, a->outcome == DNS_TRUNCATED, a->is_tcp, a->now);
}

static void on_match(struct arrival *a, const uint8_t *packet, size_t len, bool is_cut)
{
	struct dns_message m;
	struct dns_answer answer;
	struct server *s = a->server;
	bool is_read = !is_cut && dns_message_parse(packet, len, &m);

	if (is_read && is_forged(s, &m)) {
		s->stats.n_mismatches++;
		return;
	}
	a->outcome = is_cut ? DNS_TRUNCATED : DNS_MALFORMED;
	if (is_read) {
		dns_answer_judge(&m, &answer);
		if (a->lookup->n_zone > 0)
			dns_answer_judge_authority(&answer, a->lookup->n_zone);
		a->outcome = answer.outcome;
		note_abilities(a, &m);
	}
	uint16_t rcode = is_read ? m.rcode : 0;
	count_answer(a, rcode);
	asks_remove(a->ask);
	lookup_note_try(a->lookup, &(struct dns_try){.server = s->endpoint,
				       .index = (size_t)(s - s->engine->servers),
				       .outcome = a->outcome,
				       .rcode = rcode,
				       .rtt = a->now - a->ask->sent_at,
				       .is_tcp = a->is_tcp && s->carrier == NULL});
	if (!repeats(a, is_read ? &m : NULL))
		settle(a, is_read ? &answer : NULL);
}

void lookup_on_packet(struct server *s, struct asks *table, const uint8_t *packet, size_t len,
    enum transport transport, usec_t now)
{
	uint16_t id = len >= 2 ? (uint16_t)(packet[0] << 8 | packet[1]) : 0;
	struct ask *ask = len >= DNS_HEADER_SIZE ? asks_find(table, id) : NULL;

	if (ask == NULL) {
		s->stats.n_late++; /* nobody waits for it (any more) */
		return;
	}
	struct dns_lookup *l = ask->lookup;
	struct arrival a = {.server = s,
	    .ask = ask,
	    .lookup = l,
	    .is_current = ask == &l->asks[l->current] && l->state == LOOKUP_ASKED,
	    .is_tcp = transport == BY_TCP || transport == BY_CARRIER,
	    .now = now};
	a.is_timed = a.is_current && transport != BY_TCP;
	switch (dns_message_match(packet, len, id, l->wire + DNS_HEADER_SIZE, l->n_question)) {
	case DNS_MATCH_CASE:
		if (l->is_mixed) {
			on_other_case(&a);
			return;
		}
		/* fall through */
	case DNS_MATCH:
		on_match(&a, packet, len, transport == BY_UDP_CUT);
		return;
	case DNS_MATCH_HEADER:
		on_header_only(&a);
		return;
	default:
		s->stats.n_mismatches++;
	}
}
