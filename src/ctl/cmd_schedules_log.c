/* asyncprobectl schedules changes and outcomes: what the runs of a schedule have found. Followed
 * changes come as server-sent events; a stream that breaks is taken up where it broke. Thread:
 * main. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/retry.h"
#include "ctl/view_schedule.h"

enum { MAX_LIMIT = 10000, MAX_LINE = 1 << 20 };

#define MOST_SILENCE (60 * USEC_PER_SEC) /* four heart-beats */

struct log {
	struct http *http; /* owned */
	const struct options *options;
	const char *id;
	uint64_t after;
	uint64_t limit; /* rows at most; 0: all */
	bool is_following;
};

/* --- Rows --- */

static void print_outcome(const struct outcome_view *o)
{
	const char *more = o->reason != NULL ? o->reason : o->value;

	answer_print(stdout, o->status != NULL ? o->status : "unknown");
	if (more == NULL || *more == '\0')
		return;
	putchar(' ');
	answer_print(stdout, more);
}

static void print_change(const struct change_view *change, void *arg)
{
	(void)arg;
	printf("%llu  ", (unsigned long long)change->seq);
	answer_print(stdout, change->at);
	fputs("  ", stdout);
	answer_print(stdout, change->target);
	fputs("  ", stdout);
	print_outcome(&change->from);
	fputs(" -> ", stdout);
	print_outcome(&change->to);
	putchar('\n');
}

static void print_last(const struct change_view *outcome, void *arg)
{
	(void)arg;
	answer_print(stdout, outcome->at);
	fputs("  ", stdout);
	answer_print(stdout, outcome->target);
	fputs("  ", stdout);
	print_outcome(&outcome->to);
	putchar('\n');
}

/* --- Pages --- */

/* Read `what` of the schedule, a page, behind `from` in its list. */
static int get_page(const struct log *l, const char *what, const char *from_name, const char *from,
    struct http_call **ret_call)
{
	struct buf path;
	char digits[24];

	buf_init(&path, SIZE_MAX / 2);
	buf_addf(&path, "/schedules/%s/%s", l->id, what);
	if (from != NULL)
		http_add_query(&path, from_name, from);
	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)l->limit);
	if (l->limit > 0)
		http_add_query(&path, "limit", digits);
	int status = answer_get(l->http, path.data, ret_call);
	buf_done(&path);
	return status;
}

/* Print a page of changes; *ret_n is how many there were. */
static int print_changes(struct log *l, bool is_first, size_t *ret_n)
{
	view_change_fn *on_row = l->options->is_json ? NULL : print_change;
	struct http_call *call;
	char after[24];

	snprintf(after, sizeof(after), "%llu", (unsigned long long)l->after);
	int status = get_page(l, "changes", "after", after, &call);
	if (status != CTL_OK)
		return status;
	const struct buf *body = &http_call_answer(call)->body;
	if (body->len == 0 ||
	    !view_parse_changes(body->data, body->len, on_row, NULL, ret_n, &l->after))
		status = answer_strange();
	else if (l->options->is_json && (*ret_n > 0 || is_first))
		status = answer_print_raw(http_call_answer(call));
	http_call_free(call);
	return status;
}

static int print_all_changes(struct log *l)
{
	size_t n = 0;
	int status = print_changes(l, true, &n);

	while (status == CTL_OK && n > 0 && l->limit == 0)
		status = print_changes(l, false, &n);
	return status;
}

static int print_outcomes(const struct log *l, const char *cursor, char **ret_next)
{
	view_change_fn *on_row = l->options->is_json ? NULL : print_last;
	struct http_call *call;
	int status = get_page(l, "outcomes", "cursor", cursor, &call);

	if (status != CTL_OK)
		return status;
	const struct buf *body = &http_call_answer(call)->body;
	if (body->len == 0 || !view_parse_outcomes(body->data, body->len, on_row, NULL, ret_next))
		status = answer_strange();
	else if (l->options->is_json)
		status = answer_print_raw(http_call_answer(call));
	http_call_free(call);
	return status;
}

static int print_all_outcomes(struct log *l)
{
	AUTO_FREE char *cursor = NULL;
	int status;

	do {
		char *next = NULL;
		status = print_outcomes(l, cursor, &next);
		free(cursor);
		cursor = next;
	} while (status == CTL_OK && cursor != NULL && l->limit == 0);
	return status;
}

/* --- Following --- */

struct stream {
	struct log *log;
	struct buf line; /* whose end has not come */
	bool is_change;  /* the event that is being read */
	bool was_open;   /* the daemon did answer once */
	struct retry retry;
};

static void on_change(const struct change_view *change, void *arg)
{
	struct stream *s = arg;

	s->log->after = change->seq;
	if (!s->log->options->is_json)
		print_change(change, NULL);
}

