/* check: resolve. Does the name have an address?
 *
 *   A --NOERROR--> found
 *     --NXDOMAIN-> not_found, for both types (RFC 8020); asked once more first when the answer is
 * doubtful
 *     --NODATA---> AAAA --NOERROR--> found
 *                       --NODATA, NXDOMAIN--> not_found (no_address)
 *     --no answer, or a failure--> again: at another server at once, at the same one after a pause;
 * in the end an error
 *
 * A time-out starts the next attempt but doesn't end the one before: an answer counts whichever
 * attempt it belongs to. Nothing but NXDOMAIN and NODATA makes a name not found. */
#include <stdlib.h>
#include <string.h>

#include "base/metrics.h"
#include "engine/probe.h"

#define PAUSE_LEAST (50 * USEC_PER_MSEC)
#define PAUSE_MOST  (2 * USEC_PER_SEC)

static void on_answer(struct query *query, const struct answer *answer, void *arg);
static void on_timeout(struct query *query, void *arg);

static const struct query_events events = {.on_answer = on_answer, .on_timeout = on_timeout};

static const enum reason failure_reasons[N_RCODES] = {[RCODE_SERVFAIL] = REASON_SERVFAIL,
    [RCODE_REFUSED] = REASON_REFUSED,
    [RCODE_TIMEOUT] = REASON_TIMEOUT,
    [RCODE_TRUNCATED] = REASON_TRUNCATED,
    [RCODE_MALFORMED] = REASON_MALFORMED,
    [RCODE_NOTIMP] = REASON_REFUSED,
    [RCODE_FORMERR] = REASON_MALFORMED};

static void stop(struct probe *probe)
{
	for (int i = 0; i < PROBE_MAX_QUERIES; i++) {
		if (probe->queries[i] != NULL)
			query_drop(probe->queries[i]);
		probe->queries[i] = NULL;
	}
}

/* Remember the newest query in front; the oldest is given up when there are too many. */
static void push_query(struct probe *probe, struct query *query)
{
	if (probe->queries[PROBE_MAX_QUERIES - 1] != NULL)
		query_drop(probe->queries[PROBE_MAX_QUERIES - 1]);
	memmove(
	    probe->queries + 1, probe->queries, sizeof(probe->queries) - sizeof(probe->queries[0]));
	probe->queries[0] = query;
}

static void forget_query(struct probe *probe, const struct query *query)
{
	for (int i = 0; i < PROBE_MAX_QUERIES; i++) {
		if (probe->queries[i] == query)
			probe->queries[i] = NULL;
	}
}

static bool answer_from_hosts(struct probe *probe)
{
	struct result *r = &probe->result;
	size_t n;
	const struct address *addresses = hosts_find(probe->engine->hosts, probe->name, &n);

	if (addresses == NULL)
		return false;
	memcpy(r->addresses, addresses, n * sizeof(*addresses));
	r->n_addresses = (uint32_t)n;
	result_add_evidence(r, &(struct evidence){.source = SOURCE_HOSTS});
	return true;
}

/* Verdicts that need no question wait for the first turn: a probe never ends inside probe_start. */
static bool ask(struct probe *probe)
{
	struct engine *engine = probe->engine;
	bool is_first = probe->attempts == 0 && probe->type == RR_A && !probe->is_confirming;

	if (is_first && engine->hosts != NULL &&
	    hosts_find(engine->hosts, probe->name, &(size_t){0}) != NULL) {
		if (probe->result.n_evidence == 0) {
			answer_from_hosts(probe);
			probe_pause(probe, 0);
		} else {
			probe_finish(probe, ITEM_FOUND, REASON_NONE);
		}
		return true;
	}
	if (resolver_n_servers(engine->resolver) == 0) {
		if (probe->attempts++ == 0)
			probe_pause(probe, 0);
		else
			probe_finish(probe, ITEM_ERROR, REASON_NO_RESOLVER);
		return true;
	}
	struct query *query = query_start(engine->resolver, probe->name, probe->type,
	    probe->timeout, probe->avoid, &events, probe);
	if (query == NULL)
		return false;
	push_query(probe, query);
	probe->avoid = query_server(query);
	/* what confirms is no attempt, unless it is asked again */
	if (!probe->is_confirming || probe->attempts > 0)
		probe->result.attempts = ++probe->attempts;
	return true;
}

