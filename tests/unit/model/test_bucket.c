/* The token bucket, by a clock that is an argument. */
#include "../unit.h"

#include "model/bucket.h"

enum { START = 1000 };

TEST(without_a_rate_there_is_no_limit)
{
	struct bucket b;

	bucket_init(&b, 0, START);
	for (int i = 0; i < 100000; i++)
		ck_assert(bucket_take(&b, START));
	ck_assert(bucket_wait(&b, START) == 0);
}

TEST(time_that_goes_back_gives_nothing)
{
	struct bucket b;

	bucket_init(&b, 10, START);
	ck_assert(bucket_take(&b, START));
	ck_assert(!bucket_take(&b, START - 500));
	ck_assert(!bucket_take(&b, START));
}

static const double rates[] = {1, 3, 10, 999, 20000, 1000000};

/* Whoever waits as long as told gets a token; in ten seconds ten times the rate, and a burst. */
TEST(keeps_the_rate)
{
	double rate = rates[_i], n = 0;
	usec_t now = START, end = START + 10 * USEC_PER_SEC;
	unsigned n_wrong = 0; /* counted, because an assertion costs more than all the rest */
	struct bucket b;

	bucket_init(&b, rate, now);
	while (now < end) {
		while (bucket_take(&b, now))
			n++;
		usec_t wait = bucket_wait(&b, now);
		n_wrong += wait <= 0;
		now += wait > 0 ? wait : 1;
		n_wrong += bucket_wait(&b, now) != 0;
	}
	ck_assert_uint_eq(n_wrong, 0);
	ck_assert_msg(n <= 10 * rate + 2, "%f: %f", rate, n);
	ck_assert_msg(rate > 1000 || n >= 10 * rate - 1, "%f: %f", rate, n);
	/* each wait is rounded up to the next microsecond */
	ck_assert_msg(n >= 10 / (1 / rate + 2e-6) - 2, "%f: %f", rate, n);
}

TEST(a_burst_is_a_twentieth_of_a_second)
{
	struct bucket b;
	int n = 0;

	bucket_init(&b, 1000, START);
	while (bucket_take(&b, START + 60 * USEC_PER_SEC))
		n++;
	ck_assert_int_eq(n, 50);
	bucket_init(&b, 1000, START); /* none at the start */
	for (n = 0; bucket_take(&b, START);)
		n++;
	ck_assert_int_eq(n, 1);
}

SUITE(bucket)
{
	ADD(without_a_rate_there_is_no_limit);
	ADD(time_that_goes_back_gives_nothing);
	ADD_ROWS(keeps_the_rate, rates);
	ADD(a_burst_is_a_twentieth_of_a_second);
}
