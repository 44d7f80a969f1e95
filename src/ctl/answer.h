/* What to make of the daemon's answers: the exit status, and the words on stderr when it was not
 * the answer asked for. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "ctl/args.h"
#include "ctl/http.h"
#include "ctl/view.h"

/* Prepare for the daemon that the options name; NULL after saying on stderr that it is no URL, or
 * that there is no token where one should be. */
struct http *answer_open(const struct options *options);

/* Return CTL_OK when the answer is a 2xx; else say on stderr what went wrong, the problem's faults
 * a line each, and return CTL_FAILED or CTL_UNREACHABLE. `subject` stands before it, if not NULL.
 */
int answer_check(const struct http_answer *answer, const char *subject);

/* GET `path`; the call, which the caller frees, is put into *ret_call when CTL_OK is returned. */
int answer_get(struct http *http, const char *path, struct http_call **ret_call);

/* May the same request succeed a little later? */
bool answer_is_passing(const struct http_answer *answer);

/* Read the job of an answer that was checked; the caller ends it with view_job_done. */
int answer_read_job(const struct http_answer *answer, struct job_view *ret_job);

/* GET the job with this id; the caller ends it with view_job_done when CTL_OK is returned. */
int answer_get_job(struct http *http, const char *id, struct job_view *ret_job);

/* What to end with after a job: CTL_FAILED when it or some of its items failed, or it was
 * cancelled. A name that is not found is an answer, a file that is not found is a failure. */
int answer_verdict(const struct job_view *job);

/* Say that the daemon's answer was none that this program knows; returns CTL_FAILED. */
int answer_strange(void);

/* Print text that came from elsewhere; what is unsafe to show (base/utf8.h) becomes `?`. */
void answer_print(FILE *file, const char *text);

/* Print a line on stdout: a name, and text as answer_print does; `-` for NULL. */
void answer_print_field(const char *name, const char *text);

/* Write the answer's body to stdout as ctl/raw.h does; CTL_OK, or CTL_FAILED when that failed. */
int answer_print_raw(const struct http_answer *answer);
