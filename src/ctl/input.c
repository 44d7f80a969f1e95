/* Files that the user names. Thread: main. */
#include "ctl/input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "ctl/message.h"
#include "model/schedule.h"

enum { MAX_BYTES = 2 * SCHEDULE_MAX_JOB }; /* anything larger does not fit into a schedule */

/* Read a file to its end; returns what went wrong, or NULL. */
static const char *read_all(FILE *file, struct buf *text)
{
	char piece[4096];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), file)) > 0 && !text->overflow)
		buf_add(text, piece, n);
	if (text->overflow)
		return "too large for a schedule";
	if (ferror(file))
		return strerror(errno);
	return text->len > 0 && memchr(text->data, '\0', text->len) != NULL ? "not a text file"
									    : NULL;
}

char *input_read(const char *name)
{
	bool is_stdin = strcmp(name, "-") == 0;
	FILE *file = is_stdin ? stdin : fopen(name, "re");
	struct buf text;

	buf_init(&text, MAX_BYTES);
	const char *fault = file != NULL ? read_all(file, &text) : strerror(errno);
	if (fault != NULL)
		message_error("%s: %s", name, fault);
	if (file != NULL && !is_stdin)
		fclose(file);
	if (fault == NULL) {
		buf_drain(&text, utf8_mark_length(text.data, text.len));
		return buf_take(&text, NULL);
	}
	buf_done(&text);
	return NULL;
}

bool input_add_lines(struct text_list *list, const char *name)
{
	AUTO_FREE char *text = input_read(name);
	char *rest = text;

	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		line[strcspn(line, "\r")] = '\0';
		if (*line != '\0' && *line != '#')
			text_list_add(list, line);
	}
	return text != NULL;
}
