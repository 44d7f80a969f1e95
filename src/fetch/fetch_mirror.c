/* Mirrors: URLs at which the same file is, tried in turn after the item's own. */
#include <string.h>

#include "fetch/fetch_parts.h"

/* Whether another place may do better. */
static bool is_worth_it(enum item_status status, enum reason reason)
{
	if (status == ITEM_NOT_FOUND)
		return true;
	return status == ITEM_ERROR && reason != REASON_DISK && reason != REASON_INTERNAL &&
	       reason != REASON_CANCELLED;
}

static bool is_same_host(const struct fetch *f)
{
	struct url own, other;
	bool is_same = false;

	if (url_parse(f->item.url.bytes, f->item.url.len, &own) != URL_GOOD)
		return false;
	if (url_parse(f->source.bytes, f->source.len, &other) == URL_GOOD) {
		is_same = strcmp(own.host, other.host) == 0 && own.port == other.port;
		url_done(&other);
	}
	url_done(&own);
	return is_same;
}

bool fetch_try_mirror(struct fetch *f, enum item_status status, enum reason reason)
{
	if (!is_worth_it(status, reason) || !file_take_line(&f->mirrors, &f->source))
		return false;
	fetch_drop_body(f);
	f->validator[0] = '\0';
	f->is_mirror = true;
	f->is_elsewhere = !is_same_host(f);
	f->max_attempts = f->attempts + f->attempts_each;
	timer_start(&f->pause, 0);
	return true;
}
