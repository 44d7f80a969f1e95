/* The life of a fetch.
 *
 *   queued --> running --> saving --> finished
 *    ^  ^        |  |
 *    |  +--------+  +--> pausing (before another attempt) --+
 *    |   redirect, metadata.json                            |
 *    +------------------------------------------------------+
 *
 * queued: has a ticket at its host (origin.h); running: has a transfer; saving: the offload pool
 * has its file. Any state may end it. */
#include "fetch/fetch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/metrics.h"
#include "fetch/fetch_parts.h"
#include "fetch/fetch_way.h"
#include "fetch/route.h"

/* Of a transfer whose job has a limit of bytes a second and no time-out. */
#define RATED_TIMEOUT (7 * 86400 * USEC_PER_SEC)

static void fail(struct fetch *f, enum reason reason, const char *detail)
{
	fetch_finish(f, ITEM_ERROR, reason, detail, NULL);
}

/* --- Answers --- */

static bool is_worth_another_try(uint32_t status)
{
	return status == 408 || status == 429 || status == 500 || (status >= 502 && status <= 504);
}

static void follow(struct fetch *f, const char *location)
{
	char detail[FETCH_DETAIL_SIZE];
	enum reason reason = fetch_redirect(f, location, detail);

	if (reason == REASON_NONE)
		fetch_queue(f);
	else
		fetch_give_up(f, reason, detail);
}

/* Note what the result says of the last answer, even of an incomplete one. */
static void note_answer(struct fetch *f, const struct transfer_outcome *o)
{
	f->status = o->status;
	f->version = o->version;
	free(f->content_type);
	f->content_type = o->content_type != NULL ? xstrndup(o->content_type, MAX_TYPE) : NULL;
	memcpy(f->content_encoding, o->content_encoding, sizeof(f->content_encoding));
	if (f->item.options.is_decoded)
		f->content_encoding[0] = '\0';
}

/* The flag has come; now the name of its country is asked for, with a place of its own. */
static void ask_country(struct fetch *f)
{
	static const char name[] = "metadata.json";
	const char *slash = memrchr(f->item.url.bytes, '/', f->item.url.len);
	size_t len = slash != NULL ? (size_t)(slash - f->item.url.bytes) + 1 : 0;
	struct url url;
	char text[FILE_MAX_URL + sizeof(name)];

	memcpy(text, f->item.url.bytes, len);
	memcpy(text + len, name, sizeof(name) - 1);
	f->is_metadata = true;
	if (url_parse(text, len + sizeof(name) - 1, &url) != URL_GOOD) {
		fetch_save(f, REASON_INVALID_URL);
		return;
	}
	f->final_url = f->n_redirects > 0 ? TAKE(f->url.text) : NULL;
	f->n_file_redirects = f->n_redirects;
	f->n_redirects = 0;
	url_done(&f->url);
	f->url = url;
	fetch_queue(f);
}

/* The server says that the last copy is the file. */
static void on_unchanged(struct fetch *f)
{
	if (f->last.is_unconditional) { /* it means another version */
		fetch_ask_anew(f);
		return;
	}
	fetch_adopt_copy(f);
	fetch_save(f, REASON_NONE);
}

static void on_file_answer(struct fetch *f, const struct transfer_outcome *o)
{
	bool is_good = fetch_is_complete(f, o);

	note_answer(f, o);
	if (fetch_lost_part(f, o)) {
		fetch_try_again(f, o, REASON_TRUNCATED);
		return;
	}
	if (!is_good && !f->is_resuming) /* else it is kept for its rest, through redirects too */
		fetch_drop_body(f);
	if (is_worth_another_try(o->status)) {
		struct transfer_outcome slow = *o;
		slow.is_congestion = o->status == 429 || o->status == 503;
		fetch_try_again(f, &slow, REASON_HTTP_STATUS);
		return;
	}
	ticket_release(f->fetcher->origins, &f->ticket, ORIGIN_GOOD);
	if (o->status == 304 && f->last.is_conditional)
		on_unchanged(f);
	else if (fetch_is_redirect(o->status) && o->location != NULL)
		follow(f, o->location);
	else if (o->status == 404 || o->status == 410)
		fetch_finish(f, ITEM_NOT_FOUND, REASON_HTTP_404, NULL, NULL);
	else if (!is_good)
		fail(f, REASON_HTTP_STATUS, NULL);
	else if (f->item.options.by_country)
		ask_country(f);
	else
		fetch_save(f, REASON_NONE);
}

