/* Exchanges.
 *
 *   queued (origin.h) --> running (transfer.h) --> finished
 *      |
 *      +--> finished: the URL is none, or denied, or its host has no address
 */
#include "fetch/exchange.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "fetch/origin.h"
#include "fetch/route.h"
#include "fetch/transfer.h"
#include "loop/loop.h"

enum { PASSED_OVER = 64 << 10 /* bytes of an unwanted body that are read */ };

struct exchange {
	struct ticket ticket;
	TAILQ_ENTRY(exchange) link;
	struct exchanger *exchanger;
	exchange_fn *on_done;
	void *arg;
	struct url url; /* owned */
	struct span body;
	bool (*add_headers)(struct buf *headers, void *arg);
	uint64_t most_bytes;
	struct transfer *transfer; /* NULL: none is running */
	struct buf answer;         /* its body, as far as it is kept */
	uint64_t n_read;
	struct defer refusal; /* of what was found wrong at the start */
	enum reason refused;
	const char *why; /* static */
};

struct exchanger {
	struct exchanger_opts opts;
	const struct policy *policy;
	struct transfers *transfers;
	struct origins *origins;
	TAILQ_HEAD(, exchange) exchanges;
};

static struct exchange *exchange_of_ticket(struct ticket *ticket)
{
	return (struct exchange *)((char *)ticket - offsetof(struct exchange, ticket));
}

/* --- The end --- */

static void release(struct exchange *x, enum origin_outcome outcome)
{
	defer_cancel(&x->refusal);
	if (x->transfer != NULL)
		transfer_cancel(x->transfer);
	ticket_release(x->exchanger->origins, &x->ticket, outcome);
	TAILQ_REMOVE(&x->exchanger->exchanges, x, link);
	url_done(&x->url);
	buf_done(&x->answer);
	free(x);
}

static void finish(
    struct exchange *x, const struct exchange_outcome *o, enum origin_outcome outcome)
{
	exchange_fn *on_done = x->on_done;
	void *arg = x->arg;
	struct buf answer = x->answer; /* which the outcome borrows */

	buf_init(&x->answer, 0);
	release(x, outcome);
	on_done(o, arg);
	buf_done(&answer);
}

static void refuse(struct exchange *x, enum reason reason, const char *why)
{
	const struct exchange_outcome o = {.reason = reason, .detail = why};

	finish(x, &o, ORIGIN_UNKNOWN);
}

static void on_refusal(void *arg)
{
	struct exchange *x = arg;

	refuse(x, x->refused, x->why);
}

/* --- The transfer --- */

static enum transfer_verdict on_body(const char *bytes, size_t n_bytes, long status, void *arg)
{
	struct exchange *x = arg;
	uint64_t most = x->most_bytes > 0 ? x->most_bytes : PASSED_OVER;

	(void)status;
	x->n_read += n_bytes;
	if (x->n_read > most)
		return TRANSFER_STOP;
	if (x->most_bytes > 0)
		buf_add(&x->answer, bytes, n_bytes);
	return TRANSFER_TAKEN;
}

/* Judge the answer by its header. An error in its body does not matter. */
static void on_done(const struct transfer_outcome *t, void *arg)
{
	struct exchange *x = arg;
	bool is_answered = t->status >= 200 && t->reason != REASON_DENIED_TARGET;
	bool is_congested = t->is_congestion || t->status == 429 || t->status == 503;
	struct exchange_outcome o = {.reason = t->reason, .detail = t->detail};

	if (is_answered)
		o = (struct exchange_outcome){.status = t->status,
		    .content_type = t->content_type,
		    .etag = transfer_header(x->transfer, "ETag"),
		    .body = {x->answer.data, x->answer.len},
		    .is_cut = t->reason != REASON_NONE,
		    .retry_after = t->retry_after};
	x->transfer = NULL;
	if (t->status > 0)
		ticket_note_answer(&x->ticket, false);
	else if (t->is_unsecured)
		ticket_blame(&x->ticket, t->reason, t->detail);
	if (!is_answered && t->reason != REASON_DENIED_TARGET)
		ticket_avoid_address(&x->ticket);
	finish(x, &o, is_congested ? ORIGIN_CONGESTED : ORIGIN_GOOD);
}

