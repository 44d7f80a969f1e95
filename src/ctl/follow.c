/* Following a job. Several requests run at the same time: the stream of results; on a terminal the
 * job itself, every half second, for the progress bar; and those of the files that are copied. The
 * stream is held while too many copies are waiting. The stream ends early when the daemon stops or
 * restarts; it is then requested again after growing pauses, until BACKOFF_MAX_TRIES attempts in a
 * row brought nothing.
 *
 *	stream --(its end)--> job ended? --yes--> copies left? --no--> summary
 *	   ^                      |
 *	   +------(pause)---------+ no
 *
 * Thread: main. */
#include "ctl/follow.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/backoff.h"
#include "ctl/message.h"
#include "ctl/progress.h"
#include "ctl/rows.h"

enum { MAX_BAR_BYTES = 4096, DEFAULT_COLUMNS = 80 };
enum { MANY_COPIES = 10000, FEW_COPIES = 1000 }; /* the stream is held, and released */

#define POLL_EVERY (USEC_PER_SEC / 2)
#define LONGEST    (USEC_PER_SEC / 2) /* a signal just before a wait is noticed this late */

struct follow {
	const struct follow_opts *opts;
	struct job_view job; /* as last reported; owned */
	struct rows rows;
	usec_t measured_at; /* monotonic; when there were `measured` bytes of files */
	uint64_t measured;
	double byte_rate;
	struct http_call *stream, *poll; /* owned; NULL: not running */
	usec_t next_poll;                /* monotonic */
	struct backoff backoff;          /* of the stream */
	bool is_held;                    /* the stream is held */
	bool is_complete;                /* all results have been received */
	bool has_bar, is_bar_shown, has_terminal_output;
};

static volatile sig_atomic_t is_interrupted;

static void on_interrupt(int number)
{
	(void)number;
	is_interrupted = 1;
}

/* --- The bar --- */

static size_t get_columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
		return DEFAULT_COLUMNS;
	return size.ws_col;
}

/* Bytes of files per second, over the last seconds. */
static double measure_bytes(struct follow *f)
{
	const double weight = 0.4; /* of the newest value */
	usec_t now = clock_mono(), since = now - f->measured_at;

	if (since < USEC_PER_SEC)
		return f->byte_rate;
	double rate = (double)(f->rows.n_bytes - f->measured) * USEC_PER_SEC / (double)since;
	f->byte_rate = f->byte_rate > 0 ? (1 - weight) * f->byte_rate + weight * rate : rate;
	f->measured_at = now;
	f->measured = f->rows.n_bytes;
	return f->byte_rate;
}

static void show_bar(struct follow *f)
{
	struct progress progress = {.done = f->job.completed,
	    .total = f->job.total,
	    .n_good = f->job.counts[VIEW_GOOD],
	    .good = view_good_word(&f->job),
	    .rate = f->job.rate,
	    .byte_rate = measure_bytes(f),
	    .eta = f->job.eta};
	struct buf text;

	if (!f->has_bar)
		return;
	if (progress.done < f->rows.last)
		progress.done = f->rows.last;
	buf_init(&text, MAX_BAR_BYTES);
	progress_draw(&text, &progress, get_columns());
	fwrite(text.data, 1, text.len, stderr);
	buf_done(&text);
	f->is_bar_shown = true;
}

static void hide_bar(struct follow *f)
{
	if (f->is_bar_shown)
		fputs("\r" PROGRESS_ERASE, stderr);
	f->is_bar_shown = false;
}

/* --- The stream --- */

static bool on_rows(const char *bytes, size_t n_bytes, void *arg)
{
	struct follow *f = arg;
	bool has_shared_line = f->has_terminal_output && f->is_bar_shown && !f->rows.is_hidden;
	uint64_t before = f->rows.last;

	if (has_shared_line)
		hide_bar(f);
	enum rows_end end = rows_add(&f->rows, bytes, n_bytes);
	int why = errno;
	if (end != ROWS_GOOD)
		hide_bar(f);
	if (end == ROWS_UNKNOWN)
		(void)answer_unknown();
	if (end == ROWS_NO_OUTPUT && !is_interrupted)
		message_error("standard output: %s", strerror(why));
	if (end != ROWS_GOOD)
		return false;
	if (f->rows.last > before)
		f->backoff.n_tries = 0;
	if (has_shared_line)
		show_bar(f);
	return true;
}

static void start_stream(struct follow *f)
{
	bool is_ndjson = f->opts->options->is_json || f->job.is_files;
	char path[160];

	snprintf(path, sizeof(path), "/jobs/%s/results?follow=true&format=%s&after=%llu", f->job.id,
	    is_ndjson ? "ndjson" : "text", (unsigned long long)f->rows.last);
	rows_begin(&f->rows);
	f->is_held = false;
	f->stream = http_start(f->opts->http,
	    &(struct http_request){.method = "GET", .path = path, .on_body = on_rows, .arg = f});
}

