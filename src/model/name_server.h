/* A name server as the API shows it: plain values. Thread: any. */
#pragma once

#include <stdint.h>

#include "base/clock.h"
#include "model/result.h"

enum { NAME_SERVER_TEXT = 256 };

struct name_server {
	char address[NAME_SERVER_TEXT]; /* with its port */
	const char *rests;              /* why it is not used, or seldom; NULL: it is used */
	usec_t rests_until;             /* wall time of the next try; 0: not known */
	usec_t rtt;                     /* usual time to an answer; 0: not known */
	uint64_t window, in_flight;
	uint64_t queries, late, mismatches, lies;
	uint64_t outcomes[N_RCODES]; /* how queries ended */
};
