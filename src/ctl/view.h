/* What the daemon's answers say of jobs and files. Kinds and times are kept as text, so that a job
 * of a kind that a newer daemon added can be shown, followed and removed. Thread: any. */
#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "ctl/view_json.h"
#include "model/state.h"

/* --- A job --- */

enum view_count { VIEW_GOOD, VIEW_NOT_FOUND, VIEW_ERROR, VIEW_N_COUNTS };

struct wait_view {
	const char *host, *eta, *until; /* borrowed from the job; until NULL: it may be asked */
	uint64_t left;
	double rate;
};

struct job_view {
	struct json_t *json; /* shared (ref); all text is borrowed from it */
	char id[ID_TEXT_SIZE];
	const char *kind;
	const char *check;    /* NULL: its kind has none */
	const char *label;    /* NULL: none */
	bool is_files;        /* its items are files, not names */
	bool is_registration; /* its check is registration */
	enum job_state state;
	uint64_t total, completed;
	uint64_t counts[VIEW_N_COUNTS];                    /* good: found, of files ok or
								unchanged */
	const char *created_at, *started_at, *finished_at; /* RFC 3339; NULL: not yet */
	usec_t elapsed, eta;                               /* eta -1: unknown */
	double rate; /* items a second, at most VIEW_MAX_RATE; 0: unknown */
	uint64_t priority;
	bool is_paused;
	const char *reason;                                /* NULL: none */
	const char *run_at, *deadline;                     /* RFC 3339; NULL: none */
	const char *callback_url, *schedule_id, *retry_of; /* NULL: none */
};

#define VIEW_MAX_RATE 1e9

/* Read a job; the caller ends it with view_job_done. False: the text is no job. */
/* Read the nth host that it waits for; false: there are fewer. */
bool view_job_wait(const struct job_view *job, size_t nth, struct wait_view *ret_wait);

bool view_parse_job(const char *text, size_t len, struct job_view *ret_job);
struct job_view view_ref_job(const struct job_view *job); /* ended by view_job_done too */
void view_job_done(struct job_view *job);                 /* drops the reference */

view_read_fn view_read_job; /* an item of the list "jobs": a struct job_view */

/* Read {"NAME":N}. False: the text is no such object. */
bool view_parse_number(const char *text, size_t len, const char *name, uint64_t *ret_number);

/* Return what one of its items is called: name, flag or file. */
const char *view_item_word(const struct job_view *job);
/* Return what a successful item is called: found or downloaded. */
const char *view_good_word(const struct job_view *job);
const char *view_absent_word(const struct job_view *job); /* ... of VIEW_NOT_FOUND */
const char *view_failed_word(const struct job_view *job); /* ... of VIEW_ERROR */

/* --- A file's result --- */

struct file_view {
	const char *title; /* borrowed, as all text here; its code, else its name, else its URL */
	const char *status;
	const char *reason, *detail; /* NULL: none */
	const char *file;            /* the name it was saved under; NULL: it was not saved */
	const char *sha256;          /* NULL: none */
	uint64_t n_bytes;
	int http_status; /* 0: none */
};

/* Read a line of NDJSON: a struct file_view. False: it is no such result. */
bool view_parse_file(const char *line, size_t len, view_fn *on_file, void *arg);

/* --- The answer to a dry run --- */

struct dry_run_view {
	uint64_t total;
	const char *first; /* the first item; borrowed; NULL: there is none, or it is no text */
};

bool view_parse_dry_run(const char *text, size_t len, view_fn *on_dry_run, void *arg);
