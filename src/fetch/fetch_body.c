/* What comes of a fetch's bodies: a file goes to its sink, metadata.json is kept, the rest is
 * passed over. */
#include "base/metrics.h"
#include "fetch/fetch_private.h"

enum { MAX_PASSED_OVER = 1 << 20 /* bytes read of a body that nobody wants */ };

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

	if (f->transfer != NULL)
		transfer_resume(f->transfer);
}

static enum transfer_verdict take_file(struct fetch *f, const char *bytes, size_t n_bytes)
{
	const struct sink_events events = {
	    .on_room = on_sink_room, .on_done = fetch_on_saved, .arg = f};

	if (f->n_bytes + n_bytes > f->fetcher->opts.max_bytes)
		return stop(f, REASON_TOO_LARGE);
	if (f->sink == NULL)
		f->sink = sink_new(f->fetcher->folder, f->fetcher->opts.offload, &f->job, &events);
	switch (sink_write(f->sink, bytes, n_bytes)) {
	case SINK_OPEN:
		break;
	case SINK_BUSY:
		return TRANSFER_PAUSE;
	case SINK_FULL:
		f->disk_error = sink_error(f->sink);
		return stop(f, REASON_DISK);
	}
	f->n_bytes += n_bytes;
	metric_add(f->fetcher->bytes, n_bytes);
	return TRANSFER_TAKEN;
}

bool fetch_is_whole(long status)
{
	return status >= 200 && status < 300 && status != 206;
}

/* Whatever stands behind a redirect or an error is read, so that the connection can be used again,
 * unless it is long. */
enum transfer_verdict fetch_on_body(const char *bytes, size_t n_bytes, long status, void *arg)
{
	struct fetch *f = arg;
	bool is_wanted = fetch_is_whole(status);

	if (is_wanted && f->is_metadata)
		return take_metadata(f, bytes, n_bytes);
	if (is_wanted)
		return take_file(f, bytes, n_bytes);
	f->n_passed_over += n_bytes;
	return f->n_passed_over > MAX_PASSED_OVER ? stop(f, REASON_NONE) : TRANSFER_TAKEN;
}
