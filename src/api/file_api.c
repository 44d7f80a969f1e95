/* GET /jobs/{id}/files/{name}: a saved file, or a range of it (RFC 9110 sections 13 and 14). Never
 * to be shown under our own origin: it is an attachment, its type is not guessed, and a browser
 * that shows it all the same runs it in a sandbox. The file is opened and read by the offload pool.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "api/range.h"
#include "base/alloc.h"
#include "base/utf8.h"
#include "loop/offload.h"

enum { PIECE = 256 << 10 };

struct download {
	struct request *rq;
	struct api *api;
	struct id job;
	struct stored_file file; /* what it owns is ours */
	struct range range;
	struct offload_task task;
	int fd, error; /* fd -1: not open */
	bool is_working, is_open, is_closed;
	char *piece; /* owned; PIECE bytes */
	size_t n_piece, n_sent;
	uint64_t n_read;
};

static struct download *download_of(struct offload_task *task)
{
	return (struct download *)((char *)task - offsetof(struct download, task));
}

static void free_download(struct download *d)
{
	if (d->fd >= 0)
		close(d->fd); /* of a file that was only read: never blocks for long */
	stored_file_done(&d->file);
	free(d->piece);
	free(d);
}

/* Open the file. One that is not as long as its result says is not the one that was saved. */
static int open_file(struct download *d)
{
	struct stat st;

	d->fd = core_open_file(d->api->core, &d->job, d->file.name);
	if (d->fd < 0)
		return errno != 0 ? errno : EIO;
	if (fstat(d->fd, &st) != 0)
		return errno;
	return (uint64_t)st.st_size == d->file.n_bytes ? 0 : ESTALE;
}

/* Thread: pool. */
static void read_piece(struct offload_task *task)
{
	struct download *d = download_of(task);
	uint64_t left = d->range.n_bytes - d->n_read;
	ssize_t n;

	if (d->fd < 0)
		d->error = open_file(d);
	if (d->error != 0)
		return;
	do {
		n = pread(d->fd, d->piece, left < PIECE ? (size_t)left : PIECE,
		    (off_t)(d->range.first + d->n_read));
	} while (n < 0 && errno == EINTR);
	if (n < 0 || (n == 0 && left > 0))
		d->error = n < 0 ? errno : EIO;
	else
		d->n_piece = (size_t)n;
}

static void start_piece(struct download *d);

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct download *d = arg;
	size_t n = d->n_piece - d->n_sent;

	if (d->error != 0)
		return STREAM_FAILED;
	if (n > 0) {
		n = n < max ? n : max;
		memcpy(bytes, d->piece + d->n_sent, n);
		d->n_sent += n;
		return (ssize_t)n;
	}
	if (!d->is_working && d->n_read == d->range.n_bytes)
		return STREAM_END;
	if (!d->is_working)
		start_piece(d);
	return STREAM_WAIT;
}

static void on_close(void *arg)
{
	struct download *d = arg;

	d->is_closed = true;
	if (!d->is_working)
		free_download(d);
}

static void add_headers(const struct download *d)
{
	struct request *rq = d->rq;
	struct buf text, name;
	char etag[FILE_DIGEST_TEXT + 3] = "\"";

	file_digest_format(d->file.digest, etag + 1);
	etag[FILE_DIGEST_TEXT + 1] = '"';
	etag[FILE_DIGEST_TEXT + 2] = '\0';
	request_add_header(rq, "ETag", etag);
	request_add_header(rq, "Accept-Ranges", "bytes");
	if (d->file.content_encoding != NULL)
		request_add_header(rq, "Content-Encoding", d->file.content_encoding);
	request_add_header(rq, "Content-Security-Policy", "sandbox; default-src 'none'");
	buf_init(&text, 4096);
	buf_init(&name, 4096);
	const char *slash = strrchr(d->file.name, '/');
	const char *leaf = slash != NULL ? slash + 1 : d->file.name;
	utf8_add_visible(&name, leaf, strlen(leaf), '_');
	/* RFC 6266: the encoded form does for all names */
	buf_add_str(&text, "attachment; filename*=UTF-8''");
	range_add_escaped(&text, name.data);
	buf_done(&name);
	request_add_header(rq, "Content-Disposition", text.data);
	buf_clear(&text);
	if (d->range.is_part) {
		buf_addf(&text, "bytes %llu-%llu/%llu", (unsigned long long)d->range.first,
		    (unsigned long long)(d->range.first + d->range.n_bytes - 1),
		    (unsigned long long)d->file.n_bytes);
		request_add_header(rq, "Content-Range", text.data);
	}
	buf_done(&text);
}

