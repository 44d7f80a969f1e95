/* What the daemon's answers mean for the exit status, and what is printed of them. Thread: main. */
#pragma once

#include <stdbool.h>

#include "ctl/args.h"
#include "ctl/http.h"
#include "ctl/view.h"

/* Prepare requests to the daemon that the options name. NULL after printing a message: the URL or
 * the token is invalid. */
struct http *answer_open(const struct options *options);

/* Return CTL_OK if the answer is a 2xx. Else print what went wrong, with the faults of a problem
 * document on a line each, and return CTL_FAILED or CTL_UNREACHABLE. `subject` begins the message,
 * unless it is NULL. */
int answer_check(const struct http_answer *answer, const char *subject);

/* Print that the answer is not from asyncprobed; returns CTL_FAILED. */
int answer_unknown(void);

/* Prints an answer's body. False: it is not what was asked for. */
typedef bool answer_print_fn(const char *text, size_t len, void *arg);

/* Check an answer as answer_check does, and print it: with --json as it is, else with `print`,
 * unless that is NULL. Returns the exit status. */
int answer_print(const struct http_answer *answer, const char *subject,
    const struct options *options, answer_print_fn *print, void *arg);

/* Run a request to its end, and do the same with its answer. */
int answer_run(struct http *http, const struct http_request *request, const char *subject,
    const struct options *options, answer_print_fn *print, void *arg);

/* GET `path`; if CTL_OK is returned the caller frees *ret_call. */
int answer_get(struct http *http, const char *path, struct http_call **ret_call);

/* Say whether the same request may succeed a little later. */
bool answer_is_temporary(const struct http_answer *answer);

/* Write the body to stdout as it is (ctl/raw.h); returns the exit status. */
int answer_print_raw(const struct http_answer *answer);

/* Read the job in an answer that was checked; if CTL_OK is returned the caller ends it with
 * view_job_done. */
int answer_read_job(const struct http_answer *answer, struct job_view *ret_job);

/* GET the job with this id, as answer_read_job. */
int answer_get_job(struct http *http, const char *id, struct job_view *ret_job);

/* Return CTL_FAILED if a job failed, was cancelled, or has items that failed. A name that is not
 * found is a valid result; a file that is not found is a failure. */
int answer_judge_job(const struct job_view *job);
