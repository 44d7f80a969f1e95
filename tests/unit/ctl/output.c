/* Standard output, caught. */
#include "output.h"

#include <stdio.h>
#include <unistd.h>

#include "../unit.h"
#include "base/buf.h"

static int saved_stdout;

void output_begin(void)
{
	FILE *file = tmpfile();

	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	ck_assert(file != NULL && saved_stdout >= 0);
	ck_assert_int_eq(dup2(fileno(file), STDOUT_FILENO), STDOUT_FILENO);
	fclose(file);
}

char *output_end(void)
{
	char piece[4096];
	struct buf text;
	size_t n;

	fflush(stdout);
	FILE *file = fdopen(dup(STDOUT_FILENO), "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_eq(dup2(saved_stdout, STDOUT_FILENO), STDOUT_FILENO);
	close(saved_stdout);
	rewind(file);
	buf_init(&text, SIZE_MAX / 2);
	while ((n = fread(piece, 1, sizeof(piece), file)) > 0)
		buf_add(&text, piece, n);
	fclose(file);
	return buf_take(&text, NULL);
}
