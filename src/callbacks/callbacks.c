/* The worker of the outbox.
 *
 *            look (a read)             post_start                   STORE_POSTED
 *   outbox ----------------> held row ------------> its outcome -----------------> gone, or due
 * later
 *
 * A row is held from the start of its delivery until its outcome is committed. Until then it is
 * still due in the outbox, and looks pass over it. A look that is under way at the commit may have
 * read it as due, so the row is held until that look has ended too. So nothing but a crash delivers
 * a row twice. Rows of hosts that have their share of deliveries, or asked for a pause, are not
 * read at all: however many wait for one receiver, others get theirs. */
#include "callbacks/callbacks.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "callbacks/call_hosts.h"
#include "fetch/post.h"
#include "jobs/suspects.h"
#include "loop/alarm.h"
#include "model/url.h"
#include "store/store.h"
#include "wire/problem.h"

#define LONGEST_PAUSE (3600 * USEC_PER_SEC)
/* After the database could not be read. */
#define READ_AGAIN (5 * USEC_PER_SEC)

enum verdict { DELIVERED, POSTPONED, GIVEN_UP, N_VERDICTS };

struct held {
	LIST_ENTRY(held) link;
	struct callbacks *owner;
	struct stored_post row; /* owned */
	struct call_host *host;
	struct post *post; /* NULL: ended, and on its way into the store, or not begun */
	bool is_begun;
	bool is_watching;       /* the store is told that it begins */
	struct suspect suspect; /* of a suspect row */
	bool is_over;           /* its end is committed; only a look keeps it */
};

struct callbacks {
	struct callbacks_opts opts;
	LIST_HEAD(, held) held;
	struct held *suspect; /* the one that is; NULL: none */
	struct call_hosts hosts;
	usec_t made_at; /* wall */
	bool is_started, is_draining;
	bool is_looking, looks_again; /* a read is under way; it may have missed something */
	uint64_t n_waiting;           /* rows in the outbox at the last look */
	struct defer wake;
	struct alarm alarm; /* until a row is due, or the pause of a host is over */
	struct metric_cell *verdicts[N_VERDICTS];
};

static void look(struct callbacks *c);

/* --- The end of an attempt --- */

usec_t callbacks_back_off(usec_t first, uint32_t attempts, uint64_t chance)
{
	usec_t most = first;

	for (uint32_t i = 1; i < attempts && most < LONGEST_PAUSE; i++)
		most *= 2;
	if (most > LONGEST_PAUSE)
		most = LONGEST_PAUSE;
	return (usec_t)(chance % (uint64_t)most);
}

static bool is_final(const struct post_outcome *o)
{
	if (o->status == 0)
		return o->reason == REASON_DENIED_TARGET || o->reason == REASON_INVALID_URL;
	return o->status >= 400 && o->status < 500 && o->status != 408 && o->status != 429;
}

static enum verdict judge(
    const struct callbacks *c, const struct stored_post *row, const struct post_outcome *o)
{
	if (o->status >= 200 && o->status < 300)
		return DELIVERED;
	bool is_late = alarm_now(&c->alarm) >= row->created_at + c->opts.lifetime;
	return is_final(o) || is_late ? GIVEN_UP : POSTPONED;
}

/* When to make the next attempt, at the latest when the lifetime of the row ends. */
static usec_t find_due(struct held *h, const struct post_outcome *o)
{
	const struct callbacks_opts *opts = &h->owner->opts;
	usec_t now = alarm_now(&h->owner->alarm), end = h->row.created_at + opts->lifetime,
	       due = now;
	uint64_t chance = (uint64_t)random() << 31 | (uint64_t)random();

	if (o->retry_after > 0) {
		due += o->retry_after < LONGEST_PAUSE ? o->retry_after : LONGEST_PAUSE;
		if (h->host->hold_until < due)
			h->host->hold_until = due;
	} else {
		due += callbacks_back_off(opts->back_off, h->row.attempts + 1, chance);
	}
	return due < end ? due : end;
}

/* The URL is not logged: its path or query may be a secret. */
static void log_verdict(
    const struct held *h, enum verdict verdict, const struct post_outcome *o, usec_t due)
{
	const char *reason = o->status > 0 ? "http_status" : reason_name(o->reason);
	const struct stored_post *row = &h->row;
	unsigned attempts = row->attempts + 1;
	char id[ID_TEXT_SIZE];

	id_format(&row->id, id);
	if (verdict == DELIVERED)
		log_info("callback_delivered", "webhook=%s host=%s status=%u attempts=%u", id,
		    log_quote(row->host), o->status, attempts);
	else if (verdict == POSTPONED)
		log_info("callback_retry",
		    "webhook=%s host=%s reason=%s status=%u attempts=%u next_ms=%lld detail=%s", id,
		    log_quote(row->host), reason, o->status, attempts,
		    (long long)((due - alarm_now(&h->owner->alarm)) / USEC_PER_MSEC),
		    log_quote(o->detail != NULL ? o->detail : ""));
	else
		log_warning("callback_given_up",
		    "webhook=%s host=%s reason=%s status=%u attempts=%u detail=%s", id,
		    log_quote(row->host), reason, o->status, attempts,
		    log_quote(o->detail != NULL ? o->detail : ""));
}

