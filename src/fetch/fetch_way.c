/* The way of a fetch to its hosts: queueing, failures, and attempts after the first. */
#include "fetch/fetch_way.h"

#include <stdlib.h>

#include "base/metrics.h"
#include "fetch/route.h"

#define BACK_OFF_FIRST   (500 * USEC_PER_MSEC)
#define BACK_OFF_MOST    (30 * USEC_PER_SEC)
#define RETRY_AFTER_MOST (120 * USEC_PER_SEC)

/* Give up: without a file the fetch has failed; without a country the file is named by its code. */
void fetch_give_up(struct fetch *f, enum reason reason, const char *detail)
{
	if (f->is_metadata)
		fetch_save(f, reason);
	else
		fetch_finish(f, ITEM_ERROR, reason, detail, NULL);
}

/* How long the attempts may take to find out that a host can't be reached. */
usec_t fetch_patience(const struct fetch *f)
{
	usec_t connect = f->fetcher->opts.connect_timeout;

	return f->max_attempts * (connect < f->timeout ? connect : f->timeout);
}

/* Go to the host of f->url. */
void fetch_queue(struct fetch *f)
{
	const char *denied = route_judge(f->fetcher->policy, &f->url);

	if (denied != NULL)
		fetch_give_up(f, REASON_DENIED_TARGET, denied);
	else
		ticket_queue(f->fetcher->origins, &f->ticket, &f->url, fetch_patience(f));
}

/* Begin anew with the item's own URL. False when it is none. */
bool fetch_restart(struct fetch *f)
{
	url_done(&f->url);
	f->n_redirects = 0;
	f->has_left_host = f->is_elsewhere;
	return url_parse(f->source.bytes, f->source.len, &f->url) == URL_GOOD;
}

void fetch_ask_anew(struct fetch *f)
{
	f->last.is_unconditional = true;
	f->last.is_unchanged = false;
	if (f->n_redirects == 0)
		f->attempts--; /* it is the same attempt */
	fetch_queue(f);
}

void fetch_on_pause(void *arg)
{
	struct fetch *f = arg;

	if (fetch_restart(f))
		fetch_queue(f);
	else
		fetch_finish(f, ITEM_ERROR, REASON_INVALID_URL, NULL, NULL);
}

/* Full jitter: a random time up to a limit that doubles with each attempt, so that transfers that
 * failed together are not repeated together. */
static usec_t back_off(uint32_t attempts)
{
	usec_t most = BACK_OFF_FIRST;

	for (uint32_t i = 1; i < attempts && most < BACK_OFF_MOST; i++)
		most *= 2;
	return random() % (most < BACK_OFF_MOST ? most : BACK_OFF_MOST);
}

/* Leave the host alone for as long as it asks; returns how long that is. */
usec_t fetch_hold_host(struct fetch *f, const struct transfer_outcome *o)
{
	usec_t hold = o->retry_after < RETRY_AFTER_MOST ? o->retry_after : RETRY_AFTER_MOST;

	if (hold > 0)
		ticket_hold_origin(&f->ticket, hold);
	return hold;
}

void fetch_on_failed(struct ticket *ticket, const struct origin_failure *failure, void *arg)
{
	struct fetch *f = fetch_of_ticket(ticket);
	struct fetcher *fetcher = arg;

	f->timings.resolve += ticket->resolve;
	if (failure->reason == REASON_DENIED_TARGET)
		metric_add(fetcher->ends[END_DENIED], 1);
	if (failure->is_attempt && f->n_redirects == 0 && !f->is_metadata)
		f->attempts++; /* else it was counted when the first transfer began */
	if (!failure->is_attempt || f->is_metadata || f->attempts >= f->max_attempts) {
		fetch_give_up(f, failure->reason, failure->detail);
		return;
	}
	metric_add(fetcher->retries, 1);
	fetch_on_pause(f); /* the origin waits before its next race */
}

/* Try again later, or give up. */
void fetch_try_again(struct fetch *f, const struct transfer_outcome *o, enum reason reason)
{
	usec_t hold = fetch_hold_host(f, o);

	ticket_release(
	    f->fetcher->origins, &f->ticket, o->is_congestion ? ORIGIN_CONGESTED : ORIGIN_GOOD);
	if (f->attempts >= f->max_attempts) {
		fetch_finish(f, ITEM_ERROR, reason, o->detail, NULL);
		return;
	}
	metric_add(f->fetcher->retries, 1);
	timer_start(&f->pause, hold > 0 ? 0 : back_off(f->attempts));
}

/* Tell the origin what is wrong with it. */
void fetch_blame(struct fetch *f, const struct transfer_outcome *o)
{
	if (o->is_crowded)
		ticket_is_crowded(&f->ticket);
	else if (o->status > 0)
		ticket_note_answer(&f->ticket, o->is_http2 && f->url.is_tls);
	else if (o->is_unsecured)
		ticket_blame(&f->ticket, o->reason, o->detail);
	if (o->status == 0 && !o->is_crowded && o->reason != REASON_DENIED_TARGET)
		ticket_avoid_address(&f->ticket);
}

/* An attempt is over when all addresses have failed (RFC 1123 section 2.3). What was found out
 * before the request went out is found out once more by a race, and where TLS is refused, by a
 * transfer to each. */
bool fetch_try_elsewhere(struct fetch *f, const struct transfer_outcome *o)
{
	bool is_new = o->is_crowded || (o->is_unconnected && !f->was_unconnected);

	f->was_unconnected = o->is_unconnected;
	if (!is_new && !(o->is_unsecured && ticket_has_other_address(&f->ticket)))
		return false;
	ticket_release(
	    f->fetcher->origins, &f->ticket, o->is_crowded ? ORIGIN_UNKNOWN : ORIGIN_CONGESTED);
	if (f->n_redirects == 0 && !f->is_metadata)
		f->attempts--;
	fetch_queue(f);
	return true;
}
