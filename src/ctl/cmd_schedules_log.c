/* asyncprobectl schedules changes and outcomes: what the runs of a schedule have found. Followed
 * changes come as server-sent events; a stream that breaks is taken up where it broke. Thread:
 * main. */
#include <errno.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/pages.h"
#include "ctl/raw.h"
#include "ctl/retry.h"
#include "ctl/view_schedule.h"

enum { MAX_LIMIT = 10000, MAX_LINE = 1 << 20 };

#define MOST_SILENCE (60 * USEC_PER_SEC) /* four heart-beats */

struct log {
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

static int print_pages(const struct log *l, const char *what, const struct pages *pages)
{
	struct pages all = *pages;
	char path[80];

	snprintf(path, sizeof(path), "/schedules/%s/%s", l->id, what);
	all.path = path;
	all.limit = l->limit;
	all.is_all = l->limit == 0;
	return pages_print(&all, l->options);
}

static bool read_changes(
    const char *text, size_t len, bool is_shown, void *arg, struct page_end *ret_end)
{
	if (!view_parse_changes(text, len, is_shown ? print_change : NULL, arg, &ret_end->next))
		return false;
	ret_end->is_empty = ret_end->next == NULL;
	return true;
}

static int print_changes(const struct log *l)
{
	char after[24];

	snprintf(after, sizeof(after), "%llu", (unsigned long long)l->after);
	return print_pages(l, "changes",
	    &(struct pages){.cursor_name = "after", .from = after, .read = read_changes});
}

static bool read_outcomes(
    const char *text, size_t len, bool is_shown, void *arg, struct page_end *ret_end)
{
	return view_parse_outcomes(text, len, is_shown ? print_last : NULL, arg, &ret_end->next);
}

static int print_outcomes(const struct log *l)
{
	return print_pages(
	    l, "outcomes", &(struct pages){.cursor_name = "cursor", .read = read_outcomes});
}

/* --- Following --- */

struct stream {
	struct log *log;
	struct http *http; /* owned */
	struct raw raw;
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
	if (s->log->options->is_json) {
		(void)raw_write(&s->raw, line + 6, len - 6);
		putchar('\n');
	}
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
	struct http_call *call = http_run(s->http, &(struct http_request){.method = "GET",
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
	struct stream s = {.log = l, .http = answer_open(l->options)};
	int status;

	if (s.http == NULL)
		return CTL_USAGE;
	raw_init(&s.raw);
	buf_init(&s.line, MAX_LINE);
	while (!read_stream(&s, &status)) {
		while (!retry_is_due(&s.retry))
			http_wait(s.http, s.retry.due - clock_mono());
	}
	buf_done(&s.line);
	http_free(s.http);
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
    const struct argp_option *own_options, const char *doc, int (*print)(const struct log *l))
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
	return l.is_following ? follow(&l) : print(&l);
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
	    print_changes);
}

int cmd_schedules_outcomes(int argc, char **argv, struct options *options)
{
	static const struct argp_option own_options[] = {LIMIT_OPTION, {0}};

	return run(argc, argv, options, own_options,
	    "Print what was found last of each target, and since when it is so.", print_outcomes);
}
