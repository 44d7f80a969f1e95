/* The outbox: callbacks to deliver. A row is there when the transaction that it tells of is, and
 * stays until it is delivered or given up. What is in flight isn't marked: callbacks/callbacks
 * knows, and after a crash all rows are to be delivered still. */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/url.h"
#include "sqlite/verbs.h"
#include "wire/json_job.h"
#include "wire/json_text.h"

enum { MAX_BODY = 16 << 20 };

/* No back-off is longer: a row due later was put off before the clock was set back. */
#define FARTHEST (2 * 3600 * USEC_PER_SEC)

/* --- Adding --- */

/* The host of a URL with its port: rows that have the same share a receiver's limits. */
static void add_host(struct buf *b, const char *url)
{
	struct url parsed;

	if (url_parse(url, strlen(url), &parsed) != URL_GOOD)
		return; /* can't happen: it was read before; a delivery attempt reports it */
	buf_addf(b, "%s:%u", parsed.host, parsed.port);
	url_done(&parsed);
}

static struct id make_id(void)
{
	struct id id;

	/* a UUID of version 4 (RFC 9562 section 5.4): id_new() is the loop's */
	sqlite3_randomness(sizeof(id.bytes), id.bytes);
	id.bytes[6] = (uint8_t)(0x40 | (id.bytes[6] & 0x0f));
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

static enum err insert(struct db *db, const char *url, const struct buf *body)
{
	sqlite3_stmt *s = db_statement(db, STATEMENT_INSERT_POST);
	struct id id = make_id();
	struct buf host;

	buf_init(&host, 4096);
	add_host(&host, url);
	sqlite3_bind_blob(s, 1, id.bytes, sizeof(id.bytes), SQLITE_STATIC);
	sqlite3_bind_text(s, 2, host.len > 0 ? host.data : "", -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 3, url, -1, SQLITE_STATIC);
	sqlite3_bind_text(s, 4, body->data, (int)body->len, SQLITE_STATIC);
	BIND(s, 5, clock_wall());
	enum err e = db_run(db, s);
	buf_done(&host);
	return e;
}

enum err db_outbox_add(
    struct db *db, const char *url, const char *type, usec_t at, const char *data, size_t len)
{
	struct buf body;

	buf_init(&body, MAX_BODY);
	buf_addf(&body, "{\"type\":\"%s\",\"timestamp\":", type);
	json_add_time(&body, at);
	buf_add_str(&body, ",\"data\":");
	buf_add(&body, data, len);
	buf_add_char(&body, '}');
	enum err e = body.overflow ? ERR_TOO_BIG : insert(db, url, &body);
	buf_done(&body);
	return e;
}

enum err db_outbox_add_job(struct db *db, int64_t job_no)
{
	struct job job = {.callback_url = NULL};
	struct buf data;
	enum err e = db_find_job(db, QUERY(db, STATEMENT_SELECT_JOB_BY_NO, job_no), &job);

	if (e == ERR_NOT_FOUND)
		return OK;
	if (e == OK && job.callback_url != NULL) {
		buf_init(&data, MAX_BODY);
		json_job_add(&data, &job, job.finished_at);
		e = db_outbox_add(
		    db, job.callback_url, "job.ended", job.finished_at, data.data, data.len);
		buf_done(&data);
	}
	job_done(&job);
	return e;
}

/* --- Delivering --- */

static char *read_text(sqlite3_stmt *s, int column)
{
	const char *text = (const char *)sqlite3_column_text(s, column);

	return xstrdup(text != NULL ? text : "");
}

/* False when the row is damaged. */
static bool read_post(sqlite3_stmt *s, struct stored_post *ret_post)
{
	*ret_post = (struct stored_post){.no = sqlite3_column_int64(s, 0),
	    .url = read_text(s, 2),
	    .host = read_text(s, 3),
	    .body = read_text(s, 4),
	    .body_len = (size_t)sqlite3_column_bytes(s, 4),
	    .created_at = sqlite3_column_int64(s, 5),
	    .attempts = (uint32_t)sqlite3_column_int64(s, 6),
	    .is_suspect = sqlite3_column_int(s, 7) != 0};
	if (sqlite3_column_bytes(s, 1) == sizeof(ret_post->id.bytes))
		memcpy(ret_post->id.bytes, sqlite3_column_blob(s, 1), sizeof(ret_post->id.bytes));
	return !id_is_none(&ret_post->id) && *ret_post->url != '\0' && ret_post->body_len > 0;
}

/* Read rows that are due behind `from` up to `to`, as long as there is room. A damaged one stays
 * where it is and is told of; the others go out. */
static enum err read_due(struct db *db, struct store_op *op, usec_t from, usec_t to)
{
	struct stored_outbox *o = &op->u.outbox;
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_DUE, from, to);
	int code;

	sqlite3_bind_text(s, 3, o->passed_over != NULL ? o->passed_over : "", -1, SQLITE_STATIC);
	BIND(s, 4, o->max - o->n, o->without_suspects);
	while ((code = sqlite3_step(s)) == SQLITE_ROW && o->n < o->max) {
		struct stored_post *post = &o->posts[o->n];
		if (read_post(s, post)) {
			o->n++;
			continue;
		}
		op->damage =
		    (struct store_damage){.what = DAMAGED_CALLBACK, .first = (uint64_t)post->no};
		stored_post_done(post);
	}
	sqlite3_reset(s);
	return code == SQLITE_DONE || code == SQLITE_ROW ? OK : db_error(db, code);
}

static enum err read_rest(struct db *db, struct stored_outbox *o)
{
	sqlite3_stmt *s = QUERY(db, STATEMENT_SELECT_NEXT_DUE, o->now);

	int code = sqlite3_step(s);
	if (code == SQLITE_ROW) { /* without a row the minimum is null, read as 0 */
		o->next_due = sqlite3_column_int64(s, 0);
		o->n_waiting = (uint64_t)sqlite3_column_int64(s, 1);
	}
	sqlite3_reset(s);
	return code == SQLITE_ROW ? OK : db_error(db, code);
}

enum err db_read_outbox(struct db *db, struct store_op *op)
{
	struct stored_outbox *o = &op->u.outbox;

	o->posts = xcalloc(o->max, sizeof(*o->posts));
	enum err e = read_due(db, op, -1, o->now);
	if (e == OK && o->n < o->max)
		e = read_due(db, op, o->now + FARTHEST, INT64_MAX);
	return e == OK ? read_rest(db, o) : e;
}

enum err db_settle_post(struct db *db, struct store_op *op)
{
	const struct stored_attempt *a = &op->u.attempt;
	enum err e = a->is_over ? RUN(db, STATEMENT_DELETE_POST, a->no)
				: RUN(db, STATEMENT_POSTPONE_POST, a->no, a->due);

	return e == OK && a->is_watched ? db_unwatch(db, 0, a->no) : e;
}
