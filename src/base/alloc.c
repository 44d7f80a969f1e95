/* Allocation that aborts when memory is exhausted. */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *check(void *p)
{
	static const char text[] = "level=error event=out_of_memory\n";

	if (p == NULL) {
		ssize_t n = write(STDERR_FILENO, text, sizeof(text) - 1);
		(void)n;
		abort();
	}
	return p;
}

void *xmalloc(size_t n_bytes)
{
	return check(malloc(n_bytes > 0 ? n_bytes : 1));
}

void *xcalloc(size_t n, size_t n_bytes)
{
	return check(calloc(n > 0 ? n : 1, n_bytes > 0 ? n_bytes : 1));
}

void *xrealloc(void *p, size_t n_bytes)
{
	return check(realloc(p, n_bytes > 0 ? n_bytes : 1));
}

char *xstrdup(const char *s)
{
	return check(strdup(s));
}

char *xstrndup(const char *s, size_t n_bytes)
{
	return check(strndup(s, n_bytes));
}

void alloc_free_ptr(void *p)
{
	free(*(void **)p);
}

void alloc_free_all(void *const *pointers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(pointers[i]);
}
