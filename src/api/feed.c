/* A stream of pages. A page under way comes back in any case, so a feed that is closed meanwhile is
 * freed only then. */
#include "api/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { GATHERED_MOST = 4 << 20 };

#define HEART_BEAT (15 * USEC_PER_SEC)

static void on_heart_beat(void *arg)
{
	struct feed *f = arg;

	if (f->n_sent == f->out.len)
		buf_add_str(&f->out, ": heart-beat\n\n");
	timer_start(&f->heart_beat, HEART_BEAT);
	feed_wake(f);
}

static void refuse(struct feed *f, const struct store_op *op)
{
	const struct store_damage *d = &op->damage;
	const char *noun = f->kind->noun;

	if (op->err == ERR_NOT_FOUND)
		api_refuse_unknown(f->rq, f->kind->owner);
	else if (op->err == ERR_DAMAGED && d->last > 0)
		request_refuse(f->rq, 500,
		    "The %s %llu to %llu are damaged in the database. Read those before them "
		    "with limit, and those after them with after=%llu.",
		    noun, (unsigned long long)d->first, (unsigned long long)d->last,
		    (unsigned long long)d->last);
	else if (op->err == ERR_DAMAGED)
		request_refuse(f->rq, 500,
		    "The %s from %llu on can't be read: the database is damaged.", noun,
		    (unsigned long long)d->first);
	else
		request_refuse(f->rq, 500, "The %s could not be read.", noun);
}

static void end_unbegun(struct feed *f)
{
	f->kind->leave(f);
	timer_cancel(&f->heart_beat);
	timer_cancel(&f->life);
	buf_done(&f->out);
	free(f);
}

static void ask_page(struct feed *f);
static void begin(struct feed *f);

/* Before the first byte: start the response, gather more, or refuse. */
static void judge(struct feed *f, const struct store_op *op)
{
	if (op->err != OK && (f->is_whole || op->err == ERR_NOT_FOUND || f->n_rows == 0)) {
		refuse(f, op);
		end_unbegun(f);
	} else if (f->is_whole && f->has_more && !f->is_ended && f->out.len < GATHERED_MOST) {
		ask_page(f);
	} else {
		begin(f);
	}
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

	f->is_reading = false;
	if (f->is_closed) {
		free(f);
		return;
	}
	size_t before = f->out.len;
	f->kind->take(f, op);
	f->n_rows += f->out.len > before;
	f->is_failed = f->is_failed || op->err != OK;
	if (f->is_live && f->out.len > before)
		timer_start(&f->life, f->api->stream_idle);
	if (f->is_begun)
		request_wake(f->rq);
	else
		judge(f, op);
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
	if (f->is_failed)
		return STREAM_FAILED;
	if (f->is_ended && !f->is_reading)
		return STREAM_END;
	/* a clean end would look complete; events can be resumed */
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

static void begin(struct feed *f)
{
	const struct stream_events events = {on_read, on_close, f->is_live};

	f->is_begun = true;
	if (f->is_live)
		timer_start(&f->life, f->api->stream_idle);
	request_stream(f->rq, f->content_type, &events, f);
}

void feed_start(struct feed *f, const char *content_type, bool is_live)
{
	f->content_type = content_type;
	f->is_live = is_live;
	ask_page(f);
}

void feed_wake(struct feed *f)
{
	if (f->is_begun)
		request_wake(f->rq);
}

void feed_start_events(struct feed *f)
{
	f->is_events = true;
	buf_add_str(&f->out, "retry: 2000\n\n");
	timer_start(&f->heart_beat, HEART_BEAT);
	feed_start(f, "text/event-stream", true);
}
