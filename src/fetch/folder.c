/* The folder of downloads. */
#include "fetch/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fetch/draft.h"
#include "fetch/folder_mark.h"
#include "fetch/folder_path.h"
#include "loop/offload.h"
#include "model/file_name.h"

struct chore;

struct folder {
	int fd;                /* owned */
	struct drafts *drafts; /* owned */
	uint64_t quota, used;
	struct offload *offload; /* borrowed */
	char *path;              /* owned */
	char *owner;             /* owned; another's mark; NULL: the mark is ours */
	bool is_counted, is_looking, is_gone;
	STAILQ_HEAD(, chore) waiting; /* removals, until it is counted; owned */
	void (*on_counted)(void *arg);
	void *arg;
	void (*on_removed)(const struct id *job, void *arg);
	void *on_removed_arg;
};

enum chore_kind { CHORE_COUNT, CHORE_LIST, CHORE_LOOK, CHORE_REMOVE_JOB, CHORE_REMOVE_FILE };

/* A piece of work for the pool. */
struct chore {
	STAILQ_ENTRY(chore) link; /* in folder->waiting */
	struct offload_task task;
	struct folder *folder;
	enum chore_kind kind;
	struct id job;
	char *name; /* owned */
	folder_ids_fn *on_ids;
	void *arg;
	struct id *ids; /* owned */
	size_t n_ids;
	uint64_t n_bytes;      /* found, or freed */
	unsigned depth;        /* of the sub-folder that is looked at */
	bool is_more, is_gone; /* gone: the job's folder; or, of a look, this one */
};

/* --- Thread: any --- */

