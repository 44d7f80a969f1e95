/* Lists that arrive page by page: their options, and how they are printed. Thread: main. */
#pragma once

#include "ctl/args.h"
#include "ctl/fields.h"
#include "ctl/view_json.h"

struct pages {
	/* Set by the command. */
	struct view_list list;
	const char *cursor_name; /* name of the cursor in a query; NULL: cursor */
	const char *from;        /* cursor of the first page; NULL: none */
	bool tells_more;         /* say that there are more */
	view_fn *print;          /* prints a row */
	void *arg;               /* for print */
	/* Set by options. */
	uint64_t limit; /* rows per page; 0: the daemon decides */
	bool is_all;    /* print all pages, not only the first */
};

/* The options --limit and --all; they set a struct pages. */
const struct option_row *pages_options(void);

/* Print the list that a path with its query asks for. With --json pages are printed as they are.
 * Returns the exit status. */
int pages_print(
    const struct pages *pages, const struct fields *path, const struct options *options);
