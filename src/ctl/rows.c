/* Rows of results. Thread: main. */
#include "ctl/rows.h"

#include <stdio.h>
#include <string.h>

#include "ctl/message.h"
#include "ctl/view.h"

void rows_init(struct rows *rows, uint64_t last)
{
	*rows = (struct rows){.last = last};
	raw_init(&rows->raw);
	line_reader_init(&rows->reader);
}

void rows_done(struct rows *rows)
{
	line_reader_done(&rows->reader);
}

void rows_begin(struct rows *rows)
{
	line_reader_reset(&rows->reader);
}

static void print_error(const struct file_view *file)
{
	const char *reason = file->reason != NULL ? file->reason : "unknown";

	fputs(" error: ", stdout);
	message_print(stdout, reason);
	if (strcmp(reason, "http_status") == 0) {
		printf(" %d", file->http_status);
	} else if (file->detail != NULL) {
		fputs(" (", stdout);
		message_print(stdout, file->detail);
		putchar(')');
	}
}

static void print_file(const struct file_view *file)
{
	message_print(stdout, file->title);
	if (strcmp(file->status, "ok") == 0)
		fputs(" OK", stdout);
	else if (strcmp(file->status, "unchanged") == 0)
		fputs(" unchanged", stdout);
	else if (strcmp(file->status, "not_found") == 0)
		fputs(" not found", stdout);
	else
		print_error(file);
	putchar('\n');
}

static void on_file(const void *item, void *arg)
{
	const struct file_view *file = item;
	struct rows *rows = arg;

	rows->n_bytes += file->n_bytes;
	if (!rows->is_hidden && rows->is_short)
		print_file(file);
	if (rows->copies != NULL && file->file != NULL)
		copies_add(rows->copies, file->file, file->n_bytes, file->sha256);
}

static bool on_line(const char *line, size_t len, void *arg)
{
	struct rows *rows = arg;

	if (!rows->is_hidden && !rows->is_short)
		(void)raw_write(&rows->raw, line, len);
	rows->last++;
	if (!rows->is_short && rows->copies == NULL)
		return true;
	return view_parse_file(line, len, on_file, rows);
}

enum rows_end rows_add(struct rows *rows, const char *bytes, size_t n_bytes)
{
	if (!line_reader_add(&rows->reader, bytes, n_bytes, on_line, rows))
		return ROWS_UNKNOWN;
	return fflush(stdout) == 0 && !ferror(stdout) ? ROWS_GOOD : ROWS_NO_OUTPUT;
}
