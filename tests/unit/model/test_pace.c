/* The rate of a job, told by a clock that is an argument. */
#include "../unit.h"

#include <math.h>

#include "model/pace.h"

enum { START = 1000 };

TEST(no_time_no_rate)
{
	struct pace pace;

	pace_init(&pace, START, 10);
	ck_assert(pace_update(&pace, START, 10) == 0);
	ck_assert(pace_update(&pace, START, 1000) == 0);
	ck_assert(pace_update(&pace, START - 500, 1000) == 0);
}

TEST(since_the_start_at_first)
{
	struct pace pace;

	pace_init(&pace, START, 100);
	ck_assert(pace_update(&pace, START + USEC_PER_SEC / 2, 150) == 100);
	ck_assert(pace_update(&pace, START + USEC_PER_SEC, 300) == 200);
	ck_assert(pace_update(&pace, START + 4 * USEC_PER_SEC, 500) == 100);
}

TEST(forgets_within_ten_seconds)
{
	struct pace pace;
	uint64_t count = 0;
	double rate = 0;

	pace_init(&pace, START, 0);
	for (int tenth = 1; tenth <= 200; tenth++) {
		count += 100;
		rate = pace_update(&pace, START + tenth * (USEC_PER_SEC / 10), count);
		ck_assert_msg(fabs(rate - 1000) < 1e-6, "%d: %f", tenth, rate);
	}
	for (int tenth = 201; tenth <= 300; tenth++)
		rate = pace_update(&pace, START + tenth * (USEC_PER_SEC / 10), count);
	ck_assert_msg(rate == 0, "%f", rate);
	for (int tenth = 301; tenth <= 400; tenth++) {
		count += 5;
		rate = pace_update(&pace, START + tenth * (USEC_PER_SEC / 10), count);
	}
	ck_assert_msg(fabs(rate - 50) < 1e-6, "%f", rate);
}

TEST(a_long_silence_counts)
{
	struct pace pace;

	pace_init(&pace, START, 0);
	pace_update(&pace, START + USEC_PER_SEC, 1000);
	double rate = pace_update(&pace, START + 100 * USEC_PER_SEC, 1000);
	ck_assert_msg(rate == 10, "%f", rate);
	rate = pace_update(&pace, START + 105 * USEC_PER_SEC, 1000);
	ck_assert_msg(rate == 0, "%f", rate);
}

SUITE(pace)
{
	ADD(no_time_no_rate);
	ADD(since_the_start_at_first);
	ADD(forgets_within_ten_seconds);
	ADD(a_long_silence_counts);
}
