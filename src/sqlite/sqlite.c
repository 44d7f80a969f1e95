/* The backend as the store sees it: the files of the database, and connections to it. */
#include "sqlite/sqlite.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "sqlite/chores.h"
#include "sqlite/files.h"

enum { MAX_PATH = 4200 };

struct database {
	struct db_files *files; /* owned */
	char *path, *copy;      /* owned; copy: made there, and taken away at once */
};

/* Remove what a copy that was cut short left behind. */
static void remove_rest(const char *path)
{
	char journal[MAX_PATH + 16];

	snprintf(journal, sizeof(journal), "%s-journal", path);
	unlink(path);
	unlink(journal);
}

static void close_database(struct database *d)
{
	if (d == NULL)
		return;
	db_files_close(d->files);
	FREE_ALL(d->path, d->copy, d);
}

static enum err open_database(
    const char *path, struct database **ret_database, struct db **ret_db, char **ret_why)
{
	struct database *d = xcalloc(1, sizeof(*d));
	char copy[MAX_PATH];
	struct db *db = NULL;

	snprintf(copy, sizeof(copy), "%s.copy", path);
	d->path = xstrdup(path);
	d->copy = xstrdup(copy);
	enum err e = db_files_open(path, &d->files, ret_why);
	if (e == OK)
		e = db_open(path, true, &db, ret_why);
	if (e == OK)
		e = db_files_settle(d->files, ret_why);
	if (e != OK) {
		db_close(db);
		close_database(d);
		return e;
	}
	remove_rest(d->copy);
	*ret_database = d;
	*ret_db = db;
	return OK;
}

static bool is_there(const struct database *d)
{
	return db_files_are_there(d->files);
}

static enum err connect_to(struct database *d, struct db **ret_db, char **ret_why)
{
	return db_open(d->path, false, ret_db, ret_why);
}

static enum err copy(struct database *d, atomic_bool *is_cancelled, struct store_copy *ret_copy)
{
	AUTO_FREE char *why = NULL;
	struct db *db = NULL;
	struct stat st;
	enum err e = is_there(d) ? connect_to(d, &db, &why) : ERR_GONE;

	if (e == OK)
		e = db_copy(db, d->copy, is_cancelled);
	if (e != OK) {
		log_debug("store_copy", "error=%s why=%s", err_str(e),
		    log_quote(db != NULL    ? db_why(db)
			      : why != NULL ? why
					    : ""));
		db_close(db);
		return e;
	}
	db_close(db);
	ret_copy->fd = open(d->copy, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	remove_rest(d->copy);
	if (ret_copy->fd < 0 || fstat(ret_copy->fd, &st) != 0)
		return ERR_IO;
	ret_copy->n_bytes = (uint64_t)st.st_size;
	return OK;
}

static struct chores *start_chores(
    struct database *d, struct db *db, const struct chores_events *events)
{
	return chores_new(db, d->files, events);
}

const struct backend *sqlite_backend(void)
{
	static const struct backend table = {.open = open_database,
	    .close = close_database,
	    .is_there = is_there,
	    .connect = connect_to,
	    .disconnect = db_close,
	    .why = db_why,
	    .copy = copy,
	    .can_shrink = db_can_shrink,
	    .identity = db_identity,
	    .count = db_count,
	    .begin_life = db_begin_life,
	    .each_schedule = db_each_schedule,
	    .recover = db_recover,
	    .end_life = db_end_life,
	    .read = db_read,
	    .write = db_write,
	    .touch = db_touch,
	    .chores_new = start_chores,
	    .chores_free = chores_free,
	    .chores_look = chores_look,
	    .chores_wait = chores_wait,
	    .chores_do = chores_do,
	    .chores_size = chores_size,
	    .chores_are_left = chores_are_left};

	return &table;
}
