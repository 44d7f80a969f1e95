/* The log: one event per line on stderr, as an event name and key=value pairs. log_quote quotes
 * values from outside, so that they can't forge lines. Thread: any (one write(2) per line). */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Set what is written and how. Before the first call: info and above, as text. */
void log_setup(enum log_level least, enum log_format format);

/* Detect whether stderr is the systemd journal. If so, lines start with their priority (`<6>`),
 * which the journal removes, and text lines have no time; JSON keeps it. Call before the first
 * message. */
bool log_detect_journal(void);
bool log_is_on(enum log_level level);
const char *log_level_name(enum log_level level);

/* Lines written at `level` since the start. */
unsigned long log_lines(enum log_level level);

/* Write one line. `event` is a stable word; `pairs` a printf format that yields `key=value
 * key=value`. */
void log_write(enum log_level level, const char *event, const char *pairs, ...) PRINTF(3, 4);

/* Quote `s` for use as a value; the text lives in a buffer of the calling thread that the fourth
 * next call reuses. At most 240 bytes of `s` are kept. */
const char *log_quote(const char *s);

#define log_error(...)   log_write(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_write(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...)    log_write(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...)                                                                             \
	do {                                                                                       \
		if (log_is_on(LOG_LEVEL_DEBUG))                                                    \
			log_write(LOG_LEVEL_DEBUG, __VA_ARGS__);                                   \
	} while (0)