/* The origin may have said anything; only visible ASCII goes into a header of ours. */
static const char *type_of(const struct stored_file *file)
{
	const char *type = file->content_type;

	for (const char *s = type; s != NULL && *s != '\0'; s++) {
		if (*s < 0x20 || *s > 0x7e)
			type = NULL;
	}
	return type != NULL ? type : "application/octet-stream";
}

static void begin_stream(struct download *d)
{
	static const struct stream_events events = {.read = on_read, .close = on_close};

	d->is_open = true;
	add_headers(d);
	request_stream_sized(
	    d->rq, d->range.is_part ? 206 : 200, type_of(&d->file), d->range.n_bytes, &events, d);
}

static void on_piece(struct offload_task *task)
{
	struct download *d = download_of(task);

	d->is_working = false;
	d->n_sent = 0;
	d->n_read += d->n_piece;
	if (d->is_closed) {
		free_download(d);
	} else if (d->is_open) {
		request_wake(d->rq);
	} else if (d->error == 0) {
		begin_stream(d);
	} else {
		request_refuse(d->rq, d->error == ENOENT ? 404 : 500, "The file can't be read: %s.",
		    d->error == ESTALE ? "its size has changed" : strerror(d->error));
		free_download(d);
	}
}

static void start_piece(struct download *d)
{
	d->n_piece = d->n_sent = 0;
	d->is_working = true;
	d->task = (struct offload_task){.work = read_piece, .done = on_piece};
	offload_submit(d->api->offload, &d->task);
}

/* Answer what needs no byte of the file; true when that was all. */
static bool answer_at_once(struct download *d)
{
	char etag[FILE_DIGEST_TEXT + 1], whole[64];
	bool is_get = strcmp(request_method(d->rq), "GET") == 0; /* HEAD has no ranges */

	file_digest_format(d->file.digest, etag);
	if (request_header(d->rq, "If-Match") != NULL &&
	    !request_header_has_tag(d->rq, "If-Match", etag, false)) {
		request_refuse(d->rq, 412, "The file does not match If-Match.");
		return true;
	}
	if (request_header_has_tag(d->rq, "If-None-Match", etag, true)) {
		add_headers(d);
		request_respond(d->rq, 304, NULL, NULL);
		return true;
	}
	if (range_choose(is_get ? request_header(d->rq, "Range") : NULL,
		request_header(d->rq, "If-Range"), etag, d->file.n_bytes, &d->range))
		return false;
	snprintf(whole, sizeof(whole), "bytes */%llu", (unsigned long long)d->file.n_bytes);
	request_add_header(d->rq, "Content-Range", whole);
	request_refuse(d->rq, 416, "The requested range is outside the file.");
	return true;
}

static void on_file(struct store_op *op)
{
	struct download *d = op->arg;

	if (op->err != OK || op->u.files.n == 0) {
		bool is_missing = op->err == OK || op->err == ERR_NOT_FOUND;
		request_refuse(d->rq, is_missing ? 404 : 500, "%s",
		    is_missing ? "The job has no such file."
		    : op->err == ERR_DAMAGED
			? "The result for this file is damaged in the database."
			: "The job could not be read.");
		free_download(d);
		return;
	}
	d->file = op->u.files.files[0];
	op->u.files.n = 0; /* what it owns is ours now */
	if (answer_at_once(d)) {
		free_download(d);
		return;
	}
	d->piece = xmalloc(PIECE);
	start_piece(d);
}

static void on_found(struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	struct download *d = xcalloc(1, sizeof(*d));
	struct store_op *op = store_op_new(STORE_FILES, on_file, d);

	(void)is_live;
	d->rq = rq;
	d->api = api;
	d->job = job->id;
	d->fd = -1;
	op->job_no = job->no;
	op->u.files.name = xstrdup(request_path_name(rq));
	store_start(api->store, op);
}

void file_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found);
}
