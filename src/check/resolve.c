/* check: resolve, by evdns. Does the name have an address?
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
#include "check/private.h"

#define PAUSE_LEAST (50 * USEC_PER_MSEC)
#define PAUSE_MOST  (2 * USEC_PER_SEC)

enum { MAX_QUERIES = 4 };

struct resolve {
	bool is_aaaa;                 /* it asks for AAAA, no longer for A */
	bool is_confirming;           /* an NXDOMAIN came that needs a second one */
	uint32_t attempts;            /* of this type */
	const struct endpoint *avoid; /* server of the last attempt; borrowed from the resolver */
	struct query *queries[MAX_QUERIES]; /* open ones, the latest first, or NULL */
};

static struct resolve *resolve_of(struct check *check)
{
	return (struct resolve *)check->state;
}

static enum rrtype type_of(struct check *check)
{
	return resolve_of(check)->is_aaaa ? RR_AAAA : RR_A;
}

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

static void stop(struct check *check)
{
	struct resolve *resolve = resolve_of(check);

	for (int i = 0; i < MAX_QUERIES; i++) {
		if (resolve->queries[i] != NULL)
			query_drop(resolve->queries[i]);
		resolve->queries[i] = NULL;
	}
}

/* Remember the newest query in front; the oldest is given up when there are too many. */
static void push_query(struct resolve *resolve, struct query *query)
{
	struct query **queries = resolve->queries;

	if (queries[MAX_QUERIES - 1] != NULL)
		query_drop(queries[MAX_QUERIES - 1]);
	memmove(queries + 1, queries, sizeof(resolve->queries) - sizeof(queries[0]));
	queries[0] = query;
}

static void forget_query(struct resolve *resolve, const struct query *query)
{
	for (int i = 0; i < MAX_QUERIES; i++) {
		if (resolve->queries[i] == query)
			resolve->queries[i] = NULL;
	}
}

static bool ask(struct check *check)
{
	struct resolve *resolve = resolve_of(check);

	resolve->is_aaaa = resolve->is_aaaa || check->families == CHECK_ONLY_V6;
	struct query *query = query_start(check->checker->resolver, check->name, type_of(check),
	    check->timeout, resolve->avoid, &events, check);
	if (query == NULL)
		return false;
	push_query(resolve, query);
	resolve->avoid = query_server(query);
	/* what confirms is no attempt, unless it is asked again */
	if (!resolve->is_confirming || resolve->attempts > 0)
		check->result.attempts = ++resolve->attempts;
	return true;
}

/* The next type, or the same question once more to be sure: with attempts of its own. */
static void ask_anew(struct check *check)
{
	stop(check);
	resolve_of(check)->attempts = 0;
	if (!ask(check))
		check_await_turn(check);
}

/* Double the pause with each attempt, and take a random part of it (full jitter). */
static usec_t pause_before(uint32_t attempt)
{
	usec_t most = PAUSE_LEAST << (attempt < 6 ? attempt : 6);

	return 1 + (usec_t)random() % (most < PAUSE_MOST ? most : PAUSE_MOST);
}

static void try_again(struct check *check, enum rcode failure)
{
	struct resolve *resolve = resolve_of(check);

	/* The doubt stays until the next NXDOMAIN, of any attempt and however late. */
	if (resolve->is_confirming && resolve->attempts == 0)
		resolve->attempts = 1;
	if (resolve->attempts >= check->max_attempts) {
		check_finish(check, ITEM_ERROR, failure_reasons[failure]);
		return;
	}
	bool has_other = resolver_n_servers(check->checker->resolver) > 1;
	/* a time-out was a pause already */
	if ((has_other && resolve->attempts == 1) || failure == RCODE_TIMEOUT)
		check_await_turn(check);
	else
		check_pause(check, pause_before(resolve->attempts));
}

static void on_found(struct check *check, const struct answer *answer)
{
	struct result *r = &check->result;

	memcpy(r->addresses, answer->addresses, answer->n_addresses * sizeof(*r->addresses));
	r->n_addresses = (uint32_t)answer->n_addresses;
	r->ttl = answer->ttl;
	check_finish(check, ITEM_FOUND, REASON_NONE);
}

static void on_nxdomain(struct check *check, const struct answer *answer)
{
	struct resolve *resolve = resolve_of(check);

	if (resolve->is_aaaa && check->families == CHECK_ANY) {
		check_finish(check, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
	} else if (answer->is_doubtful && !resolve->is_confirming) {
		resolve->is_confirming = true;
		metric_add(check->checker->confirmations, 1);
		ask_anew(check);
	} else {
		check_finish(check, ITEM_NOT_FOUND, REASON_NXDOMAIN);
	}
}

static void on_nodata(struct check *check)
{
	struct resolve *resolve = resolve_of(check);

	if (resolve->is_aaaa || check->families != CHECK_ANY) {
		check_finish(check, ITEM_NOT_FOUND, REASON_NO_ADDRESS);
		return;
	}
	resolve->is_aaaa = true;
	resolve->is_confirming = false;
	resolve->avoid = NULL;
	ask_anew(check);
}

static void on_answer(struct query *query, const struct answer *answer, void *arg)
{
	struct check *check = arg;
	struct resolve *resolve = resolve_of(check);
	bool is_latest = resolve->queries[0] == query;

	forget_query(resolve, query);
	if (answer->rcode == RCODE_TIMEOUT)
		return; /* on_timeout told it long ago */
	result_add_evidence(&check->result, &(struct evidence){.type = type_of(check),
						.rcode = answer->rcode,
						.rtt = answer->rtt,
						.server = *answer->server});
	switch (answer->rcode) {
	case RCODE_NOERROR:
		on_found(check, answer);
		break;
	case RCODE_NXDOMAIN:
		on_nxdomain(check, answer);
		break;
	case RCODE_NODATA:
		on_nodata(check);
		break;
	default:
		/* a failure that comes late changes nothing: the next attempt is under way or
		 * planned */
		if (is_latest && !answer->is_late)
			try_again(check, answer->rcode);
	}
}

static void on_timeout(struct query *query, void *arg)
{
	struct check *check = arg;

	result_add_evidence(&check->result, &(struct evidence){.type = type_of(check),
						.rcode = RCODE_TIMEOUT,
						.rtt = check->timeout,
						.server = *query_server(query)});
	try_again(check, RCODE_TIMEOUT);
}

const struct check_ops *resolve_evdns_check(void)
{
	static const struct check_ops ops = {.state_size = sizeof(struct resolve),
	    .answer_locally = resolve_from_hosts,
	    .ask = ask,
	    .stop = stop};

	return &ops;
}
