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

STR_DEFINE_NAMES(item_status, enum item_status, status_names)

const char *reason_name(enum reason reason)
{
	return reason_names[reason];
}

const char *rcode_name(enum rcode rcode)
{
	return rcode_names[rcode];
}
