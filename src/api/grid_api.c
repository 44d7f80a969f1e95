#include "api/grid_api.h"

#include <string.h>

#include "api/feed.h"
#include "base/alloc.h"
#include "http/accept.h"
#include "wire/grid.h"

enum { PAGE_BYTES = 128 << 10, MOST_GRIDS = 8 /* at one time: each takes GRID_BYTES */ };

struct grid_feed {
	struct feed feed;  /* of results; first */
	struct job job;    /* owned */
	struct grid *grid; /* owned */
};

static void ask(struct feed *feed, struct store_op *op)
{
	const struct grid_feed *f = (struct grid_feed *)feed;

	op->job_no = f->job.no;
	op->u.rows.after = feed->after;
	op->u.rows.max_bytes = PAGE_BYTES;
	op->u.rows.format = FORMAT_GRID;
	op->u.rows.table = row_table_of(f->job.kind, f->job.check);
}

static void take(struct feed *feed, const struct store_op *op)
{
	struct grid_feed *f = (struct grid_feed *)feed;

	feed->after = op->u.rows.last;
	grid_read(f->grid, op->u.rows.text.data, op->u.rows.text.len);
	if (op->err != OK)
		return;
	feed->has_more = op->u.rows.is_more && !grid_is_full(f->grid);
	if (feed->has_more)
		return;
	feed->has_more = grid_write(f->grid, &feed->out, &feed->after);
	feed->is_ended = !feed->has_more;
}

static void leave(struct feed *feed)
{
	struct grid_feed *f = (struct grid_feed *)feed;

	grid_free(f->grid);
	job_done(&f->job);
	feed->api->n_grids--;
}

/* What a grid has as a whole is not asked for in parts. */
static bool check_query(struct request *rq)
{
	static const char *const others[] = {"after", "limit", "follow", "reason", "rcode", "type"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (request_query(rq, others[i]) == NULL)
			continue;
		request_refuse_query(rq, others[i], "This cannot be used with a grid.");
		return false;
	}
	return true;
}

static bool read_query(struct request *rq, struct grid_opts *opts)
{
	static const char *const media[] = {"text/plain", "text/csv"};
	const char *csv = request_query(rq, "csv"), *status = request_query(rq, "status");
	int chosen = accept_choose(request_header(rq, "Accept"), media, 2);

	opts->is_safe = csv != NULL && strcmp(csv, "safe") == 0;
	opts->is_csv = csv != NULL || chosen == 1;
	opts->has_status = status != NULL;
	if (csv != NULL && !opts->is_safe && strcmp(csv, "raw") != 0)
		request_refuse_query(rq, "csv", "This must be raw or safe.");
	else if (csv == NULL && chosen < 0)
		request_refuse(rq, 406, "A grid comes as text/plain or text/csv.");
	else if (status != NULL && !item_status_parse(status, &opts->status))
		request_refuse_query(rq, "status", "Unknown status.");
	else
		return check_query(rq);
	return false;
}

void grid_respond(struct request *rq, struct api *api, const struct job *job)
{
	static const struct feed_kind kind = {STORE_ROWS, "job", "results", ask, take, leave};
	struct grid_opts opts = {.place = job->params.asked.grid};

	if (!read_query(rq, &opts))
		return;
	if (opts.place.n == 0) {
		request_refuse_query(
		    rq, "format", "The job has no grid: its items are not words under TLDs.");
		return;
	}
	if (api->n_grids == MOST_GRIDS) {
		request_refuse(rq, 503, "Too many grids are being made at this time.");
		return;
	}
	struct grid_feed *f = xcalloc(1, sizeof(*f));
	api->n_grids++;
	feed_init(&f->feed, &kind, rq, api, 0);
	f->job = job_copy(job);
	f->grid = grid_new(&opts);
	feed_start(&f->feed,
	    opts.is_csv ? "text/csv; charset=utf-8; header=present" : "text/plain; charset=utf-8",
	    false);
}
