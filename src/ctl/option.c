/* Tables of options. Thread: any. */
#include "ctl/option.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/str.h"

/* Say whether `value` is one of the words in "one, two or three". */
static bool is_listed(const char *list, const char *value)
{
	size_t len = strlen(value), n;

	for (; *list != '\0'; list += strspn(list, ", ")) {
		n = strcspn(list, ", ");
		if (n == len && memcmp(list, value, n) == 0)
			return strcmp(value, "or") != 0;
		list += n;
	}
	return false;
}

bool option_set(const struct option_row *option, const char *value, void *input)
{
	void *variable = (char *)input + option->offset;

	if (option->read != NULL && !option->read(value, variable))
		return false;
	switch (option->kind) {
	case OPT_WORD:
		if (!is_listed(option->takes, value))
			return false;
		*(const char **)variable = value;
		return true;
	case OPT_TEXT:
		*(const char **)variable = value;
		return true;
	case OPT_PRESET:
		*(const char **)variable = option->takes;
		return true;
	case OPT_FLAG:
		*(bool *)variable = true;
		return true;
	case OPT_NUMBER: {
		uint64_t number;
		if (str_to_u64(value, option->max, &number) != OK || number < option->min)
			return false;
		*(uint64_t *)variable = number;
		return true;
	}
	case OPT_READ:
	case OPT_ALIAS:
		break;
	}
	return true;
}

void option_describe(const struct option_row *option, struct buf *text)
{
	if (option->takes != NULL)
		buf_add_str(text, option->takes);
	else
		buf_addf(text, "a whole number from %llu to %llu", (unsigned long long)option->min,
		    (unsigned long long)option->max);
}

bool option_check_time(const char *value, void *variable)
{
	usec_t time;

	(void)variable;
	return clock_parse(value, &time) == OK;
}

bool option_check_duration(const char *value, void *variable)
{
	usec_t duration;

	(void)variable;
	return str_to_duration(value, &duration) == OK;
}

bool option_check_id(const char *value, void *variable)
{
	struct id id;

	(void)variable;
	return id_parse(value, &id);
}

bool option_check_first(const char *value, void *variable)
{
	(void)value;
	return *(const char **)variable == NULL;
}
