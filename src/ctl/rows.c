/* Rows of results. Thread: main. */
#include "ctl/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ctl/message.h"
#include "ctl/view.h"
#include "wire/jvalue.h"

void rows_init(struct rows *rows, uint64_t last)
{
	*rows = (struct rows){.last = last};
	raw_init(&rows->raw);
	line_reader_init(&rows->reader);
	buf_init(&rows->kept, SIZE_MAX / 2);
}

void rows_done(struct rows *rows)
{
	line_reader_done(&rows->reader);
	buf_done(&rows->kept);
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

/* --- Rows of names --- */

/* The name in a row. */
static struct jvalue name_of(const struct rows *rows, const char *line, size_t len)
{
	struct jvalue root;
	struct problem fault = {.status = 0};

	if (!rows->is_json)
		return (struct jvalue){line + (len < 2 ? len : 2), len < 2 ? 0 : len - 2};
	bool is_good = jvalue_parse(line, len, &root, &fault);
	problem_done(&fault);
	return is_good ? jvalue_find(root, "domain") : (struct jvalue){line, len};
}

/* Text begins with a mark, which some statuses share: no job has two of these. */
static bool has_mark(const char *status, char mark)
{
	static const struct {
		const char *status, *marks;
	} rows[] = {{"found", "+"}, {"not_found", " -"}, {"error", "?"}, {"available", "+"},
	    {"registered", " "}, {"reserved", "-"}, {"unknown", "?"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].status, status) == 0)
			return strchr(rows[i].marks, mark) != NULL;
	}
	return false;
}

static bool is_wanted(const struct rows *rows, const char *line, size_t len)
{
	struct jvalue root;
	struct problem fault = {.status = 0};
	char status[40];

	if (rows->status == NULL)
		return true;
	if (!rows->is_json)
		return len > 0 && has_mark(rows->status, line[0]);
	bool is_good = jvalue_parse(line, len, &root, &fault);
	problem_done(&fault);
	return is_good && jvalue_copy(jvalue_find(root, "status"), status, sizeof(status)) > 0 &&
	       strcmp(status, rows->status) == 0;
}

struct kept_row {
	struct jvalue name;
	const char *line;
	size_t len;
};

static int compare(const void *a, const void *b)
{
	const struct kept_row *x = a, *y = b;
	size_t n = x->name.len < y->name.len ? x->name.len : y->name.len;
	int order = memcmp(x->name.at, y->name.at, n);

	return order != 0 ? order : (x->name.len > y->name.len) - (x->name.len < y->name.len);
}

void rows_finish(struct rows *rows)
{
	const char *at = rows->kept.len > 0 ? rows->kept.data : "", *end = at + rows->kept.len;
	size_t n = 0, room = 0;
	struct kept_row *all = NULL;

	while (at < end) {
		size_t len = (size_t)((const char *)memchr(at, '\n', (size_t)(end - at)) - at) + 1;
		if (n == room) {
			room = room > 0 ? 2 * room : 1024;
			all = xrealloc(all, room * sizeof(*all));
		}
		all[n++] = (struct kept_row){name_of(rows, at, len), at, len};
		at += len;
	}
	if (n > 0)
		qsort(all, n, sizeof(*all), compare);
	for (size_t i = 0; i < n; i++)
		(void)raw_write(&rows->raw, all[i].line, all[i].len);
	free(all);
	buf_clear(&rows->kept);
	(void)fflush(stdout);
}

static void print_row(struct rows *rows, const char *line, size_t len)
{
	if (!is_wanted(rows, line, len))
		return;
	rows->n_wanted++;
	if (rows->is_hidden)
		return;
	if (rows->is_sorted)
		buf_add(&rows->kept, line, len);
	else
		(void)raw_write(&rows->raw, line, len);
}

static bool on_line(const char *line, size_t len, void *arg)
{
	struct rows *rows = arg;

	if (!rows->is_short)
		print_row(rows, line, len);
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
