/* Random bytes: however they are asked for, none twice. */
#include "../unit.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/random.h"

/* libevent's name for it; the program's definition, not the C library's. */
void arc4random_buf(void *ret_bytes, size_t n);

enum { N_NUMBERS = 4096 };

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(uint64_t));
}

static void check_different(uint64_t *numbers, size_t n)
{
	qsort(numbers, n, sizeof(*numbers), compare);
	for (size_t i = 1; i < n; i++)
		ck_assert_msg(numbers[i] != numbers[i - 1], "number %zu came twice", i);
}

TEST(gives_nothing_twice)
{
	static uint64_t numbers[N_NUMBERS];

	for (size_t i = 0; i < N_NUMBERS; i++) {
		if (i % 2 == 0)
			random_bytes(&numbers[i], sizeof(numbers[i]));
		else
			arc4random_buf(&numbers[i], sizeof(numbers[i]));
	}
	check_different(numbers, N_NUMBERS);
}

static void *take_half(void *arg)
{
	random_bytes(arg, N_NUMBERS / 2 * sizeof(uint64_t));
	for (size_t i = 0; i < N_NUMBERS / 2; i += 3)
		random_bytes((uint64_t *)arg + i, sizeof(uint64_t));
	return NULL;
}

TEST(gives_threads_different_bytes)
{
	static uint64_t numbers[N_NUMBERS];
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, take_half, numbers), 0);
	take_half(numbers + N_NUMBERS / 2);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	check_different(numbers, N_NUMBERS);
}

static const size_t sizes[] = {1, 7, 255, 511, 512, 513, 1024, 4000};

/* Exactly so many bytes are written, and each of them. */
TEST(fills_all)
{
	size_t n = sizes[_i];
	uint8_t bytes[4002], seen[4002] = {0};

	for (int round = 0; round < 64; round++) {
		memset(bytes, 0, sizeof(bytes));
		random_bytes(bytes + 1, n);
		ck_assert_int_eq(bytes[0], 0);
		ck_assert_int_eq(bytes[n + 1], 0);
		for (size_t i = 1; i <= n; i++)
			seen[i] |= bytes[i];
	}
	for (size_t i = 1; i <= n; i++)
		ck_assert_msg(seen[i] != 0, "byte %zu of %zu is always 0", i - 1, n);
}

SUITE(random)
{
	ADD(gives_nothing_twice);
	ADD(gives_threads_different_bytes);
	ADD_ROWS(fills_all, sizes);
}
