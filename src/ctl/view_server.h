/* What the daemon's answers say of name servers. Thread: any. */
#pragma once

#include "ctl/view_json.h"

struct server_view {
	const char *address; /* borrowed, as all text here */
	const char *why;     /* it rests; NULL: it is healthy */
	uint64_t window, in_flight, queries, timeouts;
};

/* Read {"name_servers":[...]}: a struct server_view an item. */
bool view_parse_servers(
    const char *text, size_t len, view_fn *on_server, void *arg, struct view_page *ret_page);
