/* The data of an answer as lines of text. */
#include "dns/recordset.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "dns/rdata.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Rewrite the texts from `start` on in the order of `lines`, equal ones once. */
static size_t write_sorted(struct buf *b, size_t start, const char **lines, size_t n)
{
	AUTO_FREE char *copy = xmalloc(b->len - start);
	size_t used = 0, n_kept = 0;

	qsort(lines, n, sizeof(*lines), compare);
	for (size_t i = 0; i < n; i++) {
		if (i > 0 && strcmp(lines[i], lines[i - 1]) == 0)
			continue;
		size_t size = strlen(lines[i]) + 1;
		memcpy(copy + used, lines[i], size);
		used += size;
		n_kept++;
	}
	buf_truncate(b, start);
	buf_add(b, copy, used);
	return n_kept;
}

size_t dns_recordset_write(const struct dns_answer *a, struct buf *b)
{
	struct dns_cursor cursor = {0};
	struct dns_record r;
	size_t start = b->len, n = 0;

	while (dns_answer_next(a, &cursor, &r)) {
		dns_rdata_format(a->message, &r, b);
		buf_add_char(b, '\0');
		n++;
	}
	if (n < 2 || b->overflow)
		return n;
	AUTO_FREE const char **lines = xcalloc(n, sizeof(*lines));
	size_t at = start;
	for (size_t i = 0; i < n; i++) {
		lines[i] = b->data + at;
		at += strlen(lines[i]) + 1;
	}
	return write_sorted(b, start, lines, n);
}
