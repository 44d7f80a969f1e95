/* The tags of a job's options (column `asked` of the store). Part of the store's format: a number
 * is never used for another option. Thread: any. */
#pragma once

enum asked_tag {
	/* model/check_spec.c */
	ASKED_TYPES = 1,
	ASKED_FAMILY = 2,
	ASKED_WILDCARDS = 3,
	ASKED_DETAILS = 4,
	ASKED_RDAP = 5,
	ASKED_RDAP_MOST = 6,
	ASKED_MAX_AGE = 7,
	ASKED_SERVERS = 20, /* model/server_set.c */
	ASKED_GRID_FIRST = 40,
	ASKED_GRID_N = 41,
	ASKED_GRID_WIDTH = 42,
	ASKED_IF_CHANGED = 100
};
