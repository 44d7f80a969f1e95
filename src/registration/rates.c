#include "registration/rates.h"

#include <stdlib.h>
#include <string.h>

static const char separators[] = ", \t\r\n";

/* Read the element at `*list` and move behind it. False at the end, with *ret_is_bad when what
 * stands there is none. */
static bool next(
    const char **list, const char **ret_host, size_t *ret_len, double *ret_rate, bool *ret_is_bad)
{
	const char *at = *list + strspn(*list, separators);
	size_t len = strcspn(at, separators);
	const char *equals = memchr(at, '=', len);
	char *end = NULL;

	*ret_is_bad = false;
	if (len == 0)
		return false;
	*list = at + len;
	*ret_host = at;
	*ret_len = equals != NULL ? (size_t)(equals - at) : 0;
	*ret_rate =
	    equals != NULL && equals[1] >= '0' && equals[1] <= '9' ? strtod(equals + 1, &end) : 0;
	*ret_is_bad = *ret_len == 0 || end != at + len || *ret_rate <= 0 || *ret_rate > 10000;
	return !*ret_is_bad;
}

bool rates_are_valid(const char *list)
{
	const char *host;
	size_t len;
	double rate;
	bool is_bad;

	while (next(&list, &host, &len, &rate, &is_bad))
		;
	return !is_bad;
}

double rates_find(const char *list, const char *host)
{
	const char *found;
	size_t len;
	double rate;
	bool is_bad;

	while (next(&list, &found, &len, &rate, &is_bad)) {
		if (len == strlen(host) && memcmp(found, host, len) == 0)
			return rate;
	}
	return 0;
}