int folder_open_job(const struct folder *folder, const struct id *job, bool may_make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char name[ID_TEXT_SIZE];

	id_format(job, name);
	int fd = openat(folder->fd, name, flags);
	if (fd >= 0 || errno != ENOENT || !may_make)
		return fd;
	if (mkdirat(folder->fd, name, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(folder->fd, name, flags);
}

int folder_open_place(
    const struct folder *folder, const struct id *job, const char *path, bool may_make)
{
	return folder_path_open(folder_open_job(folder, job, may_make), path, may_make);
}

int folder_open_file(const struct folder *folder, const struct id *job, const char *path)
{
	struct stat st;
	int dir = -1;

	errno = ENOENT;
	if (file_path_is_safe(path))
		dir = folder_open_place(folder, job, path, false);
	if (dir < 0)
		return -1;
	int fd =
	    openat(dir, folder_path_leaf(path), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int why = errno;
	close(dir);
	if (fd >= 0 && (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))) {
		close(fd);
		fd = -1;
		why = ENOENT;
	}
	errno = why == ENOTDIR || why == ELOOP ? ENOENT : why;
	return fd;
}

struct drafts *folder_drafts(const struct folder *folder)
{
	return folder->drafts;
}

/* --- Thread: pool --- */

static uint64_t size_at(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode)
		   ? (uint64_t)st.st_size
		   : 0;
}

static bool is_folder_at(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* Go through a sub-folder, as deep as ours are. */
static void enter(struct chore *chore, int fd, const char *name, folder_name_fn *on_name)
{
	if (chore->depth == FILE_MAX_FOLDERS)
		return;
	chore->depth++;
	folder_each_name(
	    openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), on_name, chore);
	chore->depth--;
}

static bool count_file(int fd, const char *name, void *arg)
{
	struct chore *chore = arg;

	if (is_folder_at(fd, name))
		enter(chore, fd, name, count_file);
	else
		chore->n_bytes += size_at(fd, name);
	return true;
}

static bool count_job(int fd, const char *name, void *arg)
{
	struct chore *chore = arg;
	struct id job;

	(void)fd;
	if (id_parse(name, &job))
		folder_each_name(folder_open_job(chore->folder, &job, false), count_file, chore);
	return true;
}

static bool list_job(int fd, const char *name, void *arg)
{
	struct chore *chore = arg;
	struct id job;

	(void)fd;
	if (!id_parse(name, &job))
		return true;
	if (chore->n_ids % 64 == 0)
		chore->ids = xrealloc(chore->ids, (chore->n_ids + 64) * sizeof(*chore->ids));
	chore->ids[chore->n_ids++] = job;
	return true;
}

/* In slices, so that others get at the pool meanwhile. */
static bool remove_entry(int fd, const char *name, void *arg)
{
	enum { SLICE = 1000 };
	struct chore *chore = arg;
	uint64_t n_bytes = size_at(fd, name);
	bool is_folder = is_folder_at(fd, name);

	if (is_folder)
		enter(chore, fd, name, remove_entry);
	if (chore->is_more)
		return false;
	if (unlinkat(fd, name, is_folder ? AT_REMOVEDIR : 0) ==
	    0) { /* what can't be removed is no reason to go on for ever */
		chore->n_bytes += n_bytes;
		chore->n_ids++;
	}
	chore->is_more = chore->n_ids >= SLICE;
	return !chore->is_more;
}

/* While it isn't empty it stays; true when it is gone. */
static bool remove_job_folder(const struct folder *folder, const struct id *job)
{
	char name[ID_TEXT_SIZE];

	id_format(job, name);
	return unlinkat(folder->fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT;
}

static bool is_in_place(const struct folder *folder)
{
	struct stat at, ours;

	return stat(folder->path, &at) == 0 && fstat(folder->fd, &ours) == 0 &&
	       at.st_dev == ours.st_dev && at.st_ino == ours.st_ino;
}

static void remove_file(struct chore *chore)
{
	int dir = folder_open_job(chore->folder, &chore->job, false);

	if (dir < 0)
		return;
	int place = folder_open_place(chore->folder, &chore->job, chore->name, false);
	uint64_t n_bytes = place >= 0 ? size_at(place, folder_path_leaf(chore->name)) : 0;
	if (place >= 0)
		close(place);
	if (folder_path_remove(dir, chore->name))
		chore->n_bytes = n_bytes;
	close(dir);
	(void)remove_job_folder(chore->folder, &chore->job);
}

static void work(struct offload_task *task)
{
	struct chore *chore = (struct chore *)((char *)task - offsetof(struct chore, task));
	const struct folder *folder = chore->folder;

	switch (chore->kind) {
	case CHORE_COUNT:
		if (folder->owner == NULL)
			drafts_clean(folder->drafts);
		folder_each_name(
		    openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count_job, chore);
		break;
	case CHORE_LIST:
		folder_each_name(
		    openat(folder->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), list_job, chore);
		break;
	case CHORE_LOOK:
		chore->is_gone = !is_in_place(folder);
		break;
	case CHORE_REMOVE_JOB:
		folder_each_name(folder_open_job(folder, &chore->job, false), remove_entry, chore);
		chore->is_gone = remove_job_folder(folder, &chore->job);
		break;
	case CHORE_REMOVE_FILE:
		remove_file(chore);
		break;
	}
}

/* --- Thread: loop --- */

static void free_chore(struct chore *chore)
{
	FREE_ALL(chore->ids, chore->name, chore);
}

static void end_count(struct folder *folder, uint64_t n_bytes)
{
	struct chore *chore;

	folder->used += n_bytes;
	folder->is_counted = true;
	while ((chore = STAILQ_FIRST(&folder->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&folder->waiting, link);
		offload_submit(folder->offload, &chore->task);
	}
	if (folder->on_counted != NULL)
		folder->on_counted(folder->arg);
}

static void end_look(struct folder *folder, bool is_gone)
{
	bool is_back = folder->is_gone && !is_gone;

	folder->is_looking = false;
	folder->is_gone = is_gone;
	if (is_back && folder->on_counted != NULL)
		folder->on_counted(folder->arg);
}

static void on_done(struct offload_task *task)
{
	struct chore *chore = (struct chore *)((char *)task - offsetof(struct chore, task));
	struct folder *folder = chore->folder;

	if (chore->kind == CHORE_COUNT)
		end_count(folder, chore->n_bytes);
	else
		folder_release(folder, chore->n_bytes);
	if (chore->is_more) {
		chore->n_bytes = chore->n_ids = 0;
		chore->is_more = false;
		offload_submit(folder->offload, &chore->task);
		return;
	}
	if (chore->kind == CHORE_LOOK)
		end_look(folder, chore->is_gone);
	if (chore->kind == CHORE_REMOVE_JOB && chore->is_gone && folder->on_removed != NULL)
		folder->on_removed(&chore->job, folder->on_removed_arg);
	if (chore->kind == CHORE_LIST)
		chore->on_ids(TAKE(chore->ids), chore->n_ids, chore->arg);
	free_chore(chore);
}

static struct chore *new_chore(struct folder *folder, enum chore_kind kind)
{
	struct chore *chore = xcalloc(1, sizeof(*chore));

	chore->folder = folder;
	chore->kind = kind;
	chore->task = (struct offload_task){.work = work, .done = on_done};
	return chore;
}

/* Open the directory, which must be good to write into; -1 with errno. */
static int open_directory(const char *path)
{
	if (mkdir(path, 0750) < 0 && errno != EEXIST)
		return -1;
	return folder_if_writable(open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

enum err folder_open(const struct folder_opts *opts, struct folder **ret_folder)
{
	int fd = open_directory(opts->path);

	if (fd < 0)
		return ERR_IO;
	if (!mark_lock(fd)) {
		close(fd);
		return ERR_BUSY;
	}
	struct drafts *drafts = drafts_open(fd, opts->has_named_drafts);
	if (drafts == NULL) {
		int why = errno;
		close(fd);
		errno = why;
		return ERR_IO;
	}
	struct folder *folder = xcalloc(1, sizeof(*folder));
	folder->fd = fd;
	folder->drafts = drafts;
	folder->path = xstrdup(opts->path);
	if (opts->owner != NULL)
		folder->owner = mark_claim(fd, opts->owner);
	folder->quota = opts->quota;
	folder->offload = opts->offload;
	STAILQ_INIT(&folder->waiting);
	folder->on_counted = opts->on_counted;
	folder->arg = opts->arg;
	offload_submit(folder->offload, &new_chore(folder, CHORE_COUNT)->task);
	*ret_folder = folder;
	return OK;
}

const char *folder_owner(const struct folder *folder)
{
	return folder->owner;
}

void folder_look(struct folder *folder)
{
	if (folder->is_looking)
		return;
	folder->is_looking = true;
	offload_submit(folder->offload, &new_chore(folder, CHORE_LOOK)->task);
}

bool folder_is_there(const struct folder *folder)
{
	return !folder->is_gone;
}

void folder_set_on_removed(
    struct folder *folder, void (*on_removed)(const struct id *job, void *arg), void *arg)
{
	folder->on_removed = on_removed;
	folder->on_removed_arg = arg;
}

void folder_close(struct folder *folder)
{
	struct chore *chore;

	if (folder == NULL)
		return;
	while ((chore = STAILQ_FIRST(&folder->waiting)) != NULL) {
		STAILQ_REMOVE_HEAD(&folder->waiting, link);
		free_chore(chore);
	}
	drafts_close(folder->drafts);
	close(folder->fd);
	FREE_ALL(folder->path, folder->owner, folder);
}

void folder_set_quota(struct folder *folder, uint64_t quota)
{
	folder->quota = quota;
}

bool folder_is_counted(const struct folder *folder)
{
	return folder->is_counted;
}

bool folder_reserve(struct folder *folder, uint64_t n_bytes)
{
	if (folder->quota > 0 &&
	    (folder->used > folder->quota || n_bytes > folder->quota - folder->used))
		return false;
	folder->used += n_bytes;
	return true;
}

void folder_release(struct folder *folder, uint64_t n_bytes)
{
	folder->used -= n_bytes < folder->used ? n_bytes : folder->used;
}

/* Not while it is being counted: whether what goes was counted would be chance. */
static void remove_later(struct folder *folder, struct chore *chore)
{
	if (folder->is_counted)
		offload_submit(folder->offload, &chore->task);
	else
		STAILQ_INSERT_TAIL(&folder->waiting, chore, link);
}

void folder_remove_job(struct folder *folder, const struct id *job)
{
	struct chore *chore = new_chore(folder, CHORE_REMOVE_JOB);

	chore->job = *job;
	remove_later(folder, chore);
}

void folder_remove_file(struct folder *folder, const struct id *job, const char *name)
{
	struct chore *chore = new_chore(folder, CHORE_REMOVE_FILE);

	chore->job = *job;
	chore->name = xstrdup(name);
	remove_later(folder, chore);
}

void folder_list(struct folder *folder, folder_ids_fn *on_ids, void *arg)
{
	struct chore *chore = new_chore(folder, CHORE_LIST);

	chore->on_ids = on_ids;
	chore->arg = arg;
	offload_submit(folder->offload, &chore->task);
}

int folder_fd(const struct folder *folder)
{
	return folder->fd;
}

double folder_used(const struct folder *folder)
{
	return (double)folder->used;
}
