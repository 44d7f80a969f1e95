/* The log. Settings are written by one thread, at any time, and read by all. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/utf8.h"

/* Escapes make a JSON line at most five times as long as its pairs. */
enum { MAX_PAIRS = 2048, MAX_LINE = 8 * MAX_PAIRS, MAX_VALUE = 240, N_QUOTES = 4 };

static atomic_int least_level = LOG_LEVEL_INFO;
static atomic_int line_format = LOG_TEXT;

static atomic_bool is_journal;

static atomic_ulong lines_written[LOG_LEVEL_ERROR + 1];

static const char *const level_names[] = {"debug", "info", "warning", "error"};
/* as syslog(3) numbers them */
static const int priorities[] = {7, 6, 4, 3};

void log_setup(enum log_level least, enum log_format format)
{
	atomic_store_explicit(&least_level, (int)least, memory_order_relaxed);
	atomic_store_explicit(&line_format, (int)format, memory_order_relaxed);
}

/* $JOURNAL_STREAM is DEVICE:INODE of what stderr was when the service manager made it the
 * journal's; a stderr that was sent elsewhere since then is another file (systemd.exec(5)). */
bool log_detect_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat st;

	bool is_it = text != NULL && sscanf(text, "%llu:%llu", &device, &inode) == 2 &&
		     fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
	atomic_store_explicit(&is_journal, is_it, memory_order_relaxed);
	return is_it;
}

bool log_is_on(enum log_level level)
{
	return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

unsigned long log_lines(enum log_level level)
{
	return atomic_load_explicit(&lines_written[level], memory_order_relaxed);
}

static bool is_plain(unsigned char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=';
}

const char *log_quote(const char *s)
{
	static _Thread_local char ring[N_QUOTES][MAX_VALUE * 4 + 3];
	static _Thread_local unsigned next;
	char *text = ring[next++ % N_QUOTES];
	size_t n = 0, len = strnlen(s, MAX_VALUE);
	bool plain = len > 0;

	for (size_t i = 0; i < len; i++)
		plain = plain && is_plain((unsigned char)s[i]);
	if (plain) {
		memcpy(text, s, len);
		text[len] = '\0';
		return text;
	}
	text[n++] = '"';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\') {
			text[n++] = '\\';
			text[n++] = (char)c;
		} else if (c < ' ' || c >= 0x7f) {
			n += (size_t)snprintf(text + n, 5, "\\x%02x", c);
		} else {
			text[n++] = (char)c;
		}
	}
	text[n++] = '"';
	text[n] = '\0';
	return text;
}

/* A JSON number (RFC 8259 section 6) without a fraction is kept as a number; everything else
 * becomes a string. */
static bool is_number(const char *s, size_t len)
{
	if (len == 0 || len > 15 || (s[0] == '0' && len > 1))
		return false;
	return strspn(s, "0123456789") >= len;
}

/* Add `s` as a JSON string; with `is_quoted`, first undo what log_quote did to quotes and
 * backslashes. Bytes that are not printable ASCII look as log_quote writes them, so that the line
 * is JSON whatever they are. */
static void add_json_string(struct buf *b, const char *s, size_t len, bool is_quoted)
{
	buf_add_char(b, '"');
	for (size_t i = 0; i < len; i++) {
		if (is_quoted && s[i] == '\\' && i + 1 < len &&
		    (s[i + 1] == '"' || s[i + 1] == '\\'))
			i++;
		unsigned char c = (unsigned char)s[i];
		if (c == '"' || c == '\\')
			buf_addf(b, "\\%c", c);
		else if (c < ' ' || c >= 0x7f)
			buf_addf(b, "\\\\x%02x", c);
		else
			buf_add_char(b, (char)c);
	}
	buf_add_char(b, '"');
}

/* Turn `key=value key="quoted value"` into JSON members. */
static void add_pairs_as_json(struct buf *b, const char *pairs)
{
	while (*pairs != '\0') {
		size_t key_len = strcspn(pairs, "= ");
		const char *value = pairs + key_len;
		if (*value != '=')
			break;
		buf_add_char(b, ',');
		add_json_string(b, pairs, key_len, false);
		buf_add_char(b, ':');
		value++;
		if (*value == '"') {
			size_t n = 1;
			while (value[n] != '\0' && value[n] != '"')
				n += value[n] == '\\' && value[n + 1] != '\0' ? 2 : 1;
			add_json_string(b, value + 1, n - 1, true);
			pairs = value + n + (value[n] == '"');
		} else {
			size_t n = strcspn(value, " ");
			if (is_number(value, n))
				buf_add(b, value, n);
			else
				add_json_string(b, value, n, false);
			pairs = value + n;
		}
		pairs += strspn(pairs, " ");
	}
}

void log_write(enum log_level level, const char *event, const char *pairs, ...)
{
	char text[MAX_PAIRS], time[CLOCK_TEXT_SIZE];
	va_list args;
	struct buf line;

	if (!log_is_on(level))
		return;
	atomic_fetch_add_explicit(&lines_written[level], 1, memory_order_relaxed);
	va_start(args, pairs);
	vsnprintf(text, sizeof(text), pairs, args);
	va_end(args);
	for (char *c = text; *c != '\0'; c++) {
		if ((unsigned char)*c < ' ') /* unquoted foreign text: still keep it on one line */
			*c = ' ';
	}
	clock_format(clock_wall(), time);
	buf_init(&line, MAX_LINE);
	bool to_journal = atomic_load_explicit(&is_journal, memory_order_relaxed);
	if (to_journal)
		buf_addf(&line, "<%d>", priorities[level]);
	if (atomic_load_explicit(&line_format, memory_order_relaxed) == LOG_JSON) {
		buf_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", time,
		    level_names[level], event);
		add_pairs_as_json(&line, text);
		buf_add_str(&line, "}\n");
	} else {
		if (!to_journal) /* which notes the time itself */
			buf_addf(&line, "time=%s ", time);
		buf_addf(&line, "level=%s event=%s%s", level_names[level], event,
		    text[0] != '\0' ? " " : "");
		utf8_add_visible(&line, text, strlen(text), '?');
		buf_add_char(&line, '\n');
	}
	ssize_t n = write(STDERR_FILENO, line.data, line.len);
	(void)n; /* a failure of the log can't be reported anywhere */
	buf_done(&line);
}
