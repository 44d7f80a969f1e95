/* GET /metrics: what base/metrics knows, in the form that the scraper prefers. The loop writes the
 * text, which takes less than it takes to send it; the pool packs it. */
#include <stdlib.h>

#include "api/api.h"
#include "api/gzip.h"
#include "base/alloc.h"
#include "base/metrics.h"
#include "http/accept.h"
#include "loop/offload.h"

enum { MAX_TEXT = 16 << 20 };

struct scrape {
	struct offload_task task;
	struct request *rq;
	const char *type;
	struct buf text, packed;
	bool is_packed;
};

static struct scrape *scrape_of(struct offload_task *task)
{
	return (struct scrape *)((char *)task - offsetof(struct scrape, task));
}

/* Thread: pool. */
static void pack(struct offload_task *task)
{
	struct scrape *s = scrape_of(task);

	s->is_packed = gzip_pack(&s->text, &s->packed);
}

static void on_packed(struct offload_task *task)
{
	struct scrape *s = scrape_of(task);

	if (s->is_packed)
		request_add_header(s->rq, "Content-Encoding", "gzip");
	request_respond(s->rq, 200, s->type, s->is_packed ? &s->packed : &s->text);
	buf_done(&s->text);
	buf_done(&s->packed);
	free(s);
}

void metrics_handle(struct request *rq, struct api *api)
{
	static const char *const media[] = {"text/plain", "application/openmetrics-text"};
	bool is_open = accept_choose(request_header(rq, "Accept"), media, 2) == 1;
	struct scrape *s = xcalloc(1, sizeof(*s));

	s->rq = rq;
	s->type = is_open ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
			  : "text/plain; version=0.0.4; charset=utf-8";
	buf_init(&s->text, MAX_TEXT);
	buf_init(&s->packed, MAX_TEXT);
	metrics_write(&s->text, is_open ? METRICS_OPENMETRICS : METRICS_TEXT);
	request_add_header(rq, "Vary", "Accept, Accept-Encoding");
	s->task = (struct offload_task){.work = pack, .done = on_packed};
	if (accept_takes_coding(request_header(rq, "Accept-Encoding"), "gzip"))
		offload_submit(api->offload, &s->task);
	else
		on_packed(&s->task);
}
