/* The log: what one line may look like, whatever its values hold. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"

static const struct {
	const char *name, *value, *want;
} values[] = {
    {"empty", "", "\"\""},
    {"a line end", "a\nlevel=error", "\"a\\x0alevel=error\""},
    {"a carriage return", "a\r", "\"a\\x0d\""},
    {"escape", "\033[2J", "\"\\x1b[2J\""},
    {"delete", "a\x7f", "\"a\\x7f\""},
    {"C1 control in UTF-8", "\xc2\x9b", "\"\\xc2\\x9b\""},
    {"not UTF-8", "a\xff", "\"a\\xff\""},
    {"a space", "a b", "\"a b\""},
    {"an equals sign", "a=b", "\"a=b\""},
    {"a quote", "a\"b", "\"a\\\"b\""},
    {"a backslash", "a\\b", "\"a\\\\b\""},
    {"plain", "example.com", "example.com"},
    {"an address", "[2001:db8::1]:53", "[2001:db8::1]:53"},
};

TEST(quotes)
{
	ck_row_str(values[_i].name, log_quote(values[_i].value), values[_i].want);
}

TEST(cuts_long_values)
{
	char plain[1000], wild[1000];

	memset(plain, 'a', sizeof(plain) - 1);
	memset(wild, '\xff', sizeof(wild) - 1);
	plain[sizeof(plain) - 1] = wild[sizeof(wild) - 1] = '\0';
	ck_assert_uint_eq(strlen(log_quote(plain)), 240);
	ck_assert_uint_eq(strlen(log_quote(wild)), 2 + 4 * 240);
}

TEST(four_quotes_live_at_once)
{
	const char *a = log_quote("1"), *b = log_quote("2 2"), *c = log_quote("3"),
		   *d = log_quote("4");

	ck_assert_str_eq(a, "1");
	ck_assert_str_eq(b, "\"2 2\"");
	ck_assert_str_eq(c, "3");
	ck_assert_str_eq(d, "4");
}

/* Log one line and return what stands behind its time, which is checked. */
static char *write_line(enum log_format format, const char *pairs)
{
	static const char shape[] = "dddd-dd-ddTdd:dd:dd.dddZ";
	const char *head = format == LOG_JSON ? "{\"time\":\"" : "time=";

	log_setup(LOG_LEVEL_INFO, format);
	unit_capture_begin();
	log_warning("some_event", "%s", pairs);
	AUTO_FREE char *line = unit_capture_end();
	ck_assert_msg(strncmp(line, head, strlen(head)) == 0, "%s", line);
	const char *time = line + strlen(head);
	for (size_t i = 0; shape[i] != '\0'; i++) {
		bool is_digit = time[i] >= '0' && time[i] <= '9';
		ck_assert_msg(shape[i] == 'd' ? is_digit : time[i] == shape[i], "%s", line);
	}
	return xstrdup(time + strlen(shape));
}

