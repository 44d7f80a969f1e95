/* Bodies of answers: a file is written to its sink, metadata.json is kept in memory, others are
 * discarded. */
#include <errno.h>

#include "base/metrics.h"
#include "fetch/digest.h"
#include "fetch/fetch_parts.h"

enum { MAX_PASSED_OVER = 1 << 20 /* bytes of an unwanted body that are read */ };

static enum transfer_verdict stop(struct fetch *f, enum reason reason)
{
	f->stop_reason = reason;
	return TRANSFER_STOP;
}

static enum transfer_verdict take_metadata(struct fetch *f, const char *bytes, size_t n_bytes)
{
	if (f->metadata.len + n_bytes > MAX_METADATA)
		return stop(f, REASON_TOO_LARGE);
	buf_add(&f->metadata, bytes, n_bytes);
	return TRANSFER_TAKEN;
}

static void on_sink_room(void *arg)
{
	struct fetch *f = arg;

	if (f->transfer != NULL && !f->is_in_line)
		transfer_resume(f->transfer);
}

/* Of a file that is not saved only the digest is wanted. */
static enum sink_state digest_piece(struct fetch *f, const char *bytes, size_t n_bytes)
{
	if (f->hash == NULL)
		f->hash = digest_new();
	return f->hash != NULL && digest_add(f->hash, bytes, n_bytes) ? SINK_OPEN : SINK_FULL;
}

static enum sink_state save_piece(struct fetch *f, const char *bytes, size_t n_bytes)
{
	const struct sink_events events = {
	    .on_room = on_sink_room, .on_done = fetch_on_saved, .arg = f};

	if (f->sink == NULL)
		f->sink = sink_new(f->fetcher->folder, f->fetcher->opts.offload, &f->job, &events);
	sink_expect(f->sink, f->transfer != NULL ? transfer_announced(f->transfer) : 0);
	return sink_write(f->sink, bytes, n_bytes);
}

static enum transfer_verdict take_file(struct fetch *f, const char *bytes, size_t n_bytes)
{
	if (f->n_bytes + n_bytes > f->fetcher->opts.max_bytes)
		return stop(f, REASON_TOO_LARGE);
	if (!fetch_rate_allows(f))
		return TRANSFER_PAUSE;
	switch (f->item.options.is_unsaved ? digest_piece(f, bytes, n_bytes)
					   : save_piece(f, bytes, n_bytes)) {
	case SINK_OPEN:
		break;
	case SINK_BUSY:
		return TRANSFER_PAUSE;
	case SINK_FULL:
		f->disk_error = f->sink != NULL ? sink_error(f->sink) : ENOMEM;
		return stop(f, REASON_DISK);
	}
	fetch_rate_took(f, n_bytes);
	f->n_bytes += n_bytes;
	metric_add(f->fetcher->bytes, n_bytes);
	return TRANSFER_TAKEN;
}

/* Read and discard the body of a redirect or an error, so that the connection can be reused, unless
 * it is long. */
enum transfer_verdict fetch_on_body(const char *bytes, size_t n_bytes, long status, void *arg)
{
	struct fetch *f = arg;
	bool is_wanted = fetch_wants_body(f, status);

	if (f->is_bad_part)
		return stop(f, REASON_NONE);
	if (is_wanted && f->is_metadata)
		return take_metadata(f, bytes, n_bytes);
	if (is_wanted)
		return take_file(f, bytes, n_bytes);
	f->n_passed_over += n_bytes;
	return f->n_passed_over > MAX_PASSED_OVER ? stop(f, REASON_NONE) : TRANSFER_TAKEN;
}
