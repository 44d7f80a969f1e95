/* Lists, which come a page at a time: their options, and page behind page. What a list is of, and
 * how a row looks, is its command's. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl/args.h"

/* What a page tells of the list. */
struct page_end {
	char *next;    /* new text, with which the next page is asked for; NULL: this is the last */
	bool is_empty; /* not worth printing as JSON, unless it is the first */
};

/* Reads a page and, when `is_shown`, prints its rows; false when the text is none. */
typedef bool page_fn(
    const char *text, size_t len, bool is_shown, void *arg, struct page_end *ret_end);

struct pages {
	const char *path;        /* borrowed; what is asked for is in its query */
	const char *cursor_name; /* of the query */
	const char *from;        /* borrowed; with which the first page is asked for; NULL: none */
	const char *things;      /* there may be older ones of; NULL: nothing is said of these */
	uint64_t limit;          /* rows a page; 0: the daemon decides */
	bool is_all;             /* all pages, not just the first */
	page_fn *read;
	void *arg;
};

/* The options --limit and --all of a list, and what they do to it. */
#define PAGES_OPTIONS(things)                                                                      \
	{"limit", 'l', "N", 0, "Show N " things " (with --all: ask for N at a time)", 0},          \
	{                                                                                          \
		"all", 'a', NULL, 0, "Show all " things ", page after page", 0                     \
	}

error_t pages_option(struct pages *pages, int key, char *value, const struct argp_state *state);

/* Print the list; returns what the program ends with. With --json pages are printed as they came.
 */
int pages_print(const struct pages *pages, const struct options *options);
