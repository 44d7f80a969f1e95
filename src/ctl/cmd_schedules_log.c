/* asyncprobectl schedules changes and outcomes: what the runs of a schedule found. Changes that are
 * followed arrive as server-sent events; a stream that breaks is continued. Thread: main. */
#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/backoff.h"
#include "ctl/commands.h"
#include "ctl/line_reader.h"
#include "ctl/message.h"
#include "ctl/pages.h"
#include "ctl/raw.h"
#include "ctl/view_schedule.h"

enum { MAX_LIMIT = 10000 };

#define MAX_SILENCE (60 * USEC_PER_SEC) /* four heart-beats */

struct history {
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

	message_print(stdout, o->status != NULL ? o->status : "unknown");
	if (more == NULL || *more == '\0')
		return;
	putchar(' ');
	message_print(stdout, more);
}

static void print_change(const void *item, void *arg)
{
	const struct change_view *change = item;

	(void)arg;
	printf("%llu  ", (unsigned long long)change->seq);
	message_print(stdout, change->at);
	fputs("  ", stdout);
	message_print(stdout, change->target);
	fputs("  ", stdout);
	print_outcome(&change->from);
	fputs(" -> ", stdout);
	print_outcome(&change->to);
	putchar('\n');
}

static void print_last(const void *item, void *arg)
{
	const struct change_view *outcome = item;

	(void)arg;
	message_print(stdout, outcome->at);
	fputs("  ", stdout);
	message_print(stdout, outcome->target);
	fputs("  ", stdout);
	print_outcome(&outcome->to);
	putchar('\n');
}

/* --- Pages --- */

/* Print a list of the schedule; its name is the last part of the path. */
static int print_pages(const struct history *h, struct pages *pages)
{
	char folder[80];
	struct fields path;

	snprintf(folder, sizeof(folder), "/schedules/%s/%s", h->id, pages->list.name);
	fields_init(&path, folder);
	pages->limit = h->limit;
	pages->is_all = h->limit == 0;
	int status = pages_print(pages, &path, h->options);
	fields_done(&path);
	return status;
}

static int print_changes(const struct history *h)
{
	char after[24];

	snprintf(after, sizeof(after), "%llu", (unsigned long long)h->after);
	return print_pages(
	    h, &(struct pages){.list = {"changes", view_read_change, .ends_empty = true},
		   .cursor_name = "after",
		   .from = after,
		   .print = print_change});
}

static int print_outcomes(const struct history *h)
{
	return print_pages(
	    h, &(struct pages){
		   .list = {.name = "outcomes", .read = view_read_outcome}, .print = print_last});
}

/* --- Following --- */

struct stream {
	struct history *history;
	struct http *http; /* owned */
	struct raw raw;
	struct line_reader reader;
	bool is_change; /* the event that is being read is a change */
	bool is_known;  /* the daemon has answered once */
	struct backoff backoff;
};

static void on_change(const void *item, void *arg)
{
	const struct change_view *change = item;
	struct stream *s = arg;

	s->history->after = change->seq;
	if (!s->history->options->is_json)
		print_change(change, NULL);
}

static bool has_prefix(const char *line, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len >= n && memcmp(line, prefix, n) == 0;
}

static bool on_line(const char *line, size_t len, void *arg)
{
	struct stream *s = arg;

	if (len == 1) /* an empty line ends an event */
		s->is_change = false;
	else if (has_prefix(line, len, "event: "))
		s->is_change = has_prefix(line, len, "event: change\n");
	if (s->is_change || line[0] == ':')
		s->backoff.n_tries = 0;
	if (!s->is_change || !has_prefix(line, len, "data: "))
		return true;
	if (!view_read_item(line + 6, len - 6, view_read_change, on_change, s))
		return false;
	if (s->history->options->is_json)
		(void)raw_write(&s->raw, line + 6, len - 6);
	return true;
}

static bool on_bytes(const char *bytes, size_t n_bytes, void *arg)
{
	struct stream *s = arg;

	s->is_known = true;
	if (!line_reader_add(&s->reader, bytes, n_bytes, on_line, s)) {
		(void)answer_unknown();
		return false;
	}
	return raw_flush();
}

/* Read one stream to its end. Returns true and the exit status if there will be no other. */
static bool read_stream(struct stream *s, int *ret_status)
{
	char path[128];

	snprintf(path, sizeof(path), "/schedules/%s/events?after=%llu", s->history->id,
	    (unsigned long long)s->history->after);
	line_reader_reset(&s->reader);
	s->is_change = false;
	struct http_call *call = http_run(s->http, &(struct http_request){.method = "GET",
						       .path = path,
						       .on_body = on_bytes,
						       .arg = s,
						       .max_silence = MAX_SILENCE});
	const struct http_answer *answer = http_call_answer(call);
	bool is_good = answer->outcome == HTTP_ANSWERED && answer->status == 200;
	bool is_over = !s->is_known || (!is_good && !answer_is_temporary(answer)) ||
		       !backoff_next(&s->backoff);
	if (is_over) {
		*ret_status = answer_check(answer, NULL);
		if (*ret_status == CTL_OK) {
			message_error("the stream of changes ended early too often");
			*ret_status = CTL_UNREACHABLE;
		}
	}
	http_call_free(call);
	return is_over;
}

static int follow(struct history *h)
{
	struct stream s = {.history = h, .http = answer_open(h->options)};
	int status;

	if (s.http == NULL)
		return CTL_USAGE;
	raw_init(&s.raw);
	line_reader_init(&s.reader);
	while (!read_stream(&s, &status)) {
		while (!backoff_is_due(&s.backoff))
			http_wait(s.http, s.backoff.due - clock_mono());
	}
	line_reader_done(&s.reader);
	http_free(s.http);
	return status;
}

/* --- The commands --- */

static const struct option_row limit_option[] = {
    {"limit", 'l', "N", "Print at most N of them (default: all)", OPT_NUMBER,
	.offset = offsetof(struct history, limit), .min = 1, .max = MAX_LIMIT},
    {0},
};

static const struct option_row change_options[] = {
    {"after", 'a', "SEQ", "Start after this sequence number", OPT_NUMBER,
	.offset = offsetof(struct history, after), .max = INT64_MAX - 1},
    {"follow", 'F', NULL, "Wait for further changes", OPT_FLAG,
	.offset = offsetof(struct history, is_following)},
    {0},
};

static int run(int argc, char **argv, struct options *options, const struct syntax *syntax,
    int (*print)(const struct history *h))
{
	struct history h = {.options = options};
	struct args args;

	args_parse(argc, argv, syntax, options, &h, &args);
	h.id = args.list[0];
	if (h.is_following && h.limit > 0)
		return message_usage(argv[0], "--limit cannot be used with --follow");
	return h.is_following ? follow(&h) : print(&h);
}

int cmd_schedules_changes(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {
	    .groups = {{limit_option, NULL, 0}, {change_options, NULL, 0}},
	    .doc = "Print how the results of a schedule's runs changed from one run to the next.",
	    TAKES_ONE_ID("schedule")};

	return run(argc, argv, options, &syntax, print_changes);
}

int cmd_schedules_outcomes(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.groups = {{limit_option, NULL, 0}},
	    .doc = "Print the last result of each target, and since when it has been the same.",
	    TAKES_ONE_ID("schedule")};

	return run(argc, argv, options, &syntax, print_outcomes);
}
