/* GET /schedules/{id}/changes, /outcomes and /events: what a schedule's runs have found. */
#include <string.h>

#include "api/feed.h"
#include "base/alloc.h"
#include "base/hex.h"
#include "schedules/schedules.h"
#include "wire/json_job.h"

enum { PAGE_DEFAULT = 1000, PAGE_MOST = 10000, EVENTS_PAGE = 500, MAX_CURSOR = 8192 };

/* Bytes of `run` events that a client may leave unread; what is more is left out. */
#define MAX_UNREAD ((size_t)1 << 20)

static int64_t find_no(struct request *rq, struct api *api, struct id *ret_id)
{
	int64_t no = 0;

	if (id_parse(request_path_param(rq), ret_id))
		no = schedules_no(api->core, ret_id);
	if (no == 0)
		api_refuse_unknown(rq, "schedule");
	return no;
}

static void refuse(struct request *rq, const struct store_op *op, const char *what)
{
	if (op->err == ERR_NOT_FOUND)
		api_refuse_unknown(rq, "schedule");
	else if (op->err == ERR_DAMAGED && op->damage.what == DAMAGED_CHANGE)
		request_refuse(rq, 500,
		    "Change %llu is damaged in the database. Read those before it with limit, and "
		    "those after it with after=%llu.",
		    (unsigned long long)op->damage.first, (unsigned long long)op->damage.first);
	else
		request_refuse(rq, 500, "The %s could not be read%s.", what,
		    op->err == ERR_DAMAGED ? ": the database is damaged" : "");
}

/* --- Changes --- */

/* A target may be any bytes, so the cursor of outcomes is the last target in hexadecimal. */
static void add_cursor(struct buf *b, const struct buf *target)
{
	buf_add_char(b, '"');
	char *text = buf_reserve(b, 2 * target->len);
	hex_write((const uint8_t *)target->data, target->len, text);
	buf_commit(b, 2 * target->len);
	buf_add_char(b, '"');
}

static void on_page(struct store_op *op)
{
	bool is_outcomes = op->verb == STORE_OUTCOMES;
	const char *name = is_outcomes ? "outcomes" : "changes";
	struct buf body;

	if (op->err != OK) {
		refuse(op->arg, op, name);
		return;
	}
	buf_init(&body, SIZE_MAX / 2);
	buf_addf(&body, "{\"%s\":[", name);
	buf_add(&body, op->u.log.text.data, op->u.log.text.len);
	buf_add_str(&body, "],\"next\":");
	if (!is_outcomes)
		buf_add_u64(&body, op->u.log.last);
	else if (op->u.log.is_more)
		add_cursor(&body, &op->u.log.target);
	else
		buf_add_str(&body, "null");
	buf_add_str(&body, "}\n");
	request_respond(op->arg, 200, "application/json", &body);
}

void changes_handle(struct request *rq, struct api *api)
{
	uint64_t after = 0, limit;
	struct id id;
	int64_t no = find_no(rq, api, &id);

	if (no == 0 || !api_query_number(rq, "after", INT64_MAX - 1, &after) ||
	    !api_query_limit(rq, PAGE_DEFAULT, PAGE_MOST, &limit))
		return;
	struct store_op *op = store_op_new(STORE_CHANGES, on_page, rq);
	op->u.log.schedule_no = no;
	op->u.log.after = after;
	op->u.log.limit = (uint32_t)limit;
	store_start(api->store, op);
}

/* --- Outcomes --- */

static bool read_cursor(const char *text, struct buf *target)
{
	size_t len = strlen(text);

	buf_init(target, MAX_CURSOR / 2);
	if (len == 0)
		return true;
	uint8_t *to = len % 2 == 0 ? (uint8_t *)buf_reserve(target, len / 2) : NULL;
	if (to != NULL && hex_read(text, len / 2, to)) {
		buf_commit(target, len / 2);
		return true;
	}
	buf_done(target);
	return false;
}

void outcomes_handle(struct request *rq, struct api *api)
{
	const char *cursor = request_query(rq, "cursor");
	struct buf target = {.len = 0};
	uint64_t limit;
	struct id id;
	int64_t no = find_no(rq, api, &id);

	if (no == 0 || !api_query_limit(rq, PAGE_DEFAULT, PAGE_MOST, &limit))
		return;
	if (!read_cursor(cursor != NULL ? cursor : "", &target)) {
		request_refuse_query(rq, "cursor", "Not a valid cursor.");
		return;
	}
	target.max = SIZE_MAX / 2;
	struct store_op *op = store_op_new(STORE_OUTCOMES, on_page, rq);
	op->u.log.schedule_no = no;
	op->u.log.target = target;
	op->u.log.limit = (uint32_t)limit;
	store_start(api->store, op);
}

/* --- Events --- */

struct stream {
	struct feed feed; /* of changes; first */
	int64_t no;
	struct schedule_watch watch;
};

static void on_event(enum schedule_event event, const struct job *job, void *arg)
{
	struct stream *s = arg;
	struct buf *out = &s->feed.out;

	if (event == SCHEDULE_CHANGED) {
		s->feed.has_more = true;
	} else if (event == SCHEDULE_GONE) {
		s->feed.is_failed =
		    true; /* its log is removed too, and not all of it may have been sent */
	} else if (out->len - s->feed.n_sent < MAX_UNREAD) {
		/* no id: what resumes is the log of changes */
		buf_add_str(out, "event: run\ndata: ");
		json_job_add(out, job, clock_wall());
		buf_add_str(out, "\n\n");
	}
	feed_wake(&s->feed);
}

static void ask(struct feed *feed, struct store_op *op)
{
	op->u.log.schedule_no = ((struct stream *)feed)->no;
	op->u.log.after = feed->after;
	op->u.log.limit = EVENTS_PAGE;
	op->u.log.is_events = true;
}

static void take(struct feed *feed, const struct store_op *op)
{
	feed->after = op->u.log.last;
	feed->has_more = feed->has_more || op->u.log.is_more;
	buf_add(&feed->out, op->u.log.text.data, op->u.log.text.len);
}

static void leave(struct feed *feed)
{
	schedules_unwatch(&((struct stream *)feed)->watch);
}

void schedule_events_handle(struct request *rq, struct api *api)
{
	static const struct feed_kind kind = {
	    STORE_CHANGES, "schedule", "changes", ask, take, leave};
	struct id id;
	int64_t no = find_no(rq, api, &id);

	if (no == 0)
		return;
	/* without a number, only new changes are sent */
	uint64_t after = schedules_last_change(api->core, &id);
	if (!feed_read_after(rq, &after))
		return;
	struct stream *s = xcalloc(1, sizeof(*s));
	s->no = no;
	feed_init(&s->feed, &kind, rq, api, after);
	schedules_watch(api->core, &id, &s->watch, on_event, s);
	feed_start_events(&s->feed);
}
