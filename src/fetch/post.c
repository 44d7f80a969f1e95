/* Posts.
 *
 *   queued (origin.h) --> running (transfer.h) --> finished
 *      |
 *      +--> finished: the URL is none, or denied, or its host has no address
 */
#include "fetch/post.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "fetch/origin.h"
#include "fetch/route.h"
#include "fetch/transfer.h"
#include "loop/loop.h"

enum { MAX_ANSWER = 64 << 10 /* bytes read of an answer's body, which nobody wants */ };

struct post {
	struct ticket ticket;
	TAILQ_ENTRY(post) link;
	struct poster *poster;
	post_fn *on_done;
	void *arg;
	struct url url; /* owned */
	struct id id;
	struct span body;
	struct transfer *transfer; /* NULL: none is running */
	size_t n_read;
	struct defer refusal; /* of what was found wrong at the start */
	enum reason refused;
	const char *why; /* static */
};

struct poster {
	struct poster_opts opts;
	const struct policy *policy;
	struct signature_keys keys;
	struct transfers *transfers;
	struct origins *origins;
	TAILQ_HEAD(, post) posts;
};

static struct post *post_of_ticket(struct ticket *ticket)
{
	return (struct post *)((char *)ticket - offsetof(struct post, ticket));
}

/* --- The end --- */

static void release(struct post *p, enum origin_outcome outcome)
{
	defer_cancel(&p->refusal);
	if (p->transfer != NULL)
		transfer_cancel(p->transfer);
	ticket_release(p->poster->origins, &p->ticket, outcome);
	TAILQ_REMOVE(&p->poster->posts, p, link);
	url_done(&p->url);
	free(p);
}

static void finish(struct post *p, const struct post_outcome *o, enum origin_outcome outcome)
{
	post_fn *on_done = p->on_done;
	void *arg = p->arg;

	release(p, outcome);
	on_done(o, arg);
}

static void refuse(struct post *p, enum reason reason, const char *why)
{
	const struct post_outcome o = {.reason = reason, .detail = why};

	finish(p, &o, ORIGIN_UNKNOWN);
}

static void on_refusal(void *arg)
{
	struct post *p = arg;

	refuse(p, p->refused, p->why);
}

/* --- The transfer --- */

static enum transfer_verdict on_body(const char *bytes, size_t n_bytes, long status, void *arg)
{
	struct post *p = arg;

	(void)bytes, (void)status;
	p->n_read += n_bytes;
	return p->n_read > MAX_ANSWER ? TRANSFER_STOP : TRANSFER_TAKEN;
}

/* What counts is the head of the answer: how its body ends changes nothing. */
static void on_done(const struct transfer_outcome *t, void *arg)
{
	struct post *p = arg;
	bool is_answered = t->status >= 200 && t->reason != REASON_DENIED_TARGET;
	bool is_congested = t->is_congestion || t->status == 429 || t->status == 503;
	const struct post_outcome o = {.status = is_answered ? t->status : 0,
	    .reason = is_answered ? REASON_NONE : t->reason,
	    .detail = is_answered ? NULL : t->detail,
	    .retry_after = is_answered ? t->retry_after : 0};

	p->transfer = NULL;
	if (t->status > 0)
		ticket_note_answer(&p->ticket, false);
	else if (t->is_unsecured)
		ticket_blame(&p->ticket, t->reason, t->detail);
	if (!is_answered && t->reason != REASON_DENIED_TARGET)
		ticket_avoid_address(&p->ticket);
	finish(p, &o, is_congested ? ORIGIN_CONGESTED : ORIGIN_GOOD);
}

/* The headers of the specification; what is signed is as old as the attempt. */
static bool add_headers(const struct post *p, struct buf *b)
{
	char id[ID_TEXT_SIZE];
	int64_t now = clock_wall() / USEC_PER_SEC;

	id_format(&p->id, id);
	buf_addf(b,
	    "Content-Type: application/json\nwebhook-id: %s\nwebhook-timestamp: %lld\n"
	    "webhook-signature: ",
	    id, (long long)now);
	bool is_signed = signature_add(b, &p->poster->keys, id, now, p->body.bytes, p->body.len);
	buf_add_char(b, '\n');
	return is_signed;
}

