/* Messages. Thread: main. */
#include "ctl/message.h"

#include <stdarg.h>
#include <string.h>

#include "base/utf8.h"
#include "ctl/args.h"

void message_print(FILE *file, const char *text)
{
	size_t len = strlen(text);
	struct buf visible;

	buf_init(&visible, len);
	utf8_add_visible(&visible, text, len, '?');
	if (visible.len > 0)
		fwrite(visible.data, 1, visible.len, file);
	buf_done(&visible);
}

void message_print_field(const char *name, const char *text)
{
	printf("%-11s", name);
	message_print(stdout, text != NULL ? text : "-");
	putchar('\n');
}

void message_print_count(const char *name, uint64_t count)
{
	printf("%-11s%llu\n", name, (unsigned long long)count);
}

static void print_line(const char *program, const char *format, va_list args) PRINTF(2, 0);
static void print_line(const char *program, const char *format, va_list args)
{
	struct buf text;

	buf_init(&text, SIZE_MAX / 2);
	buf_addf(&text, "%s: ", program);
	buf_addv(&text, format, args);
	message_print(stderr, text.data);
	fputc('\n', stderr);
	buf_done(&text);
}

void message_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line("asyncprobectl", format, args);
	va_end(args);
}

int message_usage(const char *program, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print_line(program, format, args);
	va_end(args);
	fprintf(stderr, "Try `%s --help' for more information.\n", program);
	return CTL_USAGE;
}
