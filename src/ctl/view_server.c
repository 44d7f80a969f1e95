/* Name servers. */
#include "ctl/view_server.h"

static bool read_server(const struct json_t *object, view_fn *on_server, void *arg)
{
	struct server_view server = {.address = view_get_text(object, "address"),
	    .why = view_get_text(object, "why"),
	    .window = view_get_number(object, "window"),
	    .in_flight = view_get_number(object, "in_flight"),
	    .queries = view_get_number(object, "queries"),
	    .timeouts = view_get_number(object, "timeouts")};

	if (server.address == NULL)
		return false;
	if (on_server != NULL)
		on_server(&server, arg);
	return true;
}

bool view_parse_servers(
    const char *text, size_t len, view_fn *on_server, void *arg, struct view_page *ret_page)
{
	return view_read_list(text, len, "name_servers", read_server, on_server, arg, ret_page);
}
