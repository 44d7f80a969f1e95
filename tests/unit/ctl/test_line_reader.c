/* Lines of a stream: bounds, and a reader that stops. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "ctl/line_reader.h"

struct seen {
	size_t n_lines, n_bytes, max_lines;
};

static bool on_line(const char *line, size_t len, void *arg)
{
	struct seen *seen = arg;

	ck_assert(len > 0 && line[len - 1] == '\n');
	seen->n_lines++;
	seen->n_bytes += len;
	return seen->n_lines < seen->max_lines;
}

static const struct {
	const char *name;
	size_t len;   /* of a line, with its end */
	size_t first; /* bytes of the first piece */
	bool is_good;
} lines[] = {
    {"longest in one piece", LINE_READER_MAX, LINE_READER_MAX, true},
    {"too long in one piece", LINE_READER_MAX + 1, LINE_READER_MAX + 1, false},
    {"longest in two", LINE_READER_MAX, 1, true},
    {"too long in two", LINE_READER_MAX + 1, 1, false},
    {"too long in the first", LINE_READER_MAX + 2, LINE_READER_MAX + 1, false},
};

TEST(lines_are_bounded)
{
	AUTO_FREE char *line = xmalloc(lines[_i].len);
	struct seen seen = {.max_lines = 2};
	struct line_reader r;

	memset(line, 'x', lines[_i].len);
	line[lines[_i].len - 1] = '\n';
	line_reader_init(&r);
	bool is_good = line_reader_add(&r, line, lines[_i].first, on_line, &seen);
	if (is_good)
		is_good = line_reader_add(
		    &r, line + lines[_i].first, lines[_i].len - lines[_i].first, on_line, &seen);
	ck_assert_msg(is_good == lines[_i].is_good, "%s", lines[_i].name);
	ck_assert_uint_eq(seen.n_bytes, is_good ? lines[_i].len : 0);
	line_reader_done(&r);
}

TEST(reader_stops)
{
	struct seen seen = {.max_lines = 2};
	struct line_reader r;

	line_reader_init(&r);
	ck_assert(!line_reader_add(&r, "a\nb\nc\n", 6, on_line, &seen));
	ck_assert_uint_eq(seen.n_lines, 2);
	line_reader_done(&r);
}

TEST(nothing_is_no_line)
{
	struct seen seen = {.max_lines = 2};
	struct line_reader r;

	line_reader_init(&r);
	ck_assert(line_reader_add(&r, "", 0, on_line, &seen) && seen.n_lines == 0);
	line_reader_done(&r);
}

SUITE(line_reader)
{
	ADD_ROWS(lines_are_bounded, lines);
	ADD(reader_stops);
	ADD(nothing_is_no_line);
}
