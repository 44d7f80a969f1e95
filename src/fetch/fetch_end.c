/* The end of a fetch. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/fetch_parts.h"
#include "model/tagged.h"

void fetch_release(struct fetch *f)
{
	struct fetcher *fetcher = f->fetcher;

	timer_cancel(&f->pause);
	if (f->transfer != NULL)
		transfer_cancel(f->transfer);
	ticket_release(fetcher->origins, &f->ticket, ORIGIN_UNKNOWN);
	fetch_drop_body(f);
	fetch_leave_rate(f);
	TAILQ_REMOVE(&fetcher->fetches, f, link);
	fetcher->n_fetches--;
	defer_start(&fetcher->room);
	url_done(&f->url);
	buf_done(&f->metadata);
	FREE_ALL(f->item_text, f->content_type, f->given_name, f->final_url, f->last.etag,
	    f->last.modified, f);
}

static struct span span_of(const char *text)
{
	return (struct span){text, text != NULL ? strlen(text) : 0};
}

void fetch_finish(struct fetch *f, enum item_status status, enum reason reason, const char *detail,
    const struct sink_outcome *saved)
{
	const char *name = saved != NULL ? saved->name : NULL; /* NULL: it is not saved */
	bool is_saved = name != NULL;
	struct buf tagged;

	if (fetch_try_mirror(f, status, reason))
		return;
	bool has_moved = (f->n_redirects > 0 || f->is_mirror) && !f->is_metadata;
	struct result r = {.index = f->index,
	    .attempts = f->attempts,
	    .status = status,
	    .reason = reason,
	    .duration = clock_mono() - f->started_at,
	    .finished_at = clock_wall(),
	    .name = f->item.url.bytes,
	    .name_len = f->item.url.len,
	    .is_file = true,
	    .n_addresses = f->has_address ? 1 : 0,
	    .file = {.file_name = span_of(is_saved ? name : f->file_name),
		.code = f->item.code,
		.detail = span_of(detail),
		.content_type = span_of(f->content_type),
		.content_encoding = span_of(f->content_encoding),
		.final_url = span_of(has_moved ? f->url.text : f->final_url),
		.country = span_of(f->country),
		.wants_country = f->item.options.by_country,
		.country_reason = f->country_reason,
		.is_saved = is_saved,
		.n_bytes = saved != NULL ? saved->n_bytes : f->n_bytes,
		.http_status = f->status,
		.http_version = f->version,
		.n_redirects = f->is_metadata ? f->n_file_redirects : f->n_redirects,
		.timings = f->timings}};

	r.addresses[0] = f->address;
	buf_init(&tagged, RESULT_MAX_FIELDS);
	if (saved != NULL && is_saved)
		memcpy(r.file.digest, saved->digest, sizeof(r.file.digest));
	if (saved != NULL && !is_saved)
		tagged_add(&tagged, RESULT_SHA256,
		    (struct span){(const char *)saved->digest, sizeof(saved->digest)});
	if (f->item.options.keeps_last)
		tagged_add_number(&tagged, RESULT_KEEPS_LAST, 1);
	if (f->item.options.if_changed)
		fetch_tell_version(f, &tagged);
	r.tagged = (struct span){tagged.data, tagged.len};
	f->on_done(&r, f->arg);
	buf_done(&tagged);
	fetch_release(f);
}
