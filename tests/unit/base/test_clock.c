/* Time and its text form. */
#include "../unit.h"

#include "base/clock.h"

static const struct {
	const char *name;
	usec_t wall;
} times[] = {
    {"1970-01-01T00:00:00.000Z", -1}, /* nothing of ours is older; shown as the oldest there is */
    {"1970-01-01T00:00:00.000Z", INT64_MIN},
    {"9999-12-31T23:59:59.999Z", CLOCK_WALL_MAX + 1},
    {"9999-12-31T23:59:59.999Z", INT64_MAX},
    {"9999-12-31T23:59:59.999Z", CLOCK_WALL_MAX},
    {"1970-01-01T00:00:00.000Z", 0},
    {"1970-01-01T00:00:00.000Z", 999},
    {"1970-01-01T00:00:00.001Z", 1000},
    {"1999-12-31T23:59:59.999Z", 946684799999999},
    {"2000-02-29T12:34:56.789Z", 951827696789000},
    {"2026-11-22T12:00:00.123Z", 1795348800123456},
    {"2038-01-19T03:14:08.000Z", 2147483648000000},
    {"2100-03-01T00:00:00.000Z", 4107542400000000},
};

TEST(formats_as_rfc_3339)
{
	char text[CLOCK_TEXT_SIZE];

	clock_format(times[_i].wall, text);
	ck_row_str(times[_i].name, text, times[_i].name);
}

TEST(monotonic_never_goes_back)
{
	usec_t last = clock_mono();

	for (int i = 0; i < 10000; i++) {
		usec_t now = clock_mono();
		ck_assert_int_ge(now, last);
		last = now;
	}
}

TEST(wall_counts_microseconds)
{
	ck_assert_int_gt(clock_wall(), 1700000000 * USEC_PER_SEC);
	ck_assert_int_lt(clock_wall(), CLOCK_WALL_MAX);
}

SUITE(clock)
{
	ADD_ROWS(formats_as_rfc_3339, times);
	ADD(monotonic_never_goes_back);
	ADD(wall_counts_microseconds);
}
