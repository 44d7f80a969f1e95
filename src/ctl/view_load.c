/* Bounded reading: the text is judged before anything is made of it. */
#include "ctl/view_load.h"

#include <jansson.h>

#include "wire/json_check.h"

enum { MAX_VALUES = 1 << 20 }; /* a job of a schedule has the most, some 260,000 */

json_t *view_load(const char *text, size_t len)
{
	struct json_report report;

	if (json_check(text, len, &report) != JSON_GOOD || report.n_values > MAX_VALUES)
		return NULL;
	return json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
}
