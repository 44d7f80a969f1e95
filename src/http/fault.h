/* Why a request is refused. A function that fills one returns false; otherwise it stays untouched.
 * Thread: any. */
#pragma once

#include <stdbool.h>

struct fault {
	int status;         /* of the answer */
	const char *detail; /* static; a sentence for the problem document */
};

/* Fill a fault; always false. */
static inline bool fault_set(struct fault *f, int status, const char *detail)
{
	*f = (struct fault){status, detail};
	return false;
}