/* Print the results as a grid. */
static int print_grid(struct follow *f)
{
	struct buf path;
	struct http_call *call;

	buf_init(&path, 256);
	buf_addf(&path, "/jobs/%s/results?format=grid", f->job.id);
	if (f->opts->status != NULL)
		http_add_query(&path, "status", f->opts->status);
	int status = answer_get(f->opts->http, path.data, &call);
	buf_done(&path);
	if (status != CTL_OK)
		return status;
	status = answer_print_raw(http_call_answer(call));
	http_call_free(call);
	return status;
}

/* With a status, say whether a name has it; or else whether all were told. */
static int judge(const struct follow *f)
{
	if (f->opts->status == NULL)
		return answer_judge_job(&f->job);
	if (f->rows.n_wanted > 0)
		return CTL_OK;
	return f->job.counts[VIEW_ERROR] > 0 ? CTL_UNKNOWN : CTL_FAILED;
}

/* Print the summary; returns the exit status. */
static int summarise(struct follow *f)
{
	const struct follow_opts *opts = f->opts;
	const struct job_view *job = &f->job;
	int status = judge(f);
	usec_t elapsed = opts->since > 0 ? clock_mono() - opts->since : 0;

	hide_bar(f);
	rows_finish(&f->rows);
	if (opts->has_grid && print_grid(f) != CTL_OK)
		status = CTL_FAILED;
	if (opts->copies != NULL && copies_has_failed(opts->copies))
		status = CTL_FAILED;
	if (opts->options->is_quiet)
		return status;
	if (opts->on_end != NULL) {
		opts->on_end(job, elapsed, opts->arg);
		return status;
	}
	if (job->state != JOB_DONE)
		fprintf(stderr, "%s: %llu of ", job_state_name(job->state),
		    (unsigned long long)job->completed);
	fprintf(stderr, "%llu %s%s", (unsigned long long)job->total, view_item_word(job),
	    job->total == 1 ? "" : "s");
	if (elapsed > 0)
		fprintf(stderr, " in %.2fs", (double)elapsed / (double)USEC_PER_SEC);
	fprintf(stderr, ": %llu %s, %llu %s, %llu %s\n", (unsigned long long)job->counts[VIEW_GOOD],
	    view_good_word(job), (unsigned long long)job->counts[VIEW_NOT_FOUND],
	    view_absent_word(job), (unsigned long long)job->counts[VIEW_ERROR],
	    view_failed_word(job));
	return status;
}

/* Schedule the next attempt. False: there were enough. */
static bool reconnect_later(struct follow *f)
{
	bool is_first = f->backoff.n_tries == 0;

	if (!backoff_next(&f->backoff))
		return false;
	if (is_first && !f->opts->options->is_quiet) {
		hide_bar(f);
		message_error("connection lost after %llu results; reconnecting",
		    (unsigned long long)f->rows.last);
		show_bar(f);
	}
	return true;
}

static bool is_good(const struct http_answer *answer)
{
	return answer->outcome == HTTP_ANSWERED && answer->status == 200;
}

/* Take over what a good answer says of the job. False: it is not about this job. */
static bool update_job(struct follow *f, const struct http_answer *answer)
{
	struct job_view job, unused;

	if (!view_parse_job(answer->body.data, answer->body.len, &job))
		return false;
	bool is_same = strcmp(job.id, f->job.id) == 0;
	unused = is_same ? f->job : job;
	if (is_same)
		f->job = job;
	view_job_done(&unused);
	return is_same;
}

/* Say how to follow the job later. Files of rows that were printed may be missing, so copying has
 * to start from the first row. */
static void print_hint(const struct follow *f, const char *what)
{
	char after[40] = "--output DIR";

	if (f->opts->copies == NULL)
		snprintf(after, sizeof(after), "--after %llu", (unsigned long long)f->rows.last);
	message_error("job %s %s; to see its results: asyncprobectl watch %s %s", f->job.id, what,
	    f->job.id, after);
}

/* End after Ctrl-C, without cancelling the job. */
static int leave(struct follow *f)
{
	hide_bar(f);
	print_hint(f, f->is_complete ? "has ended" : "keeps running");
	return CTL_INTERRUPTED;
}

static struct http_call *request_job(struct follow *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/jobs/%s", f->job.id);
	return http_start(f->opts->http, &(struct http_request){.method = "GET", .path = path});
}

/* Request the job; the call has no answer after Ctrl-C. */
static struct http_call *wait_for_job(struct follow *f)
{
	struct http_call *call = request_job(f);

	while (http_call_answer(call) == NULL && !is_interrupted)
		http_wait(f->opts->http, LONGEST);
	return call;
}

/* Say why the job cannot be followed to its end. */
static int give_up(struct follow *f, const struct http_answer *answer)
{
	int status = answer_check(answer, NULL);

	if (status == CTL_OK) {
		message_error("the stream of results ended early too often");
		status = CTL_UNREACHABLE;
	}
	if (status == CTL_UNREACHABLE)
		print_hint(f, "was not followed to its end");
	return status;
}

