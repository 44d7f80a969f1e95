/* Which results of a job are wanted, and of records which types. Thread: any. */
#pragma once

#include "base/buf.h"
#include "model/result.h"

struct result_filter {
	bool has_status, has_reason, has_rcode, has_type;
	enum item_status status;
	enum reason reason; /* of the name, or of one of its types */
	enum rcode rcode;   /* of one of its types, or in its evidence */
	uint16_t type;      /* asked for and answered with data, unless rcode or reason say what */
};

/* Say whether the result is wanted. */
bool result_filter_passes(const struct result_filter *filter, const struct result *r);

/* With a type, leave out the records of other types: the result's fields then stand in `fields`,
 * which is the caller's. */
void result_filter_narrow(const struct result_filter *filter, struct result *r, struct buf *fields);
