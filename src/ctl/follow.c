/* Following a job. Two requests run beside each other: the stream of results, and on a terminal the
 * job itself every half second for the bar. Only whole lines are printed, so the number of lines
 * printed is the sequence number to resume behind. A stream ends early when the daemon stops or
 * restarts; it is then tried again with growing pauses until MAX_TRIES in a row brought nothing.
 *
 *	stream --(its end)--> job ended? --yes--> summary
 *	   ^                      |
 *	   +------(pause)---------+ no
 *
 * Thread: main. */
#include "ctl/follow.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/progress.h"
#include "wire/json_job.h"

enum { MAX_TRIES = 10, MAX_LINE = 1 << 20, MAX_BAR_BYTES = 4096, DEFAULT_COLUMNS = 80 };

#define POLL_EVERY  (USEC_PER_SEC / 2)
#define FIRST_PAUSE (USEC_PER_SEC / 4)
#define LAST_PAUSE  (5 * USEC_PER_SEC)
#define LONGEST     (USEC_PER_SEC / 2) /* a signal just before a wait is seen this late */

struct follow {
	const struct follow_opts *opts;
	struct job job;  /* as last told; its label is owned */
	uint64_t after;  /* sequence number of the last line printed */
	struct buf rest; /* the start of a line whose end has not come */
	char id[ID_TEXT_SIZE];
	struct http_call *stream, *poll; /* owned; NULL: not running */
	usec_t next_poll, next_try;      /* monotonic */
	unsigned n_tries;                /* streams in a row that brought nothing */
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

static void show_bar(struct follow *f)
{
	struct progress progress = {.done = f->job.completed,
	    .total = f->job.total,
	    .found = f->job.counts[ITEM_FOUND],
	    .rate = f->job.rate,
	    .eta = job_eta(&f->job)};
	struct buf text;

	if (!f->has_bar)
		return;
	if (progress.done < f->after)
		progress.done = f->after;
	buf_init(&text, MAX_BAR_BYTES);
	progress_draw(&text, &progress, get_columns());
	fwrite(text.data, 1, text.len, stderr);
	buf_done(&text);
	f->is_bar_shown = true;
}

static void hide_bar(struct follow *f)
{
	struct buf text;

	if (!f->is_bar_shown)
		return;
	buf_init(&text, MAX_BAR_BYTES);
	progress_erase(&text);
	fwrite(text.data, 1, text.len, stderr);
	buf_done(&text);
	f->is_bar_shown = false;
}

/* --- The stream --- */

static uint64_t count_lines(const char *bytes, size_t n_bytes)
{
	const char *end = bytes + n_bytes;
	uint64_t n = 0;

	for (; (bytes = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL; bytes++)
		n++;
	return n;
}

static bool print(struct follow *f, const char *bytes, size_t n_bytes)
{
	bool has_shared_line = f->has_terminal_output && f->is_bar_shown;

	if (has_shared_line)
		hide_bar(f);
	if (fwrite(f->rest.data, 1, f->rest.len, stdout) != f->rest.len ||
	    fwrite(bytes, 1, n_bytes, stdout) != n_bytes || fflush(stdout) != 0) {
		int why = errno;
		hide_bar(f);
		if (!is_interrupted)
			fprintf(stderr, "asyncprobectl: standard output: %s\n", strerror(why));
		return false;
	}
	buf_clear(&f->rest);
	f->after += count_lines(bytes, n_bytes);
	f->n_tries = 0;
	if (has_shared_line)
		show_bar(f);
	return true;
}

static bool on_rows(const char *bytes, size_t n_bytes, void *arg)
{
	struct follow *f = arg;
	const char *last = memrchr(bytes, '\n', n_bytes);
	size_t n_whole = last != NULL ? (size_t)(last - bytes) + 1 : 0;

	if (n_whole > 0 && !print(f, bytes, n_whole))
		return false;
	buf_add(&f->rest, bytes + n_whole, n_bytes - n_whole);
	if (f->rest.overflow) {
		hide_bar(f);
		(void)answer_strange();
	}
	return !f->rest.overflow;
}

static void start_stream(struct follow *f)
{
	char path[160];

	snprintf(path, sizeof(path), "/jobs/%s/results?follow=true&format=%s&after=%llu", f->id,
	    f->opts->options->is_json ? "ndjson" : "text", (unsigned long long)f->after);
	buf_clear(&f->rest);
	f->stream = http_start(f->opts->http,
	    &(struct http_request){.method = "GET", .path = path, .on_body = on_rows, .arg = f});
}

/* Say what came of it all; the exit status tells the same in short. */
static int summarise(struct follow *f)
{
	const struct job *job = &f->job;

	if (f->opts->options->is_quiet)
		return answer_verdict(job);
	if (job->state != JOB_DONE)
		fprintf(stderr, "%s: %llu of ", job_state_name(job->state),
		    (unsigned long long)job->completed);
	fprintf(stderr, "%llu name%s", (unsigned long long)job->total, job->total == 1 ? "" : "s");
	if (f->opts->since > 0)
		fprintf(stderr, " in %.2fs",
		    (double)(clock_mono() - f->opts->since) / (double)USEC_PER_SEC);
	fprintf(stderr, ": %llu found, %llu not found, %llu errors\n",
	    (unsigned long long)job->counts[ITEM_FOUND],
	    (unsigned long long)job->counts[ITEM_NOT_FOUND],
	    (unsigned long long)job->counts[ITEM_ERROR]);
	return answer_verdict(job);
}

/* Plan the next try; false when there were enough. */
static bool try_later(struct follow *f)
{
	usec_t pause = FIRST_PAUSE;

	if (f->n_tries == MAX_TRIES)
		return false;
	for (unsigned i = 0; i < f->n_tries && pause < LAST_PAUSE; i++)
		pause *= 2;
	f->next_try = clock_mono() + (pause < LAST_PAUSE ? pause : LAST_PAUSE);
	if (f->n_tries++ == 0 && !f->opts->options->is_quiet) {
		hide_bar(f);
		fprintf(stderr, "asyncprobectl: the stream broke after %llu results; resuming\n",
		    (unsigned long long)f->after);
		show_bar(f);
	}
	return true;
}

/* May the same request succeed a little later? */
static bool is_passing(const struct http_answer *answer)
{
	return answer->outcome == HTTP_NO_ANSWER ||
	       (answer->outcome == HTTP_ANSWERED && answer->status == 503);
}

static void take_job(struct follow *f, const struct http_answer *answer)
{
	struct job job;

	if (answer->outcome != HTTP_ANSWERED || answer->status != 200 ||
	    !json_job_parse(answer->body.data, answer->body.len, &job))
		return;
	job_done(&f->job);
	f->job = job;
}

/* Say how to go on later, as long as there is something to go on with. */
static void print_hint(const struct follow *f, const char *what)
{
	fprintf(stderr,
	    "asyncprobectl: job %s %s; to see its results: asyncprobectl watch %s --after %llu\n",
	    f->id, what, f->id, (unsigned long long)f->after);
}

/* Ctrl-C: the job is left alone. */
static int leave(struct follow *f)
{
	hide_bar(f);
	print_hint(f, "keeps running");
	return CTL_INTERRUPTED;
}

/* Ask for the job; the answer is NULL after Ctrl-C. */
static struct http_call *ask_job(struct follow *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/jobs/%s", f->id);
	struct http_call *call =
	    http_start(f->opts->http, &(struct http_request){.method = "GET", .path = path});
	while (http_call_answer(call) == NULL && !is_interrupted)
		http_wait(f->opts->http, LONGEST);
	return call;
}

/* Neither over nor to be tried again: say why. */
static int give_up(struct follow *f, const struct http_answer *answer)
{
	int status = answer_check(answer, NULL);

	if (status == CTL_OK) {
		fputs("asyncprobectl: the stream of results ended early too often\n", stderr);
		status = CTL_UNREACHABLE;
	}
	if (status == CTL_UNREACHABLE)
		print_hint(f, "was not followed to its end");
	return status;
}

/* The stream ended. Returns true, with what to end with, unless it is to be tried again. */
static bool end_stream(struct follow *f, int *ret_status)
{
	struct http_call *call = TAKE(f->stream);
	const struct http_answer *answer = http_call_answer(call);

	if (answer->outcome == HTTP_ANSWERED && answer->status == 200) {
		http_call_free(call);
		call = ask_job(f);
		answer = http_call_answer(call);
	}
	if (answer == NULL || (answer->outcome == HTTP_STOPPED && is_interrupted)) {
		http_call_free(call);
		*ret_status = leave(f);
		return true;
	}
	take_job(f, answer);
	bool is_good = answer->outcome == HTTP_ANSWERED && answer->status == 200;
	bool is_over = is_good && job_state_is_ended(f->job.state) && f->after >= f->job.completed;
	bool is_again = !is_over && (is_good || is_passing(answer)) && try_later(f);
	if (!is_again) {
		hide_bar(f);
		*ret_status = is_over ? summarise(f) : give_up(f, answer);
	}
	http_call_free(call);
	return !is_again;
}

/* --- The loop --- */

static void start_poll(struct follow *f)
{
	char path[64];

	snprintf(path, sizeof(path), "/jobs/%s", f->id);
	f->poll = http_start(f->opts->http, &(struct http_request){.method = "GET", .path = path});
	f->next_poll = clock_mono() + POLL_EVERY;
}

static void end_poll(struct follow *f)
{
	take_job(f, http_call_answer(f->poll));
	http_call_free(TAKE(f->poll));
	show_bar(f);
}

static usec_t get_pause(const struct follow *f, usec_t now)
{
	usec_t pause = LONGEST;

	if (f->stream == NULL && f->next_try - now < pause)
		pause = f->next_try - now;
	if (f->has_bar && f->poll == NULL && f->next_poll - now < pause)
		pause = f->next_poll - now;
	return pause > USEC_PER_MSEC ? pause : USEC_PER_MSEC;
}

static int run(struct follow *f)
{
	int status;

	for (;;) {
		usec_t now = clock_mono();
		if (is_interrupted)
			break;
		if (f->stream == NULL && now >= f->next_try)
			start_stream(f);
		if (f->has_bar && f->poll == NULL && now >= f->next_poll)
			start_poll(f);
		http_wait(f->opts->http, get_pause(f, now));
		if (f->poll != NULL && http_call_answer(f->poll) != NULL)
			end_poll(f);
		if (f->stream != NULL && http_call_answer(f->stream) != NULL &&
		    end_stream(f, &status))
			return status;
	}
	return leave(f);
}

/* A terminal that can erase a line; without a name for it nothing is known. */
static bool has_terminal_for_bar(void)
{
	const char *term = getenv("TERM");

	return term != NULL && strcmp(term, "dumb") != 0 && isatty(STDERR_FILENO);
}

int follow_job(const struct follow_opts *opts, const struct job *job)
{
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND},
			 before;
	struct follow f = {.opts = opts, .job = job_copy(job), .after = opts->after};

	id_format(&job->id, f.id);
	buf_init(&f.rest, MAX_LINE);
	f.has_bar = !opts->options->is_quiet && has_terminal_for_bar();
	f.has_terminal_output = isatty(STDOUT_FILENO);
	f.next_poll = clock_mono() + POLL_EVERY;
	is_interrupted = 0;
	sigaction(SIGINT, &action, &before);
	show_bar(&f);
	int status = run(&f);
	hide_bar(&f);
	sigaction(SIGINT, &before, NULL);
	http_call_free(f.stream);
	http_call_free(f.poll);
	buf_done(&f.rest);
	job_done(&f.job);
	return status;
}
