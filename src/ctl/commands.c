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

/* argp prints the text after the vertical tab below the options. */
char *commands_make_doc(const struct command *table, const char *doc, const char *program)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	buf_addf(&text, "%s\vCommands:\n", doc);
	for (; table->name != NULL; table++)
		buf_addf(&text, "  %-9s %-25s %s\n", table->name, table->usage, table->doc);
	buf_addf(&text, "\n`%s COMMAND --help' describes the options of a command.\n", program);
	return buf_take(&text, NULL);
}
