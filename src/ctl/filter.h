/* Which jobs are meant: the options that `jobs`, `cancel` and `rm` share. Thread: main. */
#pragma once

#include <argp.h>
#include <stdbool.h>

#include "base/buf.h"

struct filter {
	const char *state, *kind, *label, *schedule; /* borrowed from argv; NULL: any */
};

#define FILTER_TITLE "Which jobs:"

/* The parser; its input is a struct filter. */
const struct argp *filter_argp(void);

bool filter_is_empty(const struct filter *filter);

/* Add it to a path, as its query. */
void filter_add(const struct filter *filter, struct buf *path);
