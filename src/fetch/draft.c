/* Drafts, without names and with them. */
#include "fetch/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/random.h"
#include "fetch/folder_path.h"

static const char part_folder[] = ".part";

struct drafts {
	int folder; /* borrowed */
	int fd;     /* owned; of `.part` */
	bool are_named;
	uint32_t boot; /* tells this process's drafts from older ones */
	atomic_uint n_named;
};

/* Open a folder that can be written, made when it is missing; -1 with errno. */
static int open_part_folder(int folder)
{
	if (mkdirat(folder, part_folder, 0750) < 0 && errno != EEXIST)
		return -1;
	return folder_if_writable(
	    openat(folder, part_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
}

/* Give a nameless file its name. By its descriptor alone a process without privileges may do that
 * only in newer kernels (about 6.10); ENOENT says that it may not. */
static int link_nameless(int fd, int dir, const char *name)
{
	char path[32];

	if (linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT)
		return errno;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dir, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* A name that none of the drafts has. */
static void make_name(struct drafts *drafts, char ret_name[static DRAFT_NAME_SIZE])
{
	snprintf(ret_name, DRAFT_NAME_SIZE, "%08x-%x", drafts->boot,
	    atomic_fetch_add(&drafts->n_named, 1));
}

/* Not in `.part`, which is empty then: nothing is lost when somebody removes it. */
static int open_nameless(const struct drafts *drafts)
{
	return openat(drafts->folder, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0644);
}

/* Whether files can be without a name here, and be given one. */
static bool can_be_nameless(struct drafts *drafts)
{
	char name[DRAFT_NAME_SIZE];
	int fd = open_nameless(drafts);

	if (fd < 0)
		return false;
	make_name(drafts, name);
	bool good = link_nameless(fd, drafts->fd, name) == 0;
	if (good)
		unlinkat(drafts->fd, name, 0);
	close(fd);
	return good;
}

struct drafts *drafts_open(int folder, bool are_named)
{
	int fd = open_part_folder(folder);

	if (fd < 0)
		return NULL;
	struct drafts *drafts = xcalloc(1, sizeof(*drafts));
	drafts->folder = folder;
	drafts->fd = fd;
	random_bytes(&drafts->boot, sizeof(drafts->boot));
	drafts->are_named = are_named || !can_be_nameless(drafts);
	return drafts;
}

void drafts_close(struct drafts *drafts)
{
	if (drafts == NULL)
		return;
	close(drafts->fd);
	free(drafts);
}

static bool remove_stale(int fd, const char *name, void *arg)
{
	const char *ours = arg;

	if (strncmp(name, ours, strlen(ours)) != 0)
		unlinkat(fd, name, 0);
	return true;
}

void drafts_clean(const struct drafts *drafts)
{
	char ours[DRAFT_NAME_SIZE];

	snprintf(ours, sizeof(ours), "%08x-", drafts->boot);
	folder_each_name(
	    openat(drafts->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), remove_stale, ours);
}

void draft_init(struct draft *draft)
{
	*draft = (struct draft){.fd = -1};
}

static int close_file(struct draft *draft)
{
	int fd = draft->fd;

	draft->fd = -1;
	return fd < 0 || close(fd) == 0 ? 0 : errno;
}

void draft_done(struct draft *draft, const struct drafts *drafts)
{
	(void)close_file(draft);
	if (draft->name[0] != '\0')
		unlinkat(drafts->fd, draft->name, 0);
	draft->name[0] = '\0';
}

int draft_open(struct draft *draft, struct drafts *drafts)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;

	if (draft->fd >= 0)
		return 0;
	if (!drafts->are_named) {
		draft->fd = open_nameless(drafts);
		return draft->fd >= 0 ? 0 : errno;
	}
	make_name(drafts, draft->name);
	draft->fd = openat(drafts->fd, draft->name, flags, 0644);
	if (draft->fd >= 0)
		return 0;
	draft->name[0] = '\0';
	return errno;
}

void draft_take(struct draft *draft, int fd)
{
	*draft = (struct draft){.fd = fd};
}

int draft_write(struct draft *draft, const void *bytes, size_t n_bytes)
{
	for (const char *at = bytes; n_bytes > 0;) {
		ssize_t n = write(draft->fd, at, n_bytes);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		at += n;
		n_bytes -= (size_t)n;
	}
	return 0;
}

static int publish_nameless(struct draft *draft, int dir, const char *name, bool may_replace)
{
	int error = link_nameless(draft->fd, dir, name);

	if (error == EEXIST && may_replace) /* a link never replaces */
		error = unlinkat(dir, name, 0) == 0 ? link_nameless(draft->fd, dir, name) : errno;
	if (error != 0)
		return error;
	error = close_file(draft);
	if (error != 0)
		unlinkat(dir, name, 0);
	return error;
}

/* Whether the file got the name, which was free. */
static bool rename_to_free(const struct draft *draft, int from, int dir, const char *name)
{
	if (renameat2(from, draft->name, dir, name, RENAME_NOREPLACE) == 0)
		return true;
	/* EINVAL: this file system can't; a link never replaces */
	return errno == EINVAL && linkat(from, draft->name, dir, name, 0) == 0 &&
	       unlinkat(from, draft->name, 0) == 0;
}

static int publish_named(struct draft *draft, int from, int dir, const char *name, bool may_replace)
{
	int error = close_file(draft); /* some tell only now that the disk is full */

	if (error != 0)
		return error;
	bool good = may_replace ? renameat(from, draft->name, dir, name) == 0
				: rename_to_free(draft, from, dir, name);
	if (!good)
		return errno;
	draft->name[0] = '\0';
	return 0;
}

int draft_publish(
    struct draft *draft, const struct drafts *drafts, int dir, const char *name, bool may_replace)
{
	return draft->name[0] != '\0' ? publish_named(draft, drafts->fd, dir, name, may_replace)
				      : publish_nameless(draft, dir, name, may_replace);
}
