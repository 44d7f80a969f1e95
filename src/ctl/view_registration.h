/* What the daemon's answers say of a name's registration. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "ctl/view_json.h"

struct registration_view {
	const char *domain, *status;               /* borrowed, as all text here */
	const char *reason;                        /* NULL: none */
	const char *registrar, *created, *expires; /* NULL: not said */
	const char *statuses, *for_sale;           /* separated by commas; "": none */
	const char *evidence;                      /* in a line; "": nothing was asked */
	bool is_likely_available, has_conflict, drops;
};

/* Read a line of NDJSON: a struct registration_view. False: it is no result of a registration. */
bool view_parse_registration(const char *line, size_t len, view_fn *on_result, void *arg);