static void on_start(struct ticket *ticket, void *arg)
{
	static const struct transfer_events events = {.on_body = on_body, .on_done = on_done};
	struct post *p = post_of_ticket(ticket);
	struct poster *poster = arg;
	struct transfer_request request = {.url = &p->url,
	    .address = ticket->address,
	    .timeout = poster->opts.timeout,
	    .body = p->body,
	    .keeps_connection = ticket_keeps_connection(ticket)};
	struct buf headers;

	buf_init(&headers, 1 << 12);
	if (add_headers(p, &headers)) {
		request.headers = (struct span){headers.data, headers.len};
		request.socket = ticket_take_socket(ticket);
		p->transfer = transfer_start(poster->transfers, &request, &events, p);
	}
	buf_done(&headers);
	if (p->transfer == NULL)
		refuse(p, REASON_INTERNAL, "the request could not be made");
}

static void on_failed(struct ticket *ticket, const struct origin_failure *failure, void *arg)
{
	(void)arg;
	refuse(post_of_ticket(ticket), failure->reason, failure->detail);
}

static const char *judge(const struct endpoint *to, void *arg)
{
	return route_judge_endpoint(((struct poster *)arg)->policy, to);
}

/* --- Posts --- */

struct post *post_start(
    struct poster *poster, const struct post_request *request, post_fn *on_done_fn, void *arg)
{
	struct post *p = xcalloc(1, sizeof(*p));

	p->poster = poster;
	p->on_done = on_done_fn;
	p->arg = arg;
	p->id = request->id;
	p->body = request->body;
	TAILQ_INSERT_TAIL(&poster->posts, p, link);
	defer_init(&p->refusal, poster->opts.loop, on_refusal, p);
	enum url_fault fault = url_parse(request->url, strlen(request->url), &p->url);
	p->refused = fault != URL_GOOD ? REASON_INVALID_URL : REASON_DENIED_TARGET;
	p->why = fault != URL_GOOD ? url_fault_text(fault) : route_judge(poster->policy, &p->url);
	if (p->why == NULL)
		ticket_queue(poster->origins, &p->ticket, &p->url, poster->opts.timeout);
	else
		defer_start(&p->refusal);
	return p;
}

bool post_is_waiting(const struct post *post)
{
	return post->transfer == NULL;
}

void post_cancel(struct post *post)
{
	release(post, ORIGIN_UNKNOWN);
}

/* --- The poster --- */

struct poster *poster_new(const struct poster_opts *opts)
{
	struct poster *poster = xcalloc(1, sizeof(*poster));
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
	    .arg = poster};

	poster->opts = *opts;
	poster->opts.ca_file = poster->opts.user_agent = NULL;
	TAILQ_INIT(&poster->posts);
	poster->transfers = transfers_new(&transfers);
	poster->origins = origins_new(&origins);
	if (poster->transfers == NULL) {
		poster_free(poster);
		return NULL;
	}
	return poster;
}

void poster_free(struct poster *poster)
{
	struct post *p;

	if (poster == NULL)
		return;
	while ((p = TAILQ_FIRST(&poster->posts)) != NULL)
		post_cancel(p);
	origins_free(poster->origins);
	transfers_free(poster->transfers);
	signature_keys_done(&poster->keys);
	free(poster);
}

void poster_set_timeout(struct poster *poster, usec_t timeout)
{
	poster->opts.timeout = timeout;
	transfers_set_connect_timeout(poster->transfers, timeout);
	origins_set_connect_timeout(poster->origins, timeout);
}

void poster_set_policy(struct poster *poster, const struct policy *policy)
{
	poster->policy = policy;
	transfers_set_policy(poster->transfers, policy);
}

void poster_set_keys(struct poster *poster, const struct signature_keys *keys)
{
	poster->keys = *keys;
}

bool poster_is_ready(const struct poster *poster)
{
	return poster->policy != NULL && poster->keys.n > 0;
}

const char *poster_judge(const struct poster *poster, const struct url *url)
{
	return route_judge(poster->policy, url);
}