static void release(struct held *h)
{
	LIST_REMOVE(h, link);
	h->host->n_held--;
	if (h->owner->suspect == h)
		h->owner->suspect = NULL;
	if (h->row.is_suspect)
		suspects_leave(h->owner->opts.suspects, &h->suspect);
	if (h->post != NULL)
		post_cancel(h->post);
	stored_post_done(&h->row);
	free(h);
}

static void on_committed(struct store_op *op)
{
	struct held *h = op->arg;
	struct callbacks *c = h->owner;

	h->is_over = true;
	if (!c->is_looking)
		release(h);
	if (op->err == OK)
		look(c);
}

static void on_posted(const struct post_outcome *o, void *arg)
{
	struct held *h = arg;
	struct callbacks *c = h->owner;
	enum verdict verdict = judge(c, &h->row, o);
	struct store_op *op = store_op_new(STORE_POSTED, on_committed, h);

	h->post = NULL;
	if (h->row.is_suspect)
		suspects_leave(c->opts.suspects, &h->suspect);
	op->u.attempt = (struct stored_attempt){.no = h->row.no,
	    .is_over = verdict != POSTPONED,
	    .is_watched = suspects_is_careful(c->opts.suspects)};
	if (verdict == POSTPONED)
		op->u.attempt.due = find_due(h, o);
	metric_add(c->verdicts[verdict], 1);
	log_verdict(h, verdict, o, op->u.attempt.due);
	store_start(c->opts.store, op);
}

/* --- The start --- */

static void begin(struct held *h)
{
	const struct post_request request = {
	    .url = h->row.url, .id = h->row.id, .body = {h->row.body, h->row.body_len}};

	h->is_begun = true;
	h->post = post_start(h->owner->opts.poster, &request, on_posted, h);
}

static void on_noted(void *arg)
{
	struct held *h = arg;

	suspects_begin(h->owner->opts.suspects, &h->suspect);
	begin(h);
}

static void on_watched(struct store_op *op)
{
	struct held *h = op->arg;

	h->is_watching = false;
	if (h->owner->is_draining)
		release(h);
	else
		begin(h); /* also when it could not be written: the disk may be full for long */
}

/* After unclean ends (jobs/suspects.h) the store is told of a row before its delivery begins. */
static void prepare(struct held *h)
{
	struct suspects *suspects = h->owner->opts.suspects;

	if (h->row.is_suspect) {
		h->suspect = (struct suspect){.index = h->row.no, .on_noted = on_noted, .arg = h};
		h->owner->suspect = h;
		suspects_ask(suspects, &h->suspect);
	} else if (suspects_n_unclean(suspects) > 0) {
		struct store_op *op = store_op_new(STORE_WATCH, on_watched, h);
		/* the first end left no word of what was under way, so all that was there may
		 * have been */
		bool was_there = h->row.created_at < h->owner->made_at;
		op->u.watch = (struct stored_watch){.no = h->row.no,
		    .n_begun = 1,
		    .n_ends = was_there && suspects_n_unclean(suspects) == 1 ? 1 : 0};
		h->is_watching = true;
		store_start(h->owner->opts.store, op);
	} else {
		begin(h);
	}
}

static void deliver(struct callbacks *c, struct stored_post *row, struct call_host *host)
{
	struct held *h = xcalloc(1, sizeof(*h));

	h->owner = c;
	h->row = *row;
	*row = (struct stored_post){.no = 0};
	h->host = host;
	host->n_held++;
	LIST_INSERT_HEAD(&c->held, h, link);
	prepare(h);
}

size_t callbacks_in_flight(const struct callbacks *c)
{
	const struct held *h;
	size_t n = 0;

	LIST_FOREACH (h, &c->held, link)
		n++;
	return n;
}

static bool is_held(const struct callbacks *c, int64_t no)
{
	const struct held *h;

	LIST_FOREACH (h, &c->held, link) {
		if (h->row.no == no)
			return true;
	}
	return false;
}

/* Deliver the rows that were read. True: some were left because their host has its share now, or
 * because they are suspect and a suspect one is held already, so a look without them may find more.
 */
static bool deliver_rows(struct callbacks *c, struct stored_outbox *o)
{
	usec_t now = alarm_now(&c->alarm);
	size_t room = CALLBACKS_MOST - callbacks_in_flight(c);
	bool is_any_left = false;

	for (uint32_t i = 0; i < o->n && room > 0; i++) {
		if (is_held(c, o->posts[i].no))
			continue;
		struct call_host *host = call_hosts_get(&c->hosts, o->posts[i].host, now);
		if (call_host_is_passed_over(host, now) ||
		    (o->posts[i].is_suspect && c->suspect != NULL)) {
			is_any_left = true;
			continue;
		}
		deliver(c, &o->posts[i], host);
		room--;
	}
	return is_any_left;
}