/* The next type, or the same question once more to be sure: with attempts of its own. */
static void ask_anew(struct probe *probe)
{
	stop(probe);
	probe->attempts = 0;
	if (!ask(probe))
		probe_take_turn(probe);
}

/* Double the pause with each attempt, and take a random part of it (full jitter). */
static usec_t pause_before(uint32_t attempt)
{
	usec_t most = PAUSE_LEAST << (attempt < 6 ? attempt : 6);

	return 1 + (usec_t)random() % (most < PAUSE_MOST ? most : PAUSE_MOST);
}

static void try_again(struct probe *probe, enum rcode failure)
{
	probe->last_failure = failure;
	/* the doubt stands, and goes with the next NXDOMAIN, of whichever attempt and however late
	 */
	if (probe->is_confirming && probe->attempts == 0)
		probe->attempts = 1;
	if (probe->attempts >= probe->max_attempts) {
		probe_finish(probe, ITEM_ERROR, failure_reasons[failure]);
		return;
	}
	bool has_other = resolver_n_servers(probe->engine->resolver) > 1;
	/* a time-out was a pause already */
	if ((has_other && probe->attempts == 1) || failure == RCODE_TIMEOUT)
		probe_take_turn(probe);
	else
		probe_pause(probe, pause_before(probe->attempts));
}

static void on_found(struct probe *probe, const struct answer *answer)
{
	struct result *r = &probe->result;

	memcpy(r->addresses, answer->addresses, answer->n_addresses * sizeof(*r->addresses));
	r->n_addresses = (uint32_t)answer->n_addresses;
	r->ttl = answer->ttl;
	probe_finish(probe, ITEM_FOUND, REASON_NONE);
}

static void on_nxdomain(struct probe *probe, const struct answer *answer)
{
	if (probe->type == RR_AAAA) {
		probe_finish(probe, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
	} else if (answer->is_doubtful && !probe->is_confirming) {
		probe->is_confirming = true;
		metric_add(probe->engine->confirmations, 1);
		ask_anew(probe);
	} else {
		probe_finish(probe, ITEM_NOT_FOUND, REASON_NXDOMAIN);
	}
}

static void on_nodata(struct probe *probe)
{
	if (probe->type == RR_AAAA) {
		probe_finish(probe, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
		return;
	}
	probe->type = RR_AAAA;
	probe->is_confirming = false;
	probe->avoid = NULL;
	ask_anew(probe);
}

static void on_answer(struct query *query, const struct answer *answer, void *arg)
{
	struct probe *probe = arg;
	bool is_latest = probe->queries[0] == query;

	forget_query(probe, query);
	if (answer->rcode == RCODE_TIMEOUT)
		return; /* on_timeout told it long ago */
	result_add_evidence(&probe->result, &(struct evidence){.type = probe->type,
						.rcode = answer->rcode,
						.rtt = answer->rtt,
						.server = *answer->server});
	switch (answer->rcode) {
	case RCODE_NOERROR:
		on_found(probe, answer);
		break;
	case RCODE_NXDOMAIN:
		on_nxdomain(probe, answer);
		break;
	case RCODE_NODATA:
		on_nodata(probe);
		break;
	default:
		/* a failure that comes late changes nothing: the next attempt is under way or
		 * planned */
		if (is_latest && !answer->is_late)
			try_again(probe, answer->rcode);
	}
}

static void on_timeout(struct query *query, void *arg)
{
	struct probe *probe = arg;

	result_add_evidence(&probe->result, &(struct evidence){.type = probe->type,
						.rcode = RCODE_TIMEOUT,
						.rtt = probe->timeout,
						.server = *query_server(query)});
	try_again(probe, RCODE_TIMEOUT);
}

const struct check_ops *resolve_check(void)
{
	static const struct check_ops ops = {.ask = ask, .stop = stop};

	return &ops;
}
