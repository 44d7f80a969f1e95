#include "registration/kept_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "loop/offload.h"

struct kept_file {
	struct offload_task task;
	struct offload *offload;
	char *path; /* owned */
	void (*on_written)(void *arg);
	void *arg;
	bool is_writing, has_next;
	struct buf text; /* being written; the task's while it is under way */
	struct buf next; /* to be written then */
	int error;       /* errno; 0: it is written */
};

static int write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);
		if (n < 0 && errno != EINTR)
			return errno;
		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		}
	}
	return fsync(fd) == 0 ? 0 : errno;
}

/* A new name is there after a power failure only when its folder is on the disk too. */
static int sync_folder(const char *path)
{
	AUTO_FREE char *copy = xstrdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) != 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return error;
}

/* Thread: pool. */
static void write_file(struct offload_task *task)
{
	struct kept_file *f = (struct kept_file *)task;
	char draft[4096];
	int n = snprintf(draft, sizeof(draft), "%s.new", f->path);

	if (n < 0 || (size_t)n >= sizeof(draft)) {
		f->error = ENAMETOOLONG;
		return;
	}
	int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	f->error = fd < 0 ? errno : write_all(fd, f->text.data, f->text.len);
	if (fd >= 0)
		close(fd);
	if (f->error == 0 && rename(draft, f->path) != 0)
		f->error = errno;
	if (f->error == 0)
		f->error = sync_folder(f->path);
}

static void on_done(struct offload_task *task);

static void start(struct kept_file *f)
{
	struct buf written = f->text;

	f->text = f->next;
	f->next = written;
	buf_clear(&f->next);
	f->has_next = false;
	f->is_writing = true;
	f->task.work = write_file;
	f->task.done = on_done;
	offload_submit(f->offload, &f->task);
}

static void on_done(struct offload_task *task)
{
	struct kept_file *f = (struct kept_file *)task;

	f->is_writing = false;
	if (f->error != 0)
		log_warning("file_not_kept", "file=%s error=%s", log_quote(f->path),
		    log_quote(strerror(f->error)));
	if (f->has_next)
		start(f);
	else if (f->on_written != NULL)
		f->on_written(f->arg);
}

void kept_file_put(struct kept_file *file, struct span text)
{
	buf_clear(&file->next);
	buf_add(&file->next, text.bytes, text.len);
	file->has_next = true;
	if (!file->is_writing)
		start(file);
}

struct kept_file *kept_file_new(
    struct offload *offload, const char *path, void (*on_written)(void *arg), void *arg)
{
	struct kept_file *f = xcalloc(1, sizeof(*f));

	f->offload = offload;
	f->path = xstrdup(path);
	f->on_written = on_written;
	f->arg = arg;
	buf_init(&f->text, SIZE_MAX / 2);
	buf_init(&f->next, SIZE_MAX / 2);
	return f;
}

void kept_file_free(struct kept_file *file)
{
	if (file == NULL)
		return;
	buf_done(&file->text);
	buf_done(&file->next);
	free(file->path);
	free(file);
}
