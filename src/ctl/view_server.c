/* Name servers. */
#include "ctl/view_server.h"

bool view_read_server(const struct json_t *object, view_fn *on_server, void *arg)
{
	struct server_view server = {.address = view_get_text(object, "address"),
	    .why = view_get_text(object, "why"),
	    .window = view_get_number(object, "window"),
	    .in_flight = view_get_number(object, "in_flight"),
	    .queries = view_get_number(object, "queries"),
	    .timeouts = view_get_number(object, "timeouts")};

	if (server.address == NULL)
		return false;
	on_server(&server, arg);
	return true;
}
