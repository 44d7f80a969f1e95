/* A stream of pages. A page under way comes back in any case, so a feed that is closed meanwhile is
 * freed only then. */
#include "api/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

#define HEART_BEAT (15 * USEC_PER_SEC)

static void on_heart_beat(void *arg)
{
	struct feed *f = arg;

	if (f->n_sent == f->out.len)
		buf_add_str(&f->out, ": heart-beat\n\n");
	timer_start(&f->heart_beat, HEART_BEAT);
	request_wake(f->rq);
}

static void on_worn_out(void *arg)
{
	struct feed *f = arg;

	f->is_worn_out = true;
	request_wake(f->rq);
}

static void on_page(struct store_op *op)
{
	struct feed *f = op->arg;
	size_t before = f->out.len;

	f->is_reading = false;
	if (f->is_closed) {
		free(f);
		return;
	}
	f->kind->take(f, op);
	if (f->is_live && f->out.len > before)
		timer_start(&f->life, f->api->stream_idle);
	request_wake(f->rq);
}

static void ask_page(struct feed *f)
{
	struct store_op *op = store_op_new(f->kind->page, on_page, f);

	f->kind->ask(f, op);
	f->is_reading = true;
	f->has_more = false;
	store_start(f->api->store, op);
}

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct feed *f = arg;
	size_t n = f->out.len - f->n_sent;

	if (n > 0) {
		n = n < max ? n : max;
		memcpy(bytes, f->out.data + f->n_sent, n);
		f->n_sent += n;
		return (ssize_t)n;
	}
	if (f->is_ended && !f->is_reading)
		return STREAM_END;
	/* rows that just end would look complete; events go on with another connection */
	if (f->is_worn_out)
		return f->is_events ? STREAM_END : STREAM_FAILED;
	buf_clear(&f->out);
	f->n_sent = 0;
	if (!f->is_reading && f->has_more)
		ask_page(f);
	return STREAM_WAIT;
}

static void on_close(void *arg)
{
	struct feed *f = arg;

	f->kind->leave(f);
	timer_cancel(&f->heart_beat);
	timer_cancel(&f->life);
	buf_done(&f->out);
	f->is_closed = true;
	if (!f->is_reading)
		free(f);
}

bool feed_read_after(struct request *rq, uint64_t *ret_after)
{
	const char *last = request_header(rq, "Last-Event-ID");

	if (!api_query_number(rq, "after", INT64_MAX - 1, ret_after))
		return false;
	if (last == NULL || str_to_u64(last, INT64_MAX - 1, ret_after) == OK)
		return true;
	request_refuse(rq, 400, "The Last-Event-ID must be a sequence number.");
	return false;
}

void feed_init(struct feed *f, const struct feed_kind *kind, struct request *rq, struct api *api,
    uint64_t after)
{
	*f = (struct feed){.kind = kind, .rq = rq, .api = api, .after = after, .has_more = true};
	buf_init(&f->out, SIZE_MAX / 2);
	timer_init(&f->heart_beat, api->loop, on_heart_beat, f);
	timer_init(&f->life, api->loop, on_worn_out, f);
}

void feed_start(struct feed *f, const char *content_type, bool is_live)
{
	const struct stream_events events = {on_read, on_close, is_live};

	f->is_live = is_live;
	if (is_live)
		timer_start(&f->life, f->api->stream_idle);
	request_stream(f->rq, content_type, &events, f);
}

void feed_start_events(struct feed *f)
{
	f->is_events = true;
	buf_add_str(&f->out, "retry: 2000\n\n");
	timer_start(&f->heart_beat, HEART_BEAT);
	feed_start(f, "text/event-stream", true);
}