static void on_start(struct ticket *ticket, void *arg)
{
	static const struct transfer_events events = {.on_body = on_body, .on_done = on_done};
	struct exchange *x = exchange_of_ticket(ticket);
	struct exchanger *exchanger = arg;
	struct transfer_request request = {.url = &x->url,
	    .address = ticket->address,
	    .timeout = exchanger->opts.timeout,
	    .body = x->body,
	    .keeps_connection = ticket_keeps_connection(ticket)};
	struct buf headers;

	buf_init(&headers, 1 << 12);
	if (x->add_headers == NULL || x->add_headers(&headers, x->arg)) {
		request.headers = (struct span){headers.data, headers.len};
		request.socket = ticket_take_socket(ticket);
		x->transfer = transfer_start(exchanger->transfers, &request, &events, x);
	}
	buf_done(&headers);
	if (x->transfer == NULL)
		refuse(x, REASON_INTERNAL, "the request could not be made");
}

static void on_failed(struct ticket *ticket, const struct origin_failure *failure, void *arg)
{
	(void)arg;
	refuse(exchange_of_ticket(ticket), failure->reason, failure->detail);
}

static const char *judge(const struct endpoint *to, void *arg)
{
	return route_judge_endpoint(((struct exchanger *)arg)->policy, to);
}

/* --- Exchanges --- */

struct exchange *exchange_start(struct exchanger *exchanger, const struct exchange_request *request,
    exchange_fn *on_done_fn, void *arg)
{
	struct exchange *x = xcalloc(1, sizeof(*x));

	x->exchanger = exchanger;
	x->on_done = on_done_fn;
	x->arg = arg;
	x->body = request->body;
	x->add_headers = request->add_headers;
	x->most_bytes = request->most_bytes;
	buf_init(&x->answer, request->most_bytes);
	TAILQ_INSERT_TAIL(&exchanger->exchanges, x, link);
	defer_init(&x->refusal, exchanger->opts.loop, on_refusal, x);
	enum url_fault fault = url_parse(request->url, strlen(request->url), &x->url);
	x->refused = fault != URL_GOOD ? REASON_INVALID_URL : REASON_DENIED_TARGET;
	x->why =
	    fault != URL_GOOD ? url_fault_text(fault) : route_judge(exchanger->policy, &x->url);
	if (x->why == NULL)
		ticket_queue(exchanger->origins, &x->ticket, &x->url, exchanger->opts.timeout);
	else
		defer_start(&x->refusal);
	return x;
}

bool exchange_is_waiting(const struct exchange *exchange)
{
	return exchange->transfer == NULL;
}

void exchange_cancel(struct exchange *exchange)
{
	release(exchange, ORIGIN_UNKNOWN);
}

/* --- The exchanger --- */

void exchanger_free(struct exchanger *exchanger)
{
	if (exchanger == NULL)
		return;
	while (!TAILQ_EMPTY(&exchanger->exchanges))
		exchange_cancel(TAILQ_FIRST(&exchanger->exchanges));
	origins_free(exchanger->origins);
	transfers_free(exchanger->transfers);
	free(exchanger);
}

struct exchanger *exchanger_new(const struct exchanger_opts *opts)
{
	struct exchanger *exchanger = xcalloc(1, sizeof(*exchanger));
	const struct transfers_opts transfers = {.loop = opts->loop,
	    .ca_file = opts->ca_file,
	    .user_agent = opts->user_agent,
	    .connect_timeout = opts->timeout};
	const struct origins_opts origins = {.loop = opts->loop,
	    .checker = opts->checker,
	    .total = opts->total,
	    .per_host = opts->per_host,
	    .connect_timeout = opts->timeout,
	    .judge = judge,
	    .on_start = on_start,
	    .on_failed = on_failed,
	    .arg = exchanger};

	exchanger->opts = *opts;
	exchanger->opts.ca_file = exchanger->opts.user_agent = NULL;
	TAILQ_INIT(&exchanger->exchanges);
	exchanger->transfers = transfers_new(&transfers);
	exchanger->origins = origins_new(&origins);
	if (exchanger->transfers == NULL) {
		exchanger_free(exchanger);
		return NULL;
	}
	return exchanger;
}

void exchanger_set_timeout(struct exchanger *exchanger, usec_t timeout)
{
	exchanger->opts.timeout = timeout;
	transfers_set_connect_timeout(exchanger->transfers, timeout);
	origins_set_connect_timeout(exchanger->origins, timeout);
}

void exchanger_set_policy(struct exchanger *exchanger, const struct policy *policy)
{
	exchanger->policy = policy;
	transfers_set_policy(exchanger->transfers, policy);
}

bool exchanger_has_policy(const struct exchanger *exchanger)
{
	return exchanger->policy != NULL;
}

const char *exchanger_judge(const struct exchanger *exchanger, const struct url *url)
{
	return route_judge(exchanger->policy, url);
}
