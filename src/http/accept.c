/* Content negotiation. */
#include "http/accept.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* How specifically a range matches a type: 0 not at all, 1 as any type, 2 by its main type, 3
 * exactly. */
static int fit(const char *range, size_t len, const char *type)
{
	size_t major = strcspn(type, "/") + 1;

	if (len == 3 && strncmp(range, "*/*", 3) == 0)
		return 1;
	if (len == major + 1 && range[major] == '*' && strncasecmp(range, type, major) == 0)
		return 2;
	return len == strlen(type) && strncasecmp(range, type, len) == 0 ? 3 : 0;
}

/* The weight among the parameters of a range, in thousandths. */
static int weight(const char *params, const char *end)
{
	for (const char *p = params; p + 2 < end; p++) {
		if ((p[0] == ';' || p[0] == ' ') && (p[1] == 'q' || p[1] == 'Q') && p[2] == '=') {
			double q = strtod(p + 3, NULL);
			return q >= 1 ? 1000 : q > 0 ? (int)(q * 1000) : 0; /* NaN: 0 */
		}
	}
	return 1000;
}

/* The weight that the header gives to a type: that of the range which fits best. */
static int weight_of(const char *header, const char *type)
{
	int best_fit = 0, best_weight = 0;

	for (const char *p = header; *p != '\0';) {
		p += strspn(p, " ,\t");
		const char *end = p + strcspn(p, ",");
		int f = fit(p, strcspn(p, ";, \t"), type);
		if (f > best_fit) {
			best_fit = f;
			best_weight = weight(p, end);
		}
		p = end;
	}
	return best_weight;
}

int accept_choose(const char *header, const char *const *types, size_t n_types)
{
	int best = -1, best_weight = 0;

	if (header == NULL || *header == '\0')
		return 0;
	for (size_t i = 0; i < n_types; i++) {
		int w = weight_of(header, types[i]);
		if (w > best_weight) {
			best = (int)i;
			best_weight = w;
		}
	}
	return best;
}

/* The weight of a coding; that of `*` when it is not named, 0 when neither is. */
static int weight_of_coding(const char *header, const char *coding)
{
	int weight_of_any = 0;

	for (const char *p = header; *p != '\0';) {
		p += strspn(p, " ,\t");
		const char *end = p + strcspn(p, ",");
		size_t len = strcspn(p, ";, \t");
		if (len == strlen(coding) && strncasecmp(p, coding, len) == 0)
			return weight(p, end);
		if (len == 1 && *p == '*')
			weight_of_any = weight(p, end);
		p = end;
	}
	return weight_of_any;
}

bool accept_takes_coding(const char *header, const char *coding)
{
	if (header == NULL)
		return false;
	int wanted = weight_of_coding(header, coding);
	return wanted > 0 && wanted >= weight_of_coding(header, "identity");
}
