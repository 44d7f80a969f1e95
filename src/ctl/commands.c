/* Tables of commands. Thread: main. */
#include "ctl/commands.h"

#include <string.h>

#include "base/buf.h"
#include "ctl/message.h"

int commands_run(const struct command *table, const char *program, int argc, char **argv,
    struct options *options)
{
	struct buf name;

	while (table->name != NULL && strcmp(table->name, argv[0]) != 0)
		table++;
	if (table->name == NULL)
		return message_usage(program, "unknown command '%s'", argv[0]);
	buf_init(&name, SIZE_MAX / 2);
	buf_addf(&name, "%s %s", program, table->name);
	argv[0] = name.data;
	int status = table->run(argc, argv, options);
	buf_done(&name);
	return status;
}

int commands_parse(
    const struct command *table, const char *doc, int argc, char **argv, struct options *options)
{
	struct syntax syntax = {.usage = "COMMAND [OPTION...] [ARGUMENT...]", .has_command = true};
	struct args args;
	struct buf text;

	/* argp prints the text after the vertical tab below the options */
	buf_init(&text, SIZE_MAX / 2);
	buf_addf(&text, "%s\vCommands:\n", doc);
	for (const struct command *c = table; c->name != NULL; c++)
		buf_addf(&text, "  %-9s %-25s %s\n", c->name, c->usage, c->doc);
	buf_addf(&text, "\n`%s COMMAND --help' describes the options of a command.\n", argv[0]);
	syntax.doc = text.data;
	args_parse(argc, argv, &syntax, options, NULL, &args);
	buf_done(&text);
	if (args.command == NULL)
		return message_usage(argv[0], "missing command");
	return commands_run(table, argv[0], args.n_command, args.command, options);
}
