/* Checked reading of numbers from text. */
#include "base/str.h"

#include <string.h>

/* Read the digits at *s and move *s behind them. */
static enum err read_digits(const char **s, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (**s < '0' || **s > '9')
		return ERR_INVALID;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		uint64_t digit = (uint64_t)(**s - '0');
		if (value > (max - digit) / 10 || digit > max)
			return ERR_TOO_BIG;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return OK;
}

enum err str_to_u64(const char *s, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;
	enum err e = read_digits(&s, max, &value);

	if (e != OK)
		return e;
	if (*s != '\0')
		return ERR_INVALID;
	*ret_value = value;
	return OK;
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

static enum err read_with_unit(
    const char *s, const struct unit *units, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;
	enum err e = read_digits(&s, max, &value);

	if (e != OK)
		return e;
	for (; units->suffix != NULL; units++) {
		if (strcmp(units->suffix, s) != 0)
			continue;
		if (value > max / units->factor)
			return ERR_TOO_BIG;
		*ret_value = value * units->factor;
		return OK;
	}
	return ERR_INVALID;
}

enum err str_to_size(const char *s, uint64_t max, uint64_t *ret_bytes)
{
	static const struct unit units[] = {
	    {"", 1}, {"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {NULL, 0}};

	return read_with_unit(s, units, max, ret_bytes);
}

enum err str_to_duration(const char *s, usec_t *ret_duration)
{
	static const struct unit units[] = {{"ms", USEC_PER_MSEC}, {"s", USEC_PER_SEC},
	    {"m", 60 * USEC_PER_SEC}, {"h", 3600 * USEC_PER_SEC}, {"d", 86400 * USEC_PER_SEC},
	    {NULL, 0}};
	uint64_t value;
	enum err e = read_with_unit(s, units, (uint64_t)3650 * 86400 * USEC_PER_SEC, &value);

	if (e == OK)
		*ret_duration = (usec_t)value;
	return e;
}

int str_find(const char *const *names, int n, const char *text)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(names[i], text) == 0)
			return i;
	}
	return -1;
}
