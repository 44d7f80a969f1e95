/* Tables of options. A row says what an option is called, what it takes, and which variable of the
 * command gets it. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum option_kind {
	OPT_TEXT,   /* sets a const char *, borrowed from argv */
	OPT_WORD,   /* the same; the value is one of the words that `takes` lists */
	OPT_NUMBER, /* sets a uint64_t, which is from `min` to `max` */
	OPT_FLAG,   /* sets a bool to true; takes no value */
	OPT_PRESET, /* sets a const char * to `takes`; takes no value */
	OPT_READ,   /* `read` sets the variable */
	OPT_ALIAS   /* no more than a hidden name of the row before */
};

/* Check or read a value; `variable` is that of the row. False: the value is not what it `takes`. */
typedef bool option_read_fn(const char *value, void *variable);

struct option_row {
	const char *name;        /* NULL: the table ends here */
	int letter;              /* 0: none */
	const char *value, *doc; /* for --help; value NULL: the option takes none */
	enum option_kind kind;
	size_t offset;        /* of the variable in the command's struct */
	option_read_fn *read; /* of OPT_TEXT: checks; NULL: any text is good */
	const char *takes;    /* "a time such as 10s"; "one, two or three" */
	uint64_t min, max;
};

/* Set the variable of a row in `input`. False: the value is not what the option takes. */
bool option_set(const struct option_row *option, const char *value, void *input);

/* Add what the option takes, for a message: "a time such as 10s". */
void option_describe(const struct option_row *option, struct buf *text);

/* Functions for `read`. */
bool option_check_time(const char *value, void *variable);     /* RFC 3339 */
bool option_check_duration(const char *value, void *variable); /* base/str.h */
bool option_check_id(const char *value, void *variable);
bool option_check_first(const char *value, void *variable); /* the option was not given before */

#define OPT_TIME_FORM     "a time such as 2026-11-22T12:00:00Z"
#define OPT_DURATION_FORM "a time such as 90s, 10m or 2h"
