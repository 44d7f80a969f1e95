/* Rows of results. Thread: main. */
#include "ctl/rows.h"

#include <stdio.h>
#include <string.h>

#include "ctl/answer.h"
#include "ctl/view.h"

enum { MAX_LINE = 1 << 20 };

void rows_init(struct rows *rows, uint64_t last)
{
	*rows = (struct rows){.last = last};
	raw_init(&rows->raw);
	buf_init(&rows->rest, MAX_LINE);
}

void rows_done(struct rows *rows)
{
	buf_done(&rows->rest);
}

void rows_begin(struct rows *rows)
{
	buf_clear(&rows->rest);
}

static void print_error(const struct file_view *file)
{
	const char *reason = file->reason != NULL ? file->reason : "unknown";

	fputs(" error: ", stdout);
	answer_print(stdout, reason);
	if (strcmp(reason, "http_status") == 0) {
		printf(" %d", file->http_status);
	} else if (file->detail != NULL) {
		fputs(" (", stdout);
		answer_print(stdout, file->detail);
		putchar(')');
	}
}

static void print_file(const struct file_view *file)
{
	answer_print(stdout, file->title);
	if (strcmp(file->status, "ok") == 0)
		fputs(" OK", stdout);
	else if (strcmp(file->status, "not_found") == 0)
		fputs(" not found", stdout);
	else
		print_error(file);
	putchar('\n');
}

/* A line with its end. */
static enum rows_end take_line(struct rows *rows, const char *line, size_t len)
{
	struct file_view file;
	bool is_read = rows->is_for_people || rows->copies != NULL;

	if (!rows->is_hidden && !rows->is_for_people)
		(void)raw_write(&rows->raw, line, len);
	rows->last++;
	if (!is_read)
		return ROWS_GOOD;
	if (!view_parse_file(line, len, &file))
		return ROWS_STRANGE;
	if (!rows->is_hidden && rows->is_for_people)
		print_file(&file);
	if (rows->copies != NULL && file.file != NULL)
		copies_add(rows->copies, file.file);
	view_file_done(&file);
	return ROWS_GOOD;
}

enum rows_end rows_take(struct rows *rows, const char *bytes, size_t n_bytes)
{
	const char *end = bytes + n_bytes, *stop;
	enum rows_end result = ROWS_GOOD;

	for (; result == ROWS_GOOD && (stop = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL;
	     bytes = stop + 1) {
		if (rows->rest.len == 0) {
			result = take_line(rows, bytes, (size_t)(stop + 1 - bytes));
			continue;
		}
		buf_add(&rows->rest, bytes, (size_t)(stop + 1 - bytes));
		result = rows->rest.overflow ? ROWS_STRANGE
					     : take_line(rows, rows->rest.data, rows->rest.len);
		buf_clear(&rows->rest);
	}
	if (result != ROWS_GOOD)
		return result;
	buf_add(&rows->rest, bytes, (size_t)(end - bytes));
	if (rows->rest.overflow)
		return ROWS_STRANGE;
	return fflush(stdout) == 0 && !ferror(stdout) ? ROWS_GOOD : ROWS_NO_OUTPUT;
}
