/* GET /jobs/{id}/archive.tar: all saved files of a job as one stream, in the order in which they
 * came. The files are read and packed by the offload pool, a piece at a time, so that the archive
 * costs the memory of a piece however long it is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "base/alloc.h"
#include "base/log.h"
#include "loop/offload.h"
#include "wire/tar.h"

enum { FILES_A_PAGE = 200, PIECE = 256 << 10 };

struct tar {
	struct request *rq;
	struct api *api;
	struct id job;
	int64_t job_no;
	struct offload_task task;
	bool is_working, is_reading, is_closed;
	/* the page of files that is being packed */
	struct stored_file *files; /* owned, with what they own */
	uint32_t n_files, next;
	uint64_t last; /* of the results looked at */
	bool is_more;
	/* the pool's while it works */
	int fd;          /* of the file being packed; -1: none */
	uint64_t n_left; /* bytes of it */
	struct buf out;
	size_t n_sent;
	const char *lost; /* a file that is not as it was saved; NULL: none is */
	bool is_failed, is_ended;
};

static struct tar *tar_of(struct offload_task *task)
{
	return (struct tar *)((char *)task - offsetof(struct tar, task));
}

static void free_files(struct tar *tar)
{
	for (uint32_t i = 0; i < tar->n_files; i++)
		stored_file_done(&tar->files[i]);
	free(TAKE(tar->files));
	tar->n_files = tar->next = 0;
}

static void free_tar(struct tar *tar)
{
	if (tar->fd >= 0)
		close(tar->fd);
	free_files(tar);
	buf_done(&tar->out);
	free(tar);
}

/* --- Thread: pool --- */

/* Begin the next file. An archive without it, or with another one in its place, would be taken for
 * whole: so it breaks there. */
static void begin_file(struct tar *tar)
{
	const struct stored_file *file = &tar->files[tar->next++];
	struct stat st;

	tar->fd = core_open_file(tar->api->core, &tar->job, file->name);
	if (tar->fd < 0 || fstat(tar->fd, &st) < 0 || (uint64_t)st.st_size != file->n_bytes) {
		tar->lost = file->name;
		tar->is_failed = true;
		return;
	}
	tar->n_left = file->n_bytes;
	tar_add_head(&tar->out, file->name, file->n_bytes, file->saved_at);
}

static void pack_piece(struct tar *tar)
{
	size_t want = tar->n_left < PIECE ? (size_t)tar->n_left : PIECE;
	char *piece = buf_reserve(&tar->out, want);
	ssize_t n = want > 0 ? read(tar->fd, piece, want) : 0;

	if (n < 0 && errno == EINTR)
		return;
	if (n > 0) {
		buf_commit(&tar->out, (size_t)n);
		tar->n_left -= (uint64_t)n;
	} else if (tar->n_left > 0) {
		tar->is_failed = true;
	}
	if (tar->n_left == 0) {
		tar_add_padding(&tar->out, tar->files[tar->next - 1].n_bytes);
		close(tar->fd);
		tar->fd = -1;
	}
}

static void pack(struct offload_task *task)
{
	struct tar *tar = tar_of(task);

	while (!tar->is_failed && tar->out.len < PIECE) {
		if (tar->fd >= 0)
			pack_piece(tar);
		else if (tar->next < tar->n_files)
			begin_file(tar);
		else
			break;
	}
	bool is_through = tar->fd < 0 && tar->next == tar->n_files && !tar->is_more;
	if (is_through && !tar->is_failed && !tar->is_ended) {
		tar_add_end(&tar->out);
		tar->is_ended = true;
	}
}

/* --- Thread: loop --- */

static void go_on(struct tar *tar);

/* Of a job that was deleted meanwhile it says nothing new. */
static void log_lost(struct tar *tar)
{
	char id[ID_TEXT_SIZE];

	id_format(&tar->job, id);
	log_warning("file_lost", "job=%s file=%s archive=cut", id, log_quote(tar->lost));
	tar->lost = NULL;
}

static void on_packed(struct offload_task *task)
{
	struct tar *tar = tar_of(task);

	tar->is_working = false;
	if (tar->lost != NULL)
		log_lost(tar);
	if (tar->is_closed)
		free_tar(tar);
	else if (tar->out.len == 0 && !tar->is_ended && !tar->is_failed)
		go_on(tar);
	else
		request_wake(tar->rq);
}

static void on_page(struct store_op *op)
{
	struct tar *tar = op->arg;

	tar->is_reading = false;
	if (tar->is_closed) {
		free_tar(tar);
		return;
	}
	free_files(tar);
	tar->is_failed = op->err != OK;
	tar->files = TAKE(op->u.files.files);
	tar->n_files = op->u.files.n;
	op->u.files.n = 0;
	tar->last = op->u.files.last;
	tar->is_more = op->u.files.is_more;
	if (tar->is_failed)
		request_wake(tar->rq);
	else
		go_on(tar);
}

/* Read the next page, or pack more of this one. */
static void go_on(struct tar *tar)
{
	if (tar->fd < 0 && tar->next == tar->n_files && tar->is_more) {
		struct store_op *op = store_op_new(STORE_FILES, on_page, tar);
		op->job_no = tar->job_no;
		op->u.files.after = tar->last;
		op->u.files.max = FILES_A_PAGE;
		tar->is_reading = true;
		store_start(tar->api->store, op);
		return;
	}
	tar->is_working = true;
	tar->task = (struct offload_task){.work = pack, .done = on_packed};
	offload_submit(tar->api->offload, &tar->task);
}

static ssize_t on_read(char *bytes, size_t max, void *arg)
{
	struct tar *tar = arg;

	if (tar->is_working || tar->is_reading)
		return STREAM_WAIT;
	size_t n = tar->out.len - tar->n_sent;
	if (n > 0) {
		n = n < max ? n : max;
		memcpy(bytes, tar->out.data + tar->n_sent, n);
		tar->n_sent += n;
		return (ssize_t)n;
	}
	if (tar->is_failed)
		return STREAM_FAILED;
	if (tar->is_ended)
		return STREAM_END;
	buf_clear(&tar->out);
	tar->n_sent = 0;
	go_on(tar);
	return STREAM_WAIT;
}

static void on_close(void *arg)
{
	struct tar *tar = arg;

	tar->is_closed = true;
	if (!tar->is_working && !tar->is_reading)
		free_tar(tar);
}

static void on_found(struct request *rq, struct api *api, const struct job *job, bool is_live)
{
	static const struct stream_events events = {.read = on_read, .close = on_close};
	char id[ID_TEXT_SIZE], disposition[96];
	struct tar *tar = xcalloc(1, sizeof(*tar));

	(void)is_live;
	tar->rq = rq;
	tar->api = api;
	tar->job = job->id;
	tar->job_no = job->no;
	tar->fd = -1;
	tar->is_more = true;
	buf_init(&tar->out, SIZE_MAX / 2);
	id_format(&job->id, id);
	snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s.tar\"", id);
	request_add_header(rq, "Content-Disposition", disposition);
	request_stream(rq, "application/x-tar", &events, tar);
}

void archive_handle(struct request *rq, struct api *api)
{
	api_find_job(rq, api, on_found);
}
