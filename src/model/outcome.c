/* Names of outcomes. */
#include "model/outcome.h"

#include <strings.h>

#include "base/str.h"

static const char *const status_names[] = {
#define X(id, name) name,
    ITEM_STATUSES(X)
#undef X
};

static const char *const reason_names[] = {
#define X(id, name) name,
    REASONS(X)
#undef X
};

static const char *const rcode_names[] = {
#define X(id, name) name,
    RCODES(X)
#undef X
};

STR_DEFINE_NAMES(item_status, enum item_status, status_names)

const char *reason_name(enum reason reason)
{
	return reason_names[reason];
}

bool reason_parse(const char *name, enum reason *ret_reason)
{
	int i = str_find(reason_names + 1, N_REASONS - 1, name); /* the first has no name */

	if (i >= 0)
		*ret_reason = (enum reason)(i + 1);
	return i >= 0;
}

bool rcode_parse(const char *name, enum rcode *ret_rcode)
{
	for (int i = 0; i < N_RCODES; i++) {
		if (strcasecmp(rcode_names[i], name) == 0) {
			*ret_rcode = (enum rcode)i;
			return true;
		}
	}
	return false;
}

const char *rcode_name(enum rcode rcode)
{
	return rcode_names[rcode];
}

bool item_status_is_failure(enum item_status status)
{
	return status == ITEM_ERROR || status == ITEM_UNKNOWN;
}
