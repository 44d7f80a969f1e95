/* asyncprobectl servers: the name servers of the daemon. Thread: main. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/message.h"
#include "ctl/view_server.h"

static void print_server(const void *item, void *arg)
{
	const struct server_view *s = item;

	(void)arg;
	printf("%-8s  %-9s  %7" PRIu64 "  %9" PRIu64 "  %11" PRIu64 "  %9" PRIu64 "  ",
	    s->why != NULL ? "resting" : "healthy", s->why != NULL ? s->why : "-", s->window,
	    s->in_flight, s->queries, s->timeouts);
	message_print(stdout, s->address);
	putchar('\n');
}

static bool print_servers(const char *text, size_t len, void *arg)
{
	struct view_page page;

	printf("%-8s  %-9s  %7s  %9s  %11s  %9s  %s\n", "STATE", "WHY", "WINDOW", "IN FLIGHT",
	    "QUERIES", "TIMEOUTS", "ADDRESS");
	return view_read_list(text, len,
	    &(struct view_list){.name = "name_servers", .read = view_read_server}, print_server,
	    arg, &page);
}

int cmd_servers(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {
	    .doc = "List the name servers that the daemon queries."};
	struct args args;

	args_parse(argc, argv, &syntax, options, NULL, &args);
	struct http *http = answer_open(options);
	if (http == NULL)
		return CTL_USAGE;
	int status = answer_run(http, &(struct http_request){.method = "GET", .path = "/servers"},
	    NULL, options, print_servers, NULL);
	http_free(http);
	return status;
}
