/* Copies of the whole database into a new file, without free pages, as of one moment: for backups,
 * and to give an older file the form in which it can shrink. */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sqlite/db.h"

enum { OPS_A_LOOK = 1000 /* of SQLite's machine, between two looks at the flag */ };

static int on_progress(void *arg)
{
	return atomic_load((atomic_bool *)arg) ? 1 : 0;
}

/* Whether there is enough disk space for the copy and for concurrent commits. */
static bool has_room(struct db *db, const char *path)
{
	struct store_size size;
	struct statvfs fs;
	AUTO_FREE char *folder = xstrdup(path);
	char *slash = strrchr(folder, '/');

	if (slash == NULL || db_measure(db, &size) != OK)
		return false;
	*slash = '\0';
	if (statvfs(slash > folder ? folder : "/", &fs) != 0)
		return false;
	return (uint64_t)fs.f_bavail * fs.f_frsize > size.used + size.used / 8 + (1 << 18);
}

enum err db_copy(struct db *db, const char *path, atomic_bool *is_cancelled)
{
	sqlite3_stmt *s = NULL;

	if (!has_room(db, path)) {
		snprintf(db->why, sizeof(db->why), "there is no room for a copy");
		return ERR_FULL;
	}
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0) {
		snprintf(db->why, sizeof(db->why), "%s", strerror(errno));
		return errno == ENOSPC || errno == EDQUOT ? ERR_FULL : ERR_READ_ONLY;
	}
	close(fd); /* an empty file is filled, and keeps its mode */
	if (is_cancelled != NULL)
		sqlite3_progress_handler(db->handle, OPS_A_LOOK, on_progress, is_cancelled);
	sqlite3_exec(db->handle, "PRAGMA query_only = 0", NULL, NULL, NULL);
	int code = sqlite3_prepare_v2(db->handle, "VACUUM INTO ?1", -1, &s, NULL);
	if (code == SQLITE_OK) {
		sqlite3_bind_text(s, 1, path, -1, SQLITE_STATIC);
		code = sqlite3_step(s);
	}
	enum err e = code == SQLITE_DONE ? OK : db_error(db, code);
	if ((code & 0xff) == SQLITE_INTERRUPT)
		e = ERR_BUSY;
	else if (sqlite3_extended_errcode(db->handle) == SQLITE_IOERR_WRITE)
		e = ERR_FULL; /* nothing else is written than the copy */
	sqlite3_finalize(s);
	sqlite3_progress_handler(db->handle, 0, NULL, NULL);
	if (e != OK)
		unlink(path);
	return e == ERR_FATAL ? ERR_IO : e; /* the database itself is in no doubt */
}

/* --- The form that can shrink --- */

static bool sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);
	bool is_good = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return is_good;
}

/* Have the file at `from` in the place of the one at `to`, for good. */
static bool replace(const char *from, const char *to)
{
	struct stat st;
	AUTO_FREE char *folder = xstrdup(to);
	char *slash = strrchr(folder, '/');

	if (slash == NULL || stat(to, &st) != 0)
		return false;
	*slash = '\0';
	if (chmod(from, st.st_mode & 07777) != 0 || !sync_path(from, O_RDWR) ||
	    rename(from, to) != 0)
		return false;
	return sync_path(slash > folder ? folder : "/", O_RDONLY | O_DIRECTORY);
}

bool db_remake(struct db *db)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s.new", db->path);
	unlink(path); /* of an attempt that was cut short */
	/* without a log nothing of the old file is left beside the new one; fails while another
	 * process has the database open */
	if (sqlite3_exec(db->handle,
		"PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = INCREMENTAL", NULL, NULL,
		NULL) != SQLITE_OK ||
	    db_copy(db, path, NULL) != OK)
		return false;
	bool is_good = replace(path, db->path);
	unlink(path);
	return is_good;
}
