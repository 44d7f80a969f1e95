/* Ranges. */
#include "api/range.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/str.h"

/* A number past what any file has stands for the end of all files. */
static bool read_place(const char *text, uint64_t *ret_place)
{
	enum err e = str_to_u64(text, INT64_MAX, ret_place);

	if (e == ERR_TOO_BIG)
		*ret_place = INT64_MAX;
	return e == OK || e == ERR_TOO_BIG;
}

/* The last bytes, as many as `length` says. */
static bool parse_tail(const char *length, uint64_t size, uint64_t *ret_first, uint64_t *ret_end)
{
	uint64_t n;

	if (!read_place(length, &n))
		return false;
	*ret_first = n < size ? size - n : 0;
	*ret_end = n > 0 ? size : *ret_first;
	return true;
}

/* Read `first-last`, `first-` or `-length`. False: it makes no sense. */
static bool parse(const char *text, uint64_t size, uint64_t *ret_first, uint64_t *ret_end)
{
	const char *dash = strchr(text, '-');
	uint64_t first = 0, last = 0;

	if (dash == NULL || strchr(text, ',') != NULL)
		return false;
	if (dash == text)
		return parse_tail(dash + 1, size, ret_first, ret_end);
	AUTO_FREE char *left = xstrndup(text, (size_t)(dash - text));
	bool has_last = dash[1] != '\0';
	if (!read_place(left, &first) || (has_last && !read_place(dash + 1, &last)) ||
	    (has_last && last < first))
		return false;
	*ret_first = first;
	*ret_end = has_last && last < size ? last + 1 : size;
	return true;
}

/* Say whether `text` is the strong tag, in quotes. */
static bool is_tag(const char *text, const char *etag)
{
	size_t len = strlen(etag);

	return text[0] == '"' && strncmp(text + 1, etag, len) == 0 &&
	       strcmp(text + 1 + len, "\"") == 0;
}

bool range_choose(const char *range, const char *if_range, const char *etag, uint64_t size,
    struct range *ret_range)
{
	uint64_t first, end;

	*ret_range = (struct range){.n_bytes = size};
	if (range == NULL || strncasecmp(range, "bytes=", 6) != 0)
		return true;
	if (if_range != NULL && !is_tag(if_range, etag))
		return true;
	if (!parse(range + 6, size, &first, &end))
		return true;
	/* the last bytes of a file without any: all of it, by section 14.1.2 */
	if (size == 0 && range[6] == '-' && strspn(range + 7, "0") < strlen(range + 7))
		return true;
	if (first >= end || first >= size)
		return false;
	*ret_range = (struct range){.first = first, .n_bytes = end - first, .is_part = true};
	return true;
}

void range_add_escaped(struct buf *b, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "!#$&+-.^_`|~";

	buf_add_percent(b, text, plain);
}