/* Read the country out of an answer; otherwise returns why there is none. */
static enum reason read_country(struct fetch *f, const struct transfer_outcome *o)
{
	if (o->reason != REASON_NONE)
		return o->reason == REASON_CANCELLED ? REASON_TOO_LARGE : o->reason;
	if (o->status == 404 || o->status == 410)
		return REASON_HTTP_404;
	if (!fetch_is_whole(o->status))
		return REASON_HTTP_STATUS;
	return f->fetcher->opts.find_country(
		   f->metadata.data, f->metadata.len, f->country, sizeof(f->country))
		   ? REASON_NONE
		   : REASON_MALFORMED;
}

static void on_metadata_answer(struct fetch *f, const struct transfer_outcome *o)
{
	bool is_congestion = o->is_congestion || o->status == 503 || o->status == 429;

	if (o->reason != REASON_NONE && fetch_try_elsewhere(f, o))
		return;
	if (is_worth_another_try(o->status))
		(void)fetch_hold_host(f, o);
	ticket_release(
	    f->fetcher->origins, &f->ticket, is_congestion ? ORIGIN_CONGESTED : ORIGIN_GOOD);
	if (o->reason == REASON_NONE && fetch_is_redirect(o->status) && o->location != NULL)
		follow(f, o->location);
	else
		fetch_save(f, read_country(f, o));
}

/* The body was refused by us: too long, or no room for it. */
static void on_stopped(struct fetch *f)
{
	enum reason reason = f->stop_reason;
	char detail[80];

	snprintf(detail, sizeof(detail), "%s",
	    reason != REASON_DISK     ? "the body is longer than allowed"
	    : f->disk_error == EDQUOT ? "the quota of the download directory is used up"
				      : strerror(f->disk_error));
	ticket_release(f->fetcher->origins, &f->ticket, ORIGIN_GOOD);
	fail(f, reason, detail);
}

static void count_transfer(struct fetch *f, const struct transfer_outcome *o)
{
	struct fetcher *fetcher = f->fetcher;
	enum transfer_end end = o->reason == REASON_NONE || o->reason == REASON_CANCELLED
				    ? END_ANSWERED
				: o->reason == REASON_TIMEOUT       ? END_TIMEOUT
				: o->reason == REASON_DENIED_TARGET ? END_DENIED
								    : END_FAILED;

	metric_add(fetcher->ends[end], 1);
	metric_observe(
	    fetcher->durations, (double)(clock_mono() - f->ticket.started_at) / USEC_PER_SEC);
}

static void on_file_failed(struct fetch *f, const struct transfer_outcome *o)
{
	note_answer(f, o);
	if (o->reason == REASON_CANCELLED) {
		on_stopped(f);
		return;
	}
	if (!fetch_keep_part(f, o)) {
		uint64_t n_bytes = f->n_bytes;
		fetch_drop_body(f);
		f->n_bytes = n_bytes; /* for the result */
	}
	if (fetch_try_elsewhere(f, o))
		return;
	if (o->reason == REASON_CONNECT || o->reason == REASON_TIMEOUT ||
	    o->reason == REASON_TRUNCATED) {
		fetch_try_again(f, o, o->reason);
		return;
	}
	ticket_release(f->fetcher->origins, &f->ticket, ORIGIN_UNKNOWN);
	fail(f, o->reason, o->detail);
}

static void on_transfer_done(const struct transfer_outcome *outcome, void *arg)
{
	struct fetch *f = arg;
	struct transfer_outcome o = *outcome;
	usec_t resolve = f->timings.resolve;

	fetch_note_head(f, outcome);
	fetch_leave_line(f);
	f->transfer = NULL;
	count_transfer(f, &o);
	fetch_blame(f, &o);
	if (o.reason == REASON_CANCELLED && f->stop_reason == REASON_NONE)
		o.reason = REASON_NONE; /* the head was all that counts */
	if (f->is_metadata) {
		on_metadata_answer(f, &o);
		return;
	}
	f->timings = o.timings;
	f->timings.resolve = resolve;
	f->timings.connect += f->ticket.connect;
	if (o.reason == REASON_NONE)
		on_file_answer(f, &o);
	else
		on_file_failed(f, &o);
}

