/* What asyncprobectl says on standard error, and text from elsewhere made safe to show. Thread:
 * main. */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Print text that came from elsewhere; what is unsafe to show (base/utf8.h) becomes `?`. */
void message_print(FILE *file, const char *text);

/* Print a line on stdout: a name, and text as message_print does; `-` for NULL. */
void message_print_field(const char *name, const char *text);
void message_print_count(const char *name, uint64_t count);

/* Print `asyncprobectl: MESSAGE` and a line end on stderr, made safe to show as a whole. */
void message_error(const char *format, ...) PRINTF(1, 2);

/* Print `PROGRAM: MESSAGE` and where to find help; returns CTL_USAGE. */
int message_usage(const char *program, const char *format, ...) PRINTF(2, 3);
