/* What the daemon tells, read from JSON. Kinds and times are kept as text, so a job of a kind that
 * came with a newer daemon can be shown, followed and removed all the same. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/id.h"
#include "model/state.h"

/* --- A job --- */

enum view_count { VIEW_GOOD, VIEW_NOT_FOUND, VIEW_ERROR, VIEW_N_COUNTS };

struct job_view {
	char id[ID_TEXT_SIZE];
	char *kind;    /* owned, as all text here */
	char *check;   /* NULL: its kind has none */
	char *label;   /* NULL: none */
	bool is_files; /* its items are files, not names */
	enum job_state state;
	uint64_t total, completed;
	uint64_t counts[VIEW_N_COUNTS];              /* good: found, of files ok */
	char *created_at, *started_at, *finished_at; /* RFC 3339; NULL: not yet */
	usec_t elapsed, eta;                         /* eta -1: unknown */
	double rate;                                 /* items a second */
	uint64_t priority;
	bool is_paused;
	char *reason;                                /* NULL: none */
	char *run_at, *deadline;                     /* RFC 3339; NULL: none */
	char *callback_url, *schedule_id, *retry_of; /* NULL: none */
};

/* Read a job; the caller ends it with view_job_done. False when the text is none. */
bool view_parse_job(const char *text, size_t len, struct job_view *ret_job);
struct job_view view_copy_job(const struct job_view *job);
void view_job_done(struct job_view *job); /* frees the inside */

/* Read {"jobs":[...],"next":...}: `on_job` is called for each, in order, unless it is NULL.
 * *ret_next is new text or NULL. False when the text is no list of jobs. */
typedef void view_job_fn(const struct job_view *job, void *arg);
bool view_parse_jobs(const char *text, size_t len, view_job_fn *on_job, void *arg, char **ret_next);

/* Read {"NAME":N}; false when the text is no such object. */
bool view_parse_number(const char *text, size_t len, const char *name, uint64_t *ret_number);

/* What one of its items is called: name, flag or file. */
const char *view_item_word(const struct job_view *job);
/* What an item is when all went well: found or downloaded. */
const char *view_good_word(const struct job_view *job);

/* --- A file's result --- */

struct file_view {
	char *title; /* owned, as all text here; its code, else its name, else its URL */
	char *status;
	char *reason, *detail; /* NULL: none */
	char *file;            /* the name it was saved under; NULL: it was not */
	int http_status;       /* 0: none */
};

/* Read a line of NDJSON; the caller ends it with view_file_done. False when it is no such result.
 */
bool view_parse_file(const char *line, size_t len, struct file_view *ret_file);
void view_file_done(struct file_view *file);

/* --- The answer to a dry run --- */

struct plan_view {
	uint64_t total;
	char *first; /* owned; the first item; NULL: there is none */
};

bool view_parse_plan(const char *text, size_t len, struct plan_view *ret_plan);
