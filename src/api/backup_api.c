/* GET /backup: a consistent copy of the database. The store makes the copy in an unnamed file; the
 * pool reads it in pieces. One backup at a time: each needs as much disk space as the database. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "loop/offload.h"

enum { PIECE = 256 << 10 };

struct backup {
	struct request *rq;
	struct api *api;
	struct offload_task task;
	int fd;
	uint64_t n_bytes, n_read;
	char *piece; /* owned; PIECE bytes */
	size_t n_piece, n_sent;
	bool is_working, is_closed, is_failed;
};

static struct backup *backup_of(struct offload_task *task)
{
	return (struct backup *)((char *)task - offsetof(struct backup, task));
}

static void free_backup(struct backup *b)
{
	b->api->has_backup = false;
	if (b->fd >= 0)
		close(b->fd);
	free(b->piece);
	free(b);
}

/* Thread: pool. */
static void read_piece(struct offload_task *task)
{
	struct backup *b = backup_of(task);
	uint64_t left = b->n_bytes - b->n_read;
	ssize_t n;

	do {
		n = pread(b->fd, b->piece, left < PIECE ? (size_t)left : PIECE, (off_t)b->n_read);
	} while (n < 0 && errno == EINTR);
	b->is_failed = n <= 0;
	b->n_piece = n > 0 ? (size_t)n : 0;
}

static void on_piece(struct offload_task *task)
{
	struct backup *b = backup_of(task);

	b->is_working = false;
	b->n_sent = 0;
	b->n_read += b->n_piece;
	if (b->is_closed)
		free_backup(b);
	else
		request_wake(b->rq);
}

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct backup *b = arg;

	if (b->is_working)
		return STREAM_WAIT;
	size_t n = b->n_piece - b->n_sent;
	if (n > 0) {
		n = n < max ? n : max;
		memcpy(bytes, b->piece + b->n_sent, n);
		b->n_sent += n;
		return (ssize_t)n;
	}
	if (b->is_failed)
		return STREAM_FAILED;
	if (b->n_read == b->n_bytes)
		return STREAM_END;
	b->is_working = true;
	b->task = (struct offload_task){.work = read_piece, .done = on_piece};
	offload_submit(b->api->offload, &b->task);
	return STREAM_WAIT;
}

static void on_close(void *arg)
{
	struct backup *b = arg;

	b->is_closed = true;
	if (!b->is_working)
		free_backup(b);
}

static void add_headers(struct request *rq)
{
	time_t now = (time_t)(clock_wall() / USEC_PER_SEC);
	struct tm utc;
	char text[80];

	gmtime_r(&now, &utc);
	strftime(
	    text, sizeof(text), "attachment; filename=\"asyncprobed-%Y%m%dT%H%M%SZ.db\"", &utc);
	request_add_header(rq, "Content-Disposition", text);
}

static void refuse(struct request *rq, enum err e)
{
	log_warning("backup_failed", "error=%s", err_str(e));
	if (e == ERR_FULL || e == ERR_READ_ONLY)
		request_refuse(rq, 507, "Not enough disk space for a copy of the database.");
	else if (e == ERR_BUSY)
		api_refuse_stopping(rq);
	else
		request_refuse(rq, 500, "The database can't be copied.");
}

static void on_copied(const struct store_copy *copy, void *arg)
{
	static const struct stream_events events = {.read = on_read, .close = on_close};
	struct backup *b = arg;

	if (copy->err != OK) {
		refuse(b->rq, copy->err);
		free_backup(b);
		return;
	}
	b->fd = copy->fd;
	b->n_bytes = copy->n_bytes;
	b->piece = xmalloc(PIECE);
	log_info("backup", "bytes=%llu", (unsigned long long)copy->n_bytes);
	add_headers(b->rq);
	request_stream_sized(b->rq, 200, "application/vnd.sqlite3", b->n_bytes, &events, b);
}

void backup_handle(struct request *rq, struct api *api)
{
	api_audit(rq, "backup", NULL);
	if (api->is_draining) {
		api_refuse_stopping(rq);
		return;
	}
	if (api->has_backup) {
		request_refuse(rq, 503, "Another backup is in progress.");
		return;
	}
	struct backup *b = xcalloc(1, sizeof(*b));
	*b = (struct backup){.rq = rq, .api = api, .fd = -1};
	request_set_slow(rq);
	enum err e = store_copy_start(api->store, on_copied, b);
	api->has_backup = e == OK;
	if (e != OK) {
		refuse(rq, e);
		free_backup(b);
	}
}
