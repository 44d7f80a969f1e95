/* Tables of commands. Thread: main. */
#include "ctl/commands.h"

#include <string.h>

#include "base/buf.h"

enum { MAX_DOC = 8192 };

const struct command *commands_find(const struct command *table, const char *name)
{
	for (; table->name != NULL; table++) {
		if (strcmp(table->name, name) == 0)
			return table;
	}
	return NULL;
}

/* argp prints what stands behind the vertical tab below the options. */
char *commands_make_doc(const struct command *table, const char *doc, const char *program)
{
	struct buf text;

	buf_init(&text, MAX_DOC);
	buf_addf(&text, "%s\vCommands:\n", doc);
	for (; table->name != NULL; table++)
		buf_addf(&text, "  %-9s %-25s %s\n", table->name, table->words, table->doc);
	buf_addf(&text, "\n`%s COMMAND --help' tells a command's options.\n", program);
	return buf_take(&text, NULL);
}