/* A line of the stream, without its end. */
static bool take_line(struct stream *s, const char *line, size_t len)
{
	if (len == 0)
		s->is_change = false;
	else if (strncmp(line, "event: ", 7) == 0)
		s->is_change = strcmp(line + 7, "change") == 0;
	if (s->is_change || line[0] == ':')
		s->retry.n_tries = 0;
	if (!s->is_change || strncmp(line, "data: ", 6) != 0)
		return true;
	if (!view_parse_change(line + 6, len - 6, on_change, s)) {
		(void)answer_strange();
		return false;
	}
	if (s->log->options->is_json)
		puts(line + 6);
	return true;
}

static bool on_bytes(const char *bytes, size_t n_bytes, void *arg)
{
	struct stream *s = arg;
	bool is_good = true;

	s->was_open = true;
	for (size_t i = 0; i < n_bytes && is_good; i++) {
		if (bytes[i] != '\n') {
			buf_add_char(&s->line, bytes[i]);
			continue;
		}
		is_good = !s->line.overflow &&
			  take_line(s, s->line.len > 0 ? s->line.data : "", s->line.len);
		buf_clear(&s->line);
	}
	if (fflush(stdout) == 0 && !ferror(stdout))
		return is_good;
	fprintf(stderr, "asyncprobectl: standard output: %s\n", strerror(errno));
	return false;
}

/* Follow one stream to its end. Returns true, with what to end with, when there is no other. */
static bool read_stream(struct stream *s, int *ret_status)
{
	char path[128];

	snprintf(path, sizeof(path), "/schedules/%s/events?after=%llu", s->log->id,
	    (unsigned long long)s->log->after);
	buf_clear(&s->line);
	s->is_change = false;
	struct http_call *call = http_run(s->log->http, &(struct http_request){.method = "GET",
							    .path = path,
							    .on_body = on_bytes,
							    .arg = s,
							    .most_silence = MOST_SILENCE});
	const struct http_answer *answer = http_call_answer(call);
	bool is_good = answer->outcome == HTTP_ANSWERED && answer->status == 200;
	bool is_over =
	    !s->was_open || (!is_good && !answer_is_passing(answer)) || !retry_plan(&s->retry);
	if (is_over) {
		*ret_status = answer_check(answer, NULL);
		if (*ret_status == CTL_OK) {
			fputs(
			    "asyncprobectl: the stream of changes ended early too often\n", stderr);
			*ret_status = CTL_UNREACHABLE;
		}
	}
	http_call_free(call);
	return is_over;
}

static int follow(struct log *l)
{
	struct stream s = {.log = l};
	int status;

	buf_init(&s.line, MAX_LINE);
	while (!read_stream(&s, &status)) {
		while (!retry_is_due(&s.retry))
			http_wait(l->http, s.retry.due - clock_mono());
	}
	buf_done(&s.line);
	return status;
}

/* --- The commands --- */

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct log *l = state->input;

	switch (key) {
	case 'a':
		l->after = args_number(state, "after", value, INT64_MAX - 1);
		return 0;
	case 'l':
		l->limit = args_number(state, "limit", value, MAX_LIMIT);
		if (l->limit == 0)
			argp_error(state, "--limit takes at least 1");
		return 0;
	case 'F':
		l->is_following = true;
		return 0;
	case ARGP_KEY_END:
		if (l->is_following && l->limit > 0)
			argp_error(state, "--follow has no end, so there is no --limit");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

#define LIMIT_OPTION                                                                               \
	{                                                                                          \
		"limit", 'l', "N", 0, "At most N of them (default: all)", 0                        \
	}

static int run(int argc, char **argv, struct options *options,
    const struct argp_option *own_options, const char *doc, int (*print)(struct log *l))
{
	const struct syntax syntax = {.options = own_options,
	    .on_option = on_option,
	    .words = "ID",
	    .doc = doc,
	    .least_words = 1,
	    .most_words = 1,
	    .ids_of = "schedule"};
	struct log l = {.options = options};
	struct words words;

	args_parse(argc, argv, &syntax, options, &l, &words);
	l.id = words.list[0];
	l.http = answer_open(options);
	if (l.http == NULL)
		return CTL_USAGE;
	int status = l.is_following ? follow(&l) : print(&l);
	http_free(l.http);
	return status;
}

int cmd_schedules_changes(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {
	    {"after", 'a', "SEQ", 0, "Begin behind this sequence number", 0},
	    LIMIT_OPTION,
	    {"follow", 'F', NULL, 0, "Go on with what changes from now on", 0},
	    {0},
	};

	return run(argc, argv, options, own_options,
	    "Print what the runs of a schedule found to be different from the run before.",
	    print_all_changes);
}

int cmd_schedules_outcomes(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {LIMIT_OPTION, {0}};

	return run(argc, argv, options, own_options,
	    "Print what was found last of each target, and since when it is so.",
	    print_all_outcomes);
}