static const struct {
	const char *name, *pairs, *text, *json;
} lines[] = {
    {"no pair", "hello there", " hello there", ""},
    {"a pair, then none", "a=b hello", " a=b hello", ",\"a\":\"b\""},
    {"an unquoted line end", "a=b\nlevel=error", " a=b level=error",
	",\"a\":\"b\",\"level\":\"error\""},
    {"an unquoted override of direction", "a=\xe2\x80\xae", " a=?",
	",\"a\":\"\\\\xe2\\\\x80\\\\xae\""},
    {"an unquoted delete and C1", "a=\x7f\xc2\x9b", " a=??", ",\"a\":\"\\\\x7f\\\\xc2\\\\x9b\""},
    {"unquoted UTF-8", "a=caf\xc3\xa9", " a=caf\xc3\xa9", ",\"a\":\"caf\\\\xc3\\\\xa9\""},
    {"unquoted bytes that are not UTF-8", "a=\xff\xc3", " a=??", ",\"a\":\"\\\\xff\\\\xc3\""},
    {"an unclosed quote", "a=\"b c", " a=\"b c", ",\"a\":\"b c\""},
    {"an unclosed quote that ends in a backslash", "a=\"b\\", " a=\"b\\", ",\"a\":\"b\\\\\""},
    {"a quote inside a plain value", "a=b\"c", " a=b\"c", ",\"a\":\"b\\\"c\""},
    {"a quote in a key", "a\"b=c", " a\"b=c", ",\"a\\\"b\":\"c\""},
    {"text behind a quoted value", "a=\"b\"c=d", " a=\"b\"c=d", ",\"a\":\"b\",\"c\":\"d\""},
    {"no key", "=b", " =b", ",\"\":\"b\""},
    {"no value", "a= b=", " a= b=", ",\"a\":\"\",\"b\":\"\""},
    {"nothing", "", "", ""},
    {"a number", "n=17", " n=17", ",\"n\":17"},
    {"zero", "n=0", " n=0", ",\"n\":0"},
    {"a leading zero is no JSON number", "n=017", " n=017", ",\"n\":\"017\""},
    {"a number that doubles can't hold", "n=1234567890123456", " n=1234567890123456",
	",\"n\":\"1234567890123456\""},
    {"a word that begins as a number", "n=17ms", " n=17ms", ",\"n\":\"17ms\""},
    {"two pairs", "job=x name=\"a b\"", " job=x name=\"a b\"", ",\"job\":\"x\",\"name\":\"a b\""},
    {"spaces between", "a=b   c=d", " a=b   c=d", ",\"a\":\"b\",\"c\":\"d\""},
    {"escaped quote and backslash", "a=\"\\\"\\\\\"", " a=\"\\\"\\\\\"", ",\"a\":\"\\\"\\\\\""},
    {"an escaped byte stays one", "a=\"\\x0a\"", " a=\"\\x0a\"", ",\"a\":\"\\\\x0a\""},
};

TEST(writes_text)
{
	char want[1000];

	snprintf(want, sizeof(want), " level=warning event=some_event%s\n", lines[_i].text);
	AUTO_FREE char *line = write_line(LOG_TEXT, lines[_i].pairs);
	ck_row_str(lines[_i].name, line, want);
}

TEST(writes_json)
{
	char want[1000];

	snprintf(want, sizeof(want), "\",\"level\":\"warning\",\"event\":\"some_event\"%s}\n",
	    lines[_i].json);
	AUTO_FREE char *line = write_line(LOG_JSON, lines[_i].pairs);
	ck_row_str(lines[_i].name, line, want);
}

static const struct {
	const char *name, *piece;
} long_pieces[] = {
    {"quotes", "\"a\"=b "},
    {"bytes", "\xff"},
    {"empty keys", "= "},
    {"short pairs", "a= "},
    {"one long value", "a=aaaaaaaaaaa"},
    {"backslashes", "a=\"\\\\\\"},
};

/* However long and strange: one line, and in JSON an end that closes the object. */
TEST(long_lines_end_well)
{
	char pairs[20000];
	size_t len = strlen(long_pieces[_i].piece), n = 0;

	for (; n + len < sizeof(pairs); n += len)
		memcpy(pairs + n, long_pieces[_i].piece, len + 1);
	for (int format = LOG_TEXT; format <= LOG_JSON; format++) {
		AUTO_FREE char *line = write_line((enum log_format)format, pairs);
		size_t line_len = strlen(line);
		ck_assert_msg(
		    strchr(line, '\n') == line + line_len - 1, "%s", long_pieces[_i].name);
		ck_assert_msg(format == LOG_TEXT || strcmp(line + line_len - 2, "}\n") == 0,
		    "%s: %s", long_pieces[_i].name, line + line_len - 20);
	}
}