/* --- Start of a transfer --- */

void fetch_on_start(struct ticket *ticket, void *arg)
{
	static const struct transfer_events events = {
	    .on_body = fetch_on_body, .on_done = on_transfer_done};
	struct fetch *f = fetch_of_ticket(ticket);
	struct fetcher *fetcher = arg;
	char range[FETCH_RANGE_SIZE], condition[FETCH_CONDITION_SIZE];
	struct span more = f->is_resuming && !f->is_metadata ? fetch_range_headers(f, range)
							     : fetch_condition(f, condition);

	f->timings.resolve += ticket->resolve;
	f->address = ticket->address;
	f->has_address = true;
	f->n_passed_over = 0;
	f->has_begun = f->is_bad_part = false;
	if (!f->is_metadata && !f->is_resuming)
		f->n_bytes = 0;
	if (f->n_redirects == 0 && !f->is_metadata)
		f->attempts++;
	struct transfer_request request = {.url = &f->url,
	    .address = f->address,
	    .socket = ticket_take_socket(ticket),
	    .timeout = f->timeout,
	    .most_bytes = f->is_metadata ? MAX_METADATA : fetcher->opts.max_bytes,
	    .more = more,
	    .is_decoded = f->item.options.is_decoded,
	    .keeps_connection = ticket_keeps_connection(ticket),
	    .group = ticket->origin,
	    .most_connections = ticket_most_connections(ticket)};
	if (!f->has_left_host && !f->is_metadata)
		request.headers = f->item.headers;
	f->transfer = transfer_start(fetcher->transfers, &request, &events, f);
	if (f->transfer != NULL)
		return;
	ticket_release(fetcher->origins, ticket, ORIGIN_UNKNOWN);
	fetch_give_up(f, REASON_INTERNAL, "libcurl rejected the transfer");
}

/* --- Fetches --- */

static void on_invalid(void *arg)
{
	fail(arg, REASON_INVALID_URL, NULL);
}

struct fetch *fetch_start(
    struct fetcher *fetcher, const struct fetch_request *request, check_fn *on_done, void *arg)
{
	const struct fetcher_opts *opts = &fetcher->opts;
	struct fetch *f = xcalloc(1, sizeof(*f));

	f->fetcher = fetcher;
	f->on_done = on_done;
	f->on_saving = request->on_saving;
	f->arg = arg;
	f->job = request->job;
	f->index = request->index;
	f->timeout = request->timeout > 0 ? request->timeout : opts->timeout;
	f->attempts_each = request->attempts > 0 ? request->attempts : opts->attempts;
	f->max_attempts = f->attempts_each;
	f->started_at = clock_mono();
	f->item_text = xstrndup(request->item, request->item_len);
	buf_init(&f->metadata, MAX_METADATA);
	TAILQ_INSERT_TAIL(&fetcher->fetches, f, link);
	fetcher->n_fetches++;
	bool is_good = file_item_read(f->item_text, request->item_len, &f->item);
	fetch_read_copy(f);
	f->source = f->item.url;
	f->mirrors = f->item.mirrors;
	if (f->item.options.max_rate > 0)
		fetch_join_rate(f, f->item.options.max_rate);
	if (f->item.options.max_rate > 0 && request->timeout == 0)
		f->timeout = RATED_TIMEOUT; /* it takes the time that it takes */
	snprintf(f->file_name, sizeof(f->file_name), "%.*s", (int)f->item.name.len,
	    f->item.name.bytes != NULL ? f->item.name.bytes : "");
	/* fetch_queue() may end the fetch, and nothing ends before this returned */
	timer_init(&f->pause, opts->loop, is_good ? fetch_on_pause : on_invalid, f);
	if (is_good && fetch_restart(f) && route_judge(fetcher->policy, &f->url) == NULL)
		ticket_queue(fetcher->origins, &f->ticket, &f->url, fetch_patience(f));
	else
		timer_start(&f->pause, 0);
	return f;
}

void fetch_cancel(struct fetch *fetch)
{
	fetch_release(fetch);
}