/* Handle the end of the stream. Returns true and the exit status if following ends here. */
static bool end_stream(struct follow *f, int *ret_status)
{
	struct http_call *call = TAKE(f->stream);
	const struct http_answer *answer = http_call_answer(call);

	if (is_good(answer)) {
		http_call_free(call);
		call = wait_for_job(f);
		answer = http_call_answer(call);
	}
	if (answer == NULL || (answer->outcome == HTTP_STOPPED && is_interrupted)) {
		http_call_free(call);
		*ret_status = leave(f);
		return true;
	}
	bool is_unknown = is_good(answer) && !update_job(f, answer);
	f->is_complete = is_good(answer) && !is_unknown && job_state_is_ended(f->job.state) &&
			 f->rows.last >= f->job.completed;
	bool can_retry = is_good(answer) ? !is_unknown : answer_is_temporary(answer);
	bool is_lost = !f->is_complete && !(can_retry && reconnect_later(f));
	if (is_lost) {
		hide_bar(f);
		*ret_status = is_unknown ? answer_unknown() : give_up(f, answer);
	}
	http_call_free(call);
	return is_lost;
}

/* --- Copies --- */

static void on_message(void *arg)
{
	hide_bar(arg);
}

/* Advance copies, and hold the stream while too many are waiting. */
static void move_copies(struct follow *f)
{
	struct copies *copies = f->opts->copies;

	if (copies == NULL)
		return;
	copies_move(copies);
	bool are_many = copies_n_left(copies) > (f->is_held ? FEW_COPIES : MANY_COPIES);
	if (f->stream != NULL && are_many != f->is_held) {
		f->is_held = are_many;
		http_call_hold(f->stream, are_many);
	}
}

static bool has_copies_left(const struct follow *f)
{
	return f->opts->copies != NULL && copies_n_left(f->opts->copies) > 0;
}

/* --- The loop --- */

static void end_poll(struct follow *f)
{
	if (is_good(http_call_answer(f->poll)))
		(void)update_job(f, http_call_answer(f->poll));
	http_call_free(TAKE(f->poll));
	show_bar(f);
}

static usec_t get_pause(const struct follow *f, usec_t now)
{
	usec_t pause = LONGEST;

	if (f->stream == NULL && !f->is_complete && f->backoff.due - now < pause)
		pause = f->backoff.due - now;
	if (f->has_bar && f->poll == NULL && f->next_poll - now < pause)
		pause = f->next_poll - now;
	return pause > USEC_PER_MSEC ? pause : USEC_PER_MSEC;
}

static void start_due(struct follow *f, usec_t now)
{
	if (f->stream == NULL && !f->is_complete && backoff_is_due(&f->backoff))
		start_stream(f);
	if (f->has_bar && f->poll == NULL && now >= f->next_poll) {
		f->poll = request_job(f);
		f->next_poll = now + POLL_EVERY;
	}
}

static int run(struct follow *f)
{
	int status;

	while (!is_interrupted) {
		usec_t now = clock_mono();
		start_due(f, now);
		http_wait(f->opts->http, get_pause(f, now));
		if (f->poll != NULL && http_call_answer(f->poll) != NULL)
			end_poll(f);
		if (f->stream != NULL && http_call_answer(f->stream) != NULL &&
		    end_stream(f, &status))
			return status;
		move_copies(f);
		if (f->is_complete && !has_copies_left(f))
			return summarise(f);
	}
	return leave(f);
}

/* Say whether stderr is a terminal that can erase a line. */
static bool has_terminal_for_bar(void)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO);
}

static void init(struct follow *f, const struct follow_opts *opts, const struct job_view *job)
{
	const struct options *options = opts->options;

	*f = (struct follow){.opts = opts, .job = view_ref_job(job)};
	rows_init(&f->rows, opts->after);
	f->rows.is_short = job->is_files && !options->is_json;
	f->rows.is_hidden = (opts->has_hidden_rows && !options->is_json) || opts->has_grid;
	f->rows.is_json = options->is_json;
	f->rows.status = opts->status;
	f->rows.is_sorted = opts->is_sorted;
	f->rows.copies = opts->copies;
	f->has_bar = !options->is_quiet && !opts->has_no_bar && has_terminal_for_bar();
	f->has_terminal_output = isatty(STDOUT_FILENO);
	f->measured_at = clock_mono();
	f->next_poll = f->measured_at + POLL_EVERY;
	if (opts->copies != NULL)
		copies_set_job(opts->copies, f->job.id, on_message, f);
}

int follow_job(const struct follow_opts *opts, const struct job_view *job)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND},
			 before;
	struct follow f;

	init(&f, opts, job);
	is_interrupted = 0;
	sigaction(SIGINT, &action, &before);
	show_bar(&f);
	int status = run(&f);
	hide_bar(&f);
	sigaction(SIGINT, &before, NULL);
	http_call_free(f.stream);
	http_call_free(f.poll);
	rows_done(&f.rows);
	view_job_done(&f.job);
	return status;
}
