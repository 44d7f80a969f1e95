/* Numbers, sizes and durations in text. */
#include "../unit.h"

#include "base/str.h"

enum { UNTOUCHED = 4711 };

static const struct {
	const char *name;
	uint64_t max;
	enum err want;
	uint64_t value;
} numbers[] = {
    {"", 10, ERR_INVALID, 0},
    {" 1", 10, ERR_INVALID, 0},
    {"1 ", 10, ERR_INVALID, 0},
    {"+1", 10, ERR_INVALID, 0},
    {"-1", 10, ERR_INVALID, 0},
    {"0x1", 10, ERR_INVALID, 0},
    {"1.0", 10, ERR_INVALID, 0},
    {"1e1", 10, ERR_INVALID, 0},
    {"one", 10, ERR_INVALID, 0},
    {"\xd9\xa1", 10, ERR_INVALID, 0},
    {"11", 10, ERR_TOO_BIG, 0},
    {"10", 9, ERR_TOO_BIG, 0},
    {"1", 0, ERR_TOO_BIG, 0},
    {"9", 8, ERR_TOO_BIG, 0},
    {"19", 18, ERR_TOO_BIG, 0},
    {"18446744073709551616", UINT64_MAX, ERR_TOO_BIG, 0},
    {"18446744073709551625", UINT64_MAX, ERR_TOO_BIG, 0},
    {"99999999999999999999999999999999", UINT64_MAX, ERR_TOO_BIG, 0},
    {"0", 0, OK, 0},
    {"8", 8, OK, 8},
    {"10", 10, OK, 10},
    {"007", 10, OK, 7},
    {"00000000000000000000000000000001", 1, OK, 1},
    {"18446744073709551615", UINT64_MAX, OK, UINT64_MAX},
};

TEST(reads_numbers)
{
	uint64_t value = UNTOUCHED, want = numbers[_i].want == OK ? numbers[_i].value : UNTOUCHED;

	ck_row_str(numbers[_i].name, err_str(str_to_u64(numbers[_i].name, numbers[_i].max, &value)),
	    err_str(numbers[_i].want));
	ck_assert_msg(value == want, "%s: %llu", numbers[_i].name, (unsigned long long)value);
}

static const struct {
	const char *name;
	uint64_t max;
	enum err want;
	uint64_t value;
} sizes[] = {
    {"", UINT64_MAX, ERR_INVALID, 0},
    {"K", UINT64_MAX, ERR_INVALID, 0},
    {"1k", UINT64_MAX, ERR_INVALID, 0},
    {"1KB", UINT64_MAX, ERR_INVALID, 0},
    {"1 K", UINT64_MAX, ERR_INVALID, 0},
    {"1T", UINT64_MAX, ERR_INVALID, 0},
    {"1.5K", UINT64_MAX, ERR_INVALID, 0},
    {"-1K", UINT64_MAX, ERR_INVALID, 0},
    {"1K", 1023, ERR_TOO_BIG, 0},
    {"2K", 2047, ERR_TOO_BIG, 0},
    {"17179869184G", UINT64_MAX, ERR_TOO_BIG, 0},
    {"18446744073709551615K", UINT64_MAX, ERR_TOO_BIG, 0},
    {"0", 0, OK, 0},
    {"0K", 0, OK, 0},
    {"1024", 1024, OK, 1024},
    {"1K", 1024, OK, 1024},
    {"64K", UINT64_MAX, OK, 65536},
    {"10M", UINT64_MAX, OK, 10485760},
    {"2G", UINT64_MAX, OK, 2147483648},
    {"17179869183G", UINT64_MAX, OK, UINT64_MAX - 1073741823},
};

TEST(reads_sizes)
{
	uint64_t value = UNTOUCHED, want = sizes[_i].want == OK ? sizes[_i].value : UNTOUCHED;

	ck_row_str(sizes[_i].name, err_str(str_to_size(sizes[_i].name, sizes[_i].max, &value)),
	    err_str(sizes[_i].want));
	ck_assert_msg(value == want, "%s: %llu", sizes[_i].name, (unsigned long long)value);
}

static const struct {
	const char *name;
	enum err want;
	usec_t value;
} durations[] = {
    {"", ERR_INVALID, 0},
    {"s", ERR_INVALID, 0},
    {"5", ERR_INVALID, 0},
    {"0", ERR_INVALID, 0},
    {"5S", ERR_INVALID, 0},
    {"5 s", ERR_INVALID, 0},
    {"5us", ERR_INVALID, 0},
    {"5w", ERR_INVALID, 0},
    {"1h30m", ERR_INVALID, 0},
    {"0.5s", ERR_INVALID, 0},
    {"-5s", ERR_INVALID, 0},
    {"3651d", ERR_TOO_BIG, 0},
    {"315360001s", ERR_TOO_BIG, 0},
    {"18446744073709551615d", ERR_TOO_BIG, 0},
    {"18446744073709551616ms", ERR_TOO_BIG, 0},
    {"0s", OK, 0},
    {"500ms", OK, 500000},
    {"3s", OK, 3000000},
    {"5m", OK, 300000000},
    {"2h", OK, 7200000000},
    {"7d", OK, 604800000000},
    {"3650d", OK, 315360000000000},
};

TEST(reads_durations)
{
	usec_t value = UNTOUCHED, want = durations[_i].want == OK ? durations[_i].value : UNTOUCHED;

	ck_row_str(durations[_i].name, err_str(str_to_duration(durations[_i].name, &value)),
	    err_str(durations[_i].want));
	ck_assert_msg(value == want, "%s: %lld", durations[_i].name, (long long)value);
}

TEST(finds_names)
{
	static const char *const names[] = {"a", "ab", "b"};

	ck_assert_int_eq(str_find(names, 3, ""), -1);
	ck_assert_int_eq(str_find(names, 3, "abc"), -1);
	ck_assert_int_eq(str_find(names, 2, "b"), -1);
	ck_assert_int_eq(str_find(names, 3, "ab"), 1);
	ck_assert_int_eq(str_find(names, 3, "b"), 2);
}

SUITE(str)
{
	ADD(finds_names);
	ADD_ROWS(reads_numbers, numbers);
	ADD_ROWS(reads_sizes, sizes);
	ADD_ROWS(reads_durations, durations);
}
