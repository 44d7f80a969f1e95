/* Names of outcomes. */
#include "model/outcome.h"

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

const char *item_status_name(enum item_status status)
{
	return status_names[status];
}

bool item_status_parse(const char *name, enum item_status *ret_status)
{
	int i = str_find(status_names, ITEM_N_STATUSES, name);

	if (i >= 0)
		*ret_status = (enum item_status)i;
	return i >= 0;
}

const char *reason_name(enum reason reason)
{
	return reason_names[reason];
}

const char *rcode_name(enum rcode rcode)
{
	return rcode_names[rcode];
}
