/* What the daemon's answers say of name servers. Thread: any. */
#pragma once

#include "ctl/view_json.h"

struct server_view {
	const char *address; /* borrowed, as all text here */
	const char *why;     /* it rests; NULL: it is healthy */
	uint64_t window, in_flight, queries, timeouts;
};

view_read_fn view_read_server; /* an item of the list "name_servers": a struct server_view */
