/* The options that select jobs, which `jobs`, `cancel` and `rm` share. Thread: main. */
#pragma once

#include <stdbool.h>

#include "ctl/fields.h"
#include "ctl/option.h"

struct filter {
	const char *state, *kind, *label, *schedule; /* borrowed from argv; NULL: any */
};

#define FILTER_TITLE "Options that select jobs:"

/* The options; they set a struct filter. */
const struct option_row *filter_options(void);

bool filter_is_empty(const struct filter *filter);
void filter_add(const struct filter *filter, struct fields *fields);
