#include "registration/host_notes.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/small_file.h"
#include "registration/kept_file.h"

enum {
	MAX_FILE = 1 << 20,
	MAX_HOSTS = 4096, /* that are read; IANA's bootstrap has 378 */
	MAX_NAME = 270
};

struct entry {
	UT_hash_handle hh;
	char *host; /* owned */
	struct budget_note note;
};

struct host_notes {
	struct entry *entries; /* owned */
	struct kept_file *file;
};

static void put(struct host_notes *notes, const char *host, const struct budget_note *note)
{
	struct entry *e;

	HASH_FIND_STR(notes->entries, host, e);
	if (e == NULL) {
		e = xcalloc(1, sizeof(*e));
		e->host = xstrdup(host);
		HASH_ADD_KEYPTR(hh, notes->entries, e->host, strlen(e->host), e);
	}
	e->note = *note;
}

/* --- Reading --- */

static bool next_number(const char **at, double *ret_number)
{
	char *end;

	*ret_number = strtod(*at, &end);
	bool is_number = end != *at && (*end == ' ' || *end == '\0') && isfinite(*ret_number) &&
			 *ret_number >= 0 && *ret_number < (double)CLOCK_WALL_MAX / USEC_PER_SEC;

	*at = end;
	return is_number;
}

static bool next_time(const char **at, usec_t *ret_wall)
{
	double seconds;

	if (!next_number(at, &seconds))
		return false;
	*ret_wall = (usec_t)(seconds * USEC_PER_SEC);
	return true;
}

static void read_line(struct host_notes *notes, char *line)
{
	char *blank = strchr(line, ' ');
	const char *at = blank;
	struct budget_note note;

	if (blank == NULL || blank == line || blank - line > MAX_NAME)
		return;
	*blank = '\0';
	at++;
	bool is_good = next_number(&at, &note.start) && next_number(&at, &note.rate) &&
		       next_time(&at, &note.held_until);
	for (int i = 0; i < BUDGET_STRIKES; i++)
		is_good = is_good && next_time(&at, &note.strikes[i]);
	if (is_good && *at == '\0' && note.start > 0 && note.rate > 0)
		put(notes, line, &note);
}

static void read_file(struct host_notes *notes, const char *path)
{
	struct buf text;
	enum err e;
	char *line, *rest;

	buf_init(&text, MAX_FILE);
	const char *fault = small_file_read(path, false, &text, &e);
	if (fault != NULL && (e != ERR_IO || errno != ENOENT))
		log_warning(
		    "rdap_hosts_unread", "file=%s error=%s", log_quote(path), log_quote(fault));
	rest = fault == NULL ? text.data : NULL;
	while (HASH_COUNT(notes->entries) < MAX_HOSTS && (line = strsep(&rest, "\n")) != NULL)
		read_line(notes, line);
	buf_done(&text);
}

/* --- Writing --- */

static void write_file(struct host_notes *notes)
{
	const struct entry *e;
	struct buf text;

	buf_init(&text, MAX_FILE);
	for (e = notes->entries; e != NULL; e = e->hh.next) {
		buf_addf(&text, "%s %.9g %.9g %.3f", e->host, e->note.start, e->note.rate,
		    (double)e->note.held_until / USEC_PER_SEC);
		for (int i = 0; i < BUDGET_STRIKES; i++)
			buf_addf(&text, " %.3f", (double)e->note.strikes[i] / USEC_PER_SEC);
		buf_add_char(&text, '\n');
	}
	kept_file_put(notes->file, (struct span){text.data, text.len});
	buf_done(&text);
}

void host_notes_put(struct host_notes *notes, const char *host, const struct budget_note *note)
{
	put(notes, host, note);
	write_file(notes);
}

const struct budget_note *host_notes_find(const struct host_notes *notes, const char *host)
{
	const struct entry *e;

	HASH_FIND_STR(notes->entries, host, e);
	return e != NULL ? &e->note : NULL;
}

struct host_notes *host_notes_new(
    struct offload *offload, const char *path, void (*on_kept)(void *arg), void *arg)
{
	struct host_notes *notes = xcalloc(1, sizeof(*notes));

	notes->file = kept_file_new(offload, path, on_kept, arg);
	read_file(notes, path);
	return notes;
}

void host_notes_free(struct host_notes *notes)
{
	struct entry *e, *next;

	if (notes == NULL)
		return;
	HASH_ITER (hh, notes->entries, e, next) {
		HASH_DEL(notes->entries, e);
		free(e->host);
		free(e);
	}
	kept_file_free(notes->file);
	free(notes);
}
