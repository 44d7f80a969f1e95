/* Resumption of interrupted transfers: the part that was received is kept, and the next attempt
 * requests the rest if the file has not changed (RFC 9110 sections 13.1.5, 14.2 and 15.3.7). */
#include <stdio.h>
#include <string.h>

#include "fetch/digest.h"
#include "fetch/fetch_parts.h"

/* Smaller parts are requested again: slow start of a new connection costs as much. */
enum { WORTH_RESUMING = 1 << 20 };

bool fetch_is_whole(long status)
{
	return status >= 200 && status < 300 && status != 206;
}

void fetch_drop_body(struct fetch *f)
{
	if (f->sink != NULL)
		sink_drop(f->sink);
	f->sink = NULL;
	digest_free(f->hash);
	f->hash = NULL;
	f->n_bytes = 0;
	f->is_resuming = false;
}

bool fetch_keep_part(struct fetch *f, const struct transfer_outcome *o)
{
	bool is_broken = o->reason == REASON_TRUNCATED || o->reason == REASON_TIMEOUT ||
			 o->reason == REASON_CONNECT;

	f->is_resuming = is_broken && f->n_bytes >= WORTH_RESUMING && f->validator[0] != '\0' &&
			 !f->item.options.is_decoded && f->attempts < f->max_attempts &&
			 (f->sink != NULL || f->hash != NULL);
	return f->is_resuming;
}

struct span fetch_range_headers(const struct fetch *f, char ret_text[static FETCH_RANGE_SIZE])
{
	if (!f->is_resuming || f->is_metadata)
		return (struct span){0};
	int n = snprintf(ret_text, FETCH_RANGE_SIZE, "Range: bytes=%llu-\nIf-Range: %s\n",
	    (unsigned long long)f->n_bytes, f->validator);
	return (struct span){ret_text, (size_t)n};
}

/* Read `bytes FIRST-LAST/SIZE`; SIZE `*` is 0. */
static bool read_range(const char *value, uint64_t *ret_first, uint64_t *ret_size)
{
	unsigned long long first, last, size = 0;
	int n = 0;

	if (value == NULL || sscanf(value, "bytes %llu-%llu/%n", &first, &last, &n) < 2 || n == 0)
		return false;
	if (value[n] != '*' && (sscanf(value + n, "%llu", &size) != 1 || size <= last))
		return false;
	*ret_first = first;
	*ret_size = size;
	return last >= first;
}

/* Begin to receive a body: the missing part, or the whole file again. False: another part. */
static bool begin_body(struct fetch *f, long status)
{
	uint64_t first;

	f->has_begun = true;
	if (!f->is_resuming)
		return status != 206;
	if (status != 206) {
		fetch_drop_body(f);
		return true;
	}
	return read_range(transfer_header(f->transfer, "Content-Range"), &first, &f->whole_size) &&
	       first == f->n_bytes;
}

bool fetch_wants_body(struct fetch *f, long status)
{
	bool is_wanted = fetch_is_whole(status) || (status == 206 && f->is_resuming);

	if (!is_wanted || f->is_metadata || f->has_begun)
		return is_wanted;
	if (begin_body(f, status))
		return true;
	fetch_drop_body(f);
	f->is_bad_part = true;
	return false;
}

bool fetch_is_complete(struct fetch *f, const struct transfer_outcome *o)
{
	if (fetch_is_whole(o->status)) {
		if (f->is_resuming && !f->has_begun) /* an empty file now */
			fetch_drop_body(f);
		return true;
	}
	return o->status == 206 && f->is_resuming && f->has_begun &&
	       (f->whole_size == 0 || f->whole_size == f->n_bytes);
}

bool fetch_lost_part(struct fetch *f, const struct transfer_outcome *o)
{
	bool is_lost = f->is_bad_part || (f->is_resuming && o->status == 416) ||
		       (f->is_resuming && o->status == 206 && !fetch_is_complete(f, o));

	if (is_lost)
		fetch_drop_body(f);
	return is_lost;
}
