/* GET /schedules/{id}/changes, /outcomes and /events: what a schedule's runs have found. */
#include <string.h>

#include "api/feed.h"
#include "base/alloc.h"
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
		request_refuse(rq, 404, "There is no such schedule.");
	return no;
}

static bool read_limit(struct request *rq, uint64_t *ret_limit)
{
	*ret_limit = PAGE_DEFAULT;
	if (!api_query_number(rq, "limit", PAGE_MOST, ret_limit))
		return false;
	if (*ret_limit == 0)
		request_refuse_query(rq, "limit", "This must be at least 1.");
	return *ret_limit > 0;
}

static void refuse(struct request *rq, const struct store_op *op, const char *what)
{
	if (op->err == ERR_NOT_FOUND)
		request_refuse(rq, 404, "There is no such schedule.");
	else if (op->err == ERR_DAMAGED && op->damage.what == DAMAGED_CHANGE)
		request_refuse(rq, 500,
		    "Change %llu is damaged in the database. Read what is before it with limit, "
		    "and "
		    "what is behind it with after=%llu.",
		    (unsigned long long)op->damage.first, (unsigned long long)op->damage.first);
	else
		request_refuse(rq, 500, "The %s could not be read%s.", what,
		    op->err == ERR_DAMAGED ? ": the database is damaged" : "");
}

/* --- Changes --- */

static void on_changes(struct store_op *op)
{
	struct request *rq = op->arg;
	struct buf body;

	if (op->err != OK) {
		refuse(rq, op, "changes");
		return;
	}
	buf_init(&body, SIZE_MAX / 2);
	buf_add_str(&body, "{\"changes\":[");
	buf_add(&body, op->u.log.text.data, op->u.log.text.len);
	buf_addf(&body, "],\"next\":%llu}\n", (unsigned long long)op->u.log.last);
	request_respond(rq, 200, "application/json", &body);
}

void changes_handle(struct request *rq, struct api *api)
{
	uint64_t after = 0, limit;
	struct id id;
	int64_t no = find_no(rq, api, &id);

	if (no == 0 || !api_query_number(rq, "after", INT64_MAX - 1, &after) ||
	    !read_limit(rq, &limit))
		return;
	struct store_op *op = store_op_new(STORE_CHANGES, on_changes, rq);
	op->u.log.schedule_no = no;
	op->u.log.after = after;
	op->u.log.limit = (uint32_t)limit;
	store_start(api->store, op);
}

/* --- Outcomes --- */

/* A target may be any bytes, so a cursor is the last one's in hex. */
static void add_cursor(struct buf *b, const struct buf *target)
{
	for (size_t i = 0; i < target->len; i++)
		buf_addf(b, "%02x", (unsigned char)target->data[i]);
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c != '\0' ? strchr(digits, c) : NULL;

	return at != NULL ? (int)(at - digits) : -1;
}

static bool read_cursor(const char *text, struct buf *target)
{
	buf_init(target, MAX_CURSOR / 2);
	for (; *text != '\0'; text += 2) {
		int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			break;
		buf_add_char(target, (char)(high << 4 | low));
	}
	if (*text == '\0' && !target->overflow)
		return true;
	buf_done(target);
	return false;
}

static void on_outcomes(struct store_op *op)
{
	struct request *rq = op->arg;
	struct buf body;

	if (op->err != OK) {
		refuse(rq, op, "outcomes");
		return;
	}
	buf_init(&body, SIZE_MAX / 2);
	buf_add_str(&body, "{\"outcomes\":[");
	buf_add(&body, op->u.log.text.data, op->u.log.text.len);
	buf_add_str(&body, "],\"next\":");
	if (op->u.log.is_more) {
		buf_add_char(&body, '"');
		add_cursor(&body, &op->u.log.target);
		buf_add_str(&body, "\"}\n");
	} else {
		buf_add_str(&body, "null}\n");
	}
	request_respond(rq, 200, "application/json", &body);
}

void outcomes_handle(struct request *rq, struct api *api)
{
	const char *cursor = request_query(rq, "cursor");
	struct buf target = {.len = 0};
	uint64_t limit;
	struct id id;
	int64_t no = find_no(rq, api, &id);

	if (no == 0 || !read_limit(rq, &limit))
		return;
	if (!read_cursor(cursor != NULL ? cursor : "", &target)) {
		request_refuse_query(rq, "cursor", "Not a valid cursor.");
		return;
	}
	target.max = SIZE_MAX / 2;
	struct store_op *op = store_op_new(STORE_OUTCOMES, on_outcomes, rq);
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
		s->feed.is_failed = true; /* its log goes with it, and there may be more of it */
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
	/* who names no number wants what comes */
	uint64_t after = schedules_last_change(api->core, &id);
	if (!feed_read_after(rq, &after))
		return;
	struct stream *s = xcalloc(1, sizeof(*s));
	s->no = no;
	feed_init(&s->feed, &kind, rq, api, after);
	schedules_watch(api->core, &id, &s->watch, on_event, s);
	feed_start_events(&s->feed);
}