TEST(levels_below_the_least_are_silent)
{
	unsigned long before = log_lines(LOG_LEVEL_INFO), errors = log_lines(LOG_LEVEL_ERROR);

	log_setup(LOG_LEVEL_ERROR, LOG_TEXT);
	unit_capture_begin();
	log_debug("a", "n=%d", 1);
	log_info("b", "n=%d", 1);
	log_warning("c", "n=%d", 1);
	log_error("d", "n=%d", 1);
	AUTO_FREE char *text = unit_capture_end();
	ck_assert_ptr_nonnull(strstr(text, " level=error event=d n=1\n"));
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	ck_assert_uint_eq(log_lines(LOG_LEVEL_INFO), before);
	ck_assert_uint_eq(log_lines(LOG_LEVEL_ERROR), errors + 1);
}

static int n_evaluated;

static int evaluate(void)
{
	return ++n_evaluated;
}

TEST(debug_costs_nothing_when_off)
{
	log_setup(LOG_LEVEL_INFO, LOG_TEXT);
	log_debug("a", "n=%d", evaluate());
	ck_assert_int_eq(n_evaluated, 0);
	log_setup(LOG_LEVEL_DEBUG, LOG_TEXT);
	unit_capture_begin();
	log_debug("a", "n=%d", evaluate());
	free(unit_capture_end());
	ck_assert_int_eq(n_evaluated, 1);
	ck_assert(log_is_on(LOG_LEVEL_DEBUG));
}

TEST(names_its_levels)
{
	ck_assert_str_eq(log_level_name(LOG_LEVEL_DEBUG), "debug");
	ck_assert_str_eq(log_level_name(LOG_LEVEL_INFO), "info");
	ck_assert_str_eq(log_level_name(LOG_LEVEL_WARNING), "warning");
	ck_assert_str_eq(log_level_name(LOG_LEVEL_ERROR), "error");
}

/* Log one line with stderr as the journal's, or with another file's number in the environment. */
static char *write_to_journal(enum log_format format, enum log_level level, bool is_ours)
{
	char stream[64];
	struct stat st;

	log_setup(LOG_LEVEL_DEBUG, format);
	unit_capture_begin();
	ck_assert_int_eq(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
	    (unsigned long long)st.st_ino + !is_ours);
	setenv("JOURNAL_STREAM", stream, 1);
	ck_assert_int_eq(log_detect_journal(), is_ours);
	log_write(level, "some_event", "a=%d", 1);
	unsetenv("JOURNAL_STREAM");
	(void)log_detect_journal();
	return unit_capture_end();
}

static const struct {
	const char *name, *want;
	enum log_level level;
} priorities[] = {
    {"debug", "<7>level=debug event=some_event a=1\n", LOG_LEVEL_DEBUG},
    {"info", "<6>level=info event=some_event a=1\n", LOG_LEVEL_INFO},
    {"warning", "<4>level=warning event=some_event a=1\n", LOG_LEVEL_WARNING},
    {"error", "<3>level=error event=some_event a=1\n", LOG_LEVEL_ERROR},
};

TEST(journal_gets_priorities)
{
	AUTO_FREE char *line = write_to_journal(LOG_TEXT, priorities[_i].level, true);

	ck_row_str(priorities[_i].name, line, priorities[_i].want);
}

TEST(journal_gets_whole_objects)
{
	AUTO_FREE char *line = write_to_journal(LOG_JSON, LOG_LEVEL_INFO, true);

	ck_assert_msg(strncmp(line, "<6>{\"time\":\"", 12) == 0, "%s", line);
}

TEST(other_files_are_no_journal)
{
	AUTO_FREE char *line = write_to_journal(LOG_TEXT, LOG_LEVEL_INFO, false);

	ck_assert_msg(strncmp(line, "time=", 5) == 0, "%s", line);
}

SUITE(log)
{
	ADD_ROWS(journal_gets_priorities, priorities);
	ADD(journal_gets_whole_objects);
	ADD(other_files_are_no_journal);
	ADD_ROWS(quotes, values);
	ADD(cuts_long_values);
	ADD(four_quotes_live_at_once);
	ADD_ROWS(writes_text, lines);
	ADD_ROWS(writes_json, lines);
	ADD_ROWS(long_lines_end_well, long_pieces);
	ADD(levels_below_the_least_are_silent);
	ADD(debug_costs_nothing_when_off);
	ADD(names_its_levels);
}
