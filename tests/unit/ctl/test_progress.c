/* The progress bar at all widths. */
#include "../unit.h"

#include <stdlib.h>

#include "ctl/progress.h"
#include "ctl/view.h"

enum { MAX_BYTES = 4096, MAX_COLUMNS = 300 };

static const struct {
	const char *name;
	struct progress progress;
	size_t n_columns;
	const char *want; /* without what erases the rest of the line */
} bars[] = {
    {"usual", {450, 1000, 200, "found", 1234.4, 0, 2 * USEC_PER_SEC}, 80,
	"\r 45% [###############--------------------] 450/1000, 200 found, 1234/s, 2s left"},
    {"slow", {1, 2, 0, "found", 0.25, 0, -1}, 80,
	"\r 50% [####################--------------------] 1/2, 0 found, 0.2/s"},
    {"bytes", {5, 10, 5, "downloaded", 12, 3440000, 2 * USEC_PER_SEC}, 90,
	"\r 50% [###################-------------------] 5/10, 5 downloaded, 12/s, 3.4 MB/s, 2s "
	"left"},
    {"few bytes", {5, 5, 5, "downloaded", 12, 998, 0}, 50,
	"\r100% [#########] 5/5, 5 downloaded, 12/s, 998 B/s"},
    {"many bytes", {5, 5, 5, "downloaded", 12, 12.3e9, 0}, 50,
	"\r100% [#########] 5/5, 5 downloaded, 12/s, 12 GB/s"},
    {"no items", {0, 0, 0, "found", 0, 0, -1}, 40, "\r100% [##############] 0/0, 0 found, 0/s"},
    {"more than all", {3, 2, 3, "found", 0, 0, 5}, 30, "\r100% 3/2, 3 found, 0/s"},
    {"no room for a bar", {1, 2, 1, "found", 1, 0, -1}, 25, "\r 50% 1/2, 1 found, 1.0/s"},
    {"no room for all", {1, 2, 1, "found", 1, 0, -1}, 12, "\r 50% 1/2, 1"},
    {"no room", {1, 2, 1, "found", 1, 0, -1}, 3, "\r1/"},
    {"one column", {1, 2, 1, "found", 1, 0, -1}, 1, "\r"},
    {"no columns", {1, 2, 1, "found", 1, 0, -1}, 0, "\r"},
};

static char *draw(const struct progress *progress, size_t n_columns)
{
	static const char erase[] = "\033[K";
	struct buf text;

	buf_init(&text, MAX_BYTES);
	progress_draw(&text, progress, n_columns);
	ck_assert(!text.overflow && text.len >= strlen(erase));
	text.len -= strlen(erase);
	ck_assert_str_eq(text.data + text.len, erase);
	text.data[text.len] = '\0';
	return buf_take(&text, NULL);
}

TEST(bar_is_drawn)
{
	char *got = draw(&bars[_i].progress, bars[_i].n_columns);

	ck_row_str(bars[_i].name, got, bars[_i].want);
	free(got);
}

TEST(bar_fits)
{
	static const struct progress worst = {UINT64_MAX - 1, UINT64_MAX, UINT64_MAX, "downloaded",
	    VIEW_MAX_RATE, 1e15, CLOCK_WALL_MAX};

	for (size_t n = 0; n < MAX_COLUMNS; n++) {
		char *got = draw(&worst, n);
		ck_assert_uint_le(strlen(got), n > 0 ? n : 1); /* the \r takes no column */
		if (n == MAX_COLUMNS - 1)
			ck_assert_ptr_nonnull(strstr(got, " left"));
		free(got);
	}
}

static const struct {
	const char *want;
	usec_t duration;
} durations[] = {
    {"0s", 0},
    {"1s", 1},
    {"9s", 9 * USEC_PER_SEC},
    {"1m00s", 60 * USEC_PER_SEC},
    {"2m05s", 125 * USEC_PER_SEC},
    {"3h07m", (3 * 3600 + 7 * 60 + 59) * USEC_PER_SEC},
    {"4d02h", (4 * 86400 + 2 * 3600) * USEC_PER_SEC},
};

TEST(durations_are_short)
{
	struct buf text;

	buf_init(&text, MAX_BYTES);
	progress_add_duration(&text, durations[_i].duration);
	ck_assert_str_eq(text.data, durations[_i].want);
	buf_done(&text);
}

SUITE(progress)
{
	ADD_ROWS(bar_is_drawn, bars);
	ADD(bar_fits);
	ADD_ROWS(durations_are_short, durations);
}
