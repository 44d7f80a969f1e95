/* Values of options, each kind with what it refuses. */
#include "../unit.h"

#include "base/alloc.h"
#include "ctl/option.h"

struct values {
	const char *text;
	uint64_t number;
	bool flag;
};

#define AT(field) .offset = offsetof(struct values, field)

static const struct option_row table[] = {
    {"text", 0, "TEXT", NULL, AT(text)},
    {"word", 0, "WORD", NULL, OPT_WORD, AT(text), .takes = "one, two or three"},
    {"number", 0, "N", NULL, OPT_NUMBER, AT(number), .min = 2, .max = 10},
    {"flag", 0, NULL, NULL, OPT_FLAG, AT(flag)},
    {"preset", 0, NULL, NULL, OPT_PRESET, AT(text), .takes = "true"},
    {"time", 0, "TIME", NULL, AT(text), .read = option_check_time, .takes = OPT_TIME_FORM},
    {"duration", 0, "TIME", NULL, AT(text), .read = option_check_duration,
	.takes = OPT_DURATION_FORM},
    {"id", 0, "ID", NULL, AT(text), .read = option_check_id, .takes = "an ID"},
    {"first", 0, "FILE", NULL, AT(text), .read = option_check_first, .takes = "one file only"},
    {0},
};

static const struct {
	const char *option, *value;
	bool is_good;
} rows[] = {
    {"text", "", true},
    {"text", "any", true},
    {"word", "one", true},
    {"word", "two", true},
    {"word", "three", true},
    {"word", "or", false},
    {"word", "", false},
    {"word", "on", false},
    {"word", "one,", false},
    {"word", "one, two", false},
    {"number", "2", true},
    {"number", "10", true},
    {"number", "1", false},
    {"number", "11", false},
    {"number", "", false},
    {"number", "-1", false},
    {"number", "+3", false},
    {"number", " 3", false},
    {"number", "3x", false},
    {"number", "18446744073709551618", false},
    {"flag", NULL, true},
    {"preset", NULL, true},
    {"time", "2026-11-22T12:00:00Z", true},
    {"time", "tomorrow", false},
    {"duration", "10m", true},
    {"duration", "10", false},
    {"id", "01a20320-a200-7c31-9d52-6e0f4b8a17c3", true},
    {"id", "../x", false},
    {"first", "-", true},
};

static const struct option_row *find(const char *name)
{
	const struct option_row *option = table;

	while (strcmp(option->name, name) != 0)
		option++;
	return option;
}

TEST(values_are_checked)
{
	static const struct values unset = {.number = 77};
	struct values values = unset;
	const struct option_row *option = find(rows[_i].option);
	bool is_good = option_set(option, rows[_i].value, &values);

	ck_assert_msg(is_good == rows[_i].is_good, "--%s %s", rows[_i].option, rows[_i].value);
	ck_assert_msg(is_good != (memcmp(&values, &unset, sizeof(values)) == 0), "--%s %s",
	    rows[_i].option, rows[_i].value);
	if (is_good && option->kind == OPT_TEXT)
		ck_assert_str_eq(values.text, rows[_i].value);
}

TEST(second_is_refused)
{
	struct values values = {.text = "list"};

	ck_assert(!option_set(find("first"), "list", &values));
}

TEST(what_is_taken_is_described)
{
	struct buf text;

	buf_init(&text, 100);
	option_describe(find("number"), &text);
	buf_add_str(&text, "; ");
	option_describe(find("word"), &text);
	ck_assert_str_eq(text.data, "a whole number from 2 to 10; one, two or three");
	buf_done(&text);
}

SUITE(option)
{
	ADD_ROWS(values_are_checked, rows);
	ADD(second_is_refused);
	ADD(what_is_taken_is_described);
}
