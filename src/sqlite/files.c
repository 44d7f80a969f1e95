/* The lock is on the database's own file: a lock on a file beside it is gone when somebody removes
 * that file. It is an "open file description" lock (fcntl(2), F_OFD_SETLK), which belongs to our
 * descriptor. SQLite's own locks are of the older kind and belong to the process; the two kinds
 * exclude each other only where their ranges meet, and ours is a byte far behind any that SQLite
 * uses (1 GiB and 512 bytes from there). All of a process's older locks on a file go when it closes
 * any descriptor of that file, so ours is closed after SQLite's last connection.
 *
 * Names don't matter: the lock is on the inode, whatever links lead to it. */
#include "sqlite/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { DATABASE, LOG, INDEX, N_FILES, MOST_ATTEMPTS = 10, MAX_WHY = 4400 };

#define LOCKED_BYTE ((off_t)1 << 62)

static const char *const endings[N_FILES] = {"", "-wal", "-shm"};

struct identity {
	dev_t dev;
	ino_t ino;
};

struct db_files {
	char *paths[N_FILES];           /* owned; without links */
	struct identity files[N_FILES]; /* once settled */
	int fd;                         /* owned; of the locked database */
};

static struct identity identity_of(const struct stat *st)
{
	return (struct identity){st->st_dev, st->st_ino};
}

static bool is_at(const char *path, struct identity wanted)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_dev == wanted.dev && st.st_ino == wanted.ino;
}

PRINTF(3, 4)
static enum err refuse(enum err e, char **ret_why, const char *format, ...)
{
	char why[MAX_WHY];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	*ret_why = xstrdup(why);
	return e;
}

static enum err refuse_system(char **ret_why, const char *what)
{
	return refuse(ERR_SYSTEM, ret_why, "%s: %s", what, strerror(errno));
}

/* SQLite would take a log without its database for the rest of another one and remove it. */
static enum err check_log(const struct db_files *f, char **ret_why)
{
	struct stat st;

	if (stat(f->paths[DATABASE], &st) == 0 && st.st_size > 0)
		return OK;
	if (stat(f->paths[LOG], &st) != 0 || st.st_size == 0)
		return OK;
	return refuse(ERR_CONFLICT, ret_why,
	    "it is missing or empty, but its log %s is there: put the database back, or move the "
	    "log away to begin with an empty one",
	    f->paths[LOG]);
}

/* The content of jobs is private, whatever the umask is. */
static bool tighten(const char *path)
{
	struct stat st;

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	return !S_ISREG(st.st_mode) || (st.st_mode & 077) == 0 ||
	       chmod(path, st.st_mode & 0700) == 0;
}

static enum err tighten_all(const struct db_files *f, char **ret_why)
{
	static const char *const others[] = {"-journal", ".copy", ".new"};

	for (int i = 0; i < N_FILES; i++) {
		if (!tighten(f->paths[i]))
			return refuse_system(ret_why, "the mode can't be made 0600");
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct buf path;
		buf_init(&path, 8192);
		buf_addf(&path, "%s%s", f->paths[DATABASE], others[i]);
		(void)tighten(path.data); /* left over; it is removed */
		buf_done(&path);
	}
	return OK;
}

/* Open and lock the database file that is at its path now. */
static enum err lock(struct db_files *f, int *ret_fd, char **ret_why)
{
	const char *path = f->paths[DATABASE];
	struct flock byte = {
	    .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCKED_BYTE, .l_len = 1};
	struct stat st;

	for (int i = 0; i < MOST_ATTEMPTS; i++) {
		int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			return refuse_system(ret_why, "it can't be opened");
		if (fcntl(fd, F_OFD_SETLK, &byte) != 0 || fstat(fd, &st) != 0) {
			bool is_used = errno == EAGAIN || errno == EACCES;
			enum err e =
			    is_used ? refuse(ERR_BUSY, ret_why, "%s", "in use by another daemon")
				    : refuse_system(ret_why, "it can't be locked");
			close(fd);
			return e;
		}
		if (is_at(path, identity_of(&st))) {
			*ret_fd = fd;
			return OK;
		}
		close(fd); /* it was replaced between the two */
	}
	return refuse(ERR_BUSY, ret_why, "%s", "it is being replaced again and again");
}

enum err db_files_open(const char *path, struct db_files **ret_files, char **ret_why)
{
	struct db_files *f = xcalloc(1, sizeof(*f));
	AUTO_FREE char *real = realpath(path, NULL); /* NULL: it isn't there yet */

	f->fd = -1;
	for (int i = 0; i < N_FILES; i++) {
		struct buf text;
		buf_init(&text, 8192);
		buf_addf(&text, "%s%s", real != NULL ? real : path, endings[i]);
		f->paths[i] = buf_take(&text, NULL);
	}
	enum err e = check_log(f, ret_why);
	if (e == OK)
		e = lock(f, &f->fd, ret_why);
	if (e == OK)
		e = tighten_all(f, ret_why);
	if (e == OK)
		*ret_files = f;
	else
		db_files_close(f);
	return e;
}

enum err db_files_settle(struct db_files *f, char **ret_why)
{
	struct stat st;

	if (fstat(f->fd, &st) != 0)
		return refuse_system(ret_why, "it can't be looked at");
	if (!is_at(f->paths[DATABASE], identity_of(&st))) {
		int fd = -1;
		enum err e = lock(f, &fd, ret_why);
		if (e != OK)
			return e;
		close(f->fd); /* of the file that was replaced; no connection has it any more */
		f->fd = fd;
	}
	for (int i = 0; i < N_FILES; i++) {
		if (stat(f->paths[i], &st) != 0)
			return refuse_system(ret_why, f->paths[i]);
		f->files[i] = identity_of(&st);
	}
	return tighten_all(f, ret_why);
}

bool db_files_are_there(const struct db_files *f)
{
	for (int i = 0; i < N_FILES; i++) {
		if (!is_at(f->paths[i], f->files[i]))
			return false;
	}
	return true;
}

void db_files_close(struct db_files *f)
{
	if (f == NULL)
		return;
	if (f->fd >= 0)
		close(f->fd);
	for (int i = 0; i < N_FILES; i++)
		free(f->paths[i]);
	free(f);
}