/* Sleep until the next row is due or a host's pause is over. When all rows are in flight, the end
 * of one of them starts the next look. */
static void sleep_until_due(struct callbacks *c, usec_t next_due)
{
	usec_t next = call_hosts_next(&c->hosts, alarm_now(&c->alarm));

	if (next_due > 0 && next_due < next)
		next = next_due;
	if (c->n_waiting > 0 && next < INT64_MAX)
		alarm_start(&c->alarm, next);
	else
		alarm_cancel(&c->alarm);
}

static void release_ended(struct callbacks *c)
{
	struct held *h, *next;

	for (h = LIST_FIRST(&c->held); h != NULL; h = next) {
		next = LIST_NEXT(h, link);
		if (h->is_over)
			release(h);
	}
}

static void on_looked(struct store_op *op)
{
	struct callbacks *c = op->arg;
	bool again = c->looks_again;

	c->is_looking = false;
	if (!c->is_draining && op->err == OK) {
		c->n_waiting = op->u.outbox.n_waiting;
		again = deliver_rows(c, &op->u.outbox) || again;
		sleep_until_due(c, op->u.outbox.next_due);
	} else if (!c->is_draining) {
		again = false;
		alarm_start(&c->alarm, alarm_now(&c->alarm) + READ_AGAIN);
	}
	release_ended(c);
	if (again)
		look(c);
}

static void look(struct callbacks *c)
{
	if (!c->is_started || c->is_draining || callbacks_in_flight(c) == CALLBACKS_MOST)
		return;
	c->looks_again = c->is_looking;
	if (c->is_looking)
		return;
	struct store_op *op = store_op_new(STORE_OUTBOX, on_looked, c);
	usec_t now = alarm_now(&c->alarm);
	op->u.outbox.now = now;
	op->u.outbox.max = CALLBACKS_MOST; /* those held are among them */
	op->u.outbox.passed_over = call_hosts_passed_over(&c->hosts, now);
	op->u.outbox.without_suspects = c->suspect != NULL;
	c->is_looking = true;
	store_start(c->opts.store, op);
}

static void on_wake(void *arg)
{
	look(arg);
}

/* --- For others --- */

void callbacks_wake(struct callbacks *c)
{
	if (c != NULL)
		defer_start(&c->wake);
}

void callbacks_judge(
    const struct callbacks *c, const char *url, const char *pointer, struct problem *problem)
{
	struct url parsed;
	enum url_fault fault = url_parse(url, strlen(url), &parsed);

	if (fault != URL_GOOD) {
		problem_add(problem, pointer, "%s", url_fault_text(fault));
		return;
	}
	const char *why = poster_judge(c->opts.poster, &parsed);
	if (why != NULL)
		problem_add(problem, pointer, "The callback URL is not allowed: %s.", why);
	url_done(&parsed);
}

void callbacks_start(struct callbacks *c)
{
	c->is_started = true;
	defer_start(&c->wake);
}

void callbacks_set_times(struct callbacks *c, usec_t back_off, usec_t lifetime)
{
	c->opts.back_off = back_off;
	c->opts.lifetime = lifetime;
}

void callbacks_drain(struct callbacks *c)
{
	struct held *h, *next;

	c->is_draining = true;
	alarm_cancel(&c->alarm);
	for (h = LIST_FIRST(&c->held); h != NULL; h = next) {
		next = LIST_NEXT(h, link);
		bool is_waiting =
		    h->post != NULL ? post_is_waiting(h->post) : !h->is_begun && !h->is_watching;
		if (is_waiting)
			release(h);
	}
}

METRIC_GETTER(get_waiting, struct callbacks, self->n_waiting)

struct callbacks *callbacks_new(const struct callbacks_opts *opts)
{
	static const char *const names[N_VERDICTS] = {
	    [DELIVERED] = "delivered", [POSTPONED] = "retried", [GIVEN_UP] = "given_up"};
	struct callbacks *c = xcalloc(1, sizeof(*c));

	c->opts = *opts;
	LIST_INIT(&c->held);
	defer_init(&c->wake, opts->loop, on_wake, c);
	if (alarm_init(&c->alarm, opts->loop, on_wake, c) != OK) {
		callbacks_free(c);
		return NULL;
	}
	c->made_at = alarm_now(&c->alarm);
	for (int i = 0; i < N_VERDICTS; i++)
		c->verdicts[i] = metrics_cell(METRIC_CALLBACKS, names[i]);
	metrics_getter(METRIC_CALLBACKS_WAITING, get_waiting, c);
	return c;
}

void callbacks_free(struct callbacks *c)
{
	if (c == NULL)
		return;
	while (!LIST_EMPTY(&c->held))
		release(LIST_FIRST(&c->held));
	call_hosts_done(&c->hosts);
	defer_cancel(&c->wake);
	alarm_done(&c->alarm);
	free(c);
}
