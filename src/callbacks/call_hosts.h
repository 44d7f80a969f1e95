/* The hosts that callbacks go to: how many deliveries each has now, and the pauses that some asked
 * for. Times are wall times. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "callbacks/callbacks.h"

/* Hosts with deliveries, and beside them some that asked for a pause. */
enum { CALL_HOSTS_MOST = 2 * CALLBACKS_MOST };

struct call_host {
	char *name;      /* owned; NULL: a free place */
	unsigned n_held; /* deliveries to it; at most CALLBACKS_MOST_PER_HOST. Asked for each row */
	usec_t hold_until; /* it asked for a pause */
};

struct call_hosts {
	struct call_host all[CALL_HOSTS_MOST];
};

/* Return the host's place, a new one if need be. */
struct call_host *call_hosts_get(struct call_hosts *hosts, const char *name, usec_t now);

/* Has it its share, or asked for a pause? */
bool call_host_is_passed_over(const struct call_host *host, usec_t now);

/* List the hosts to pass over, as struct stored_outbox wants them: new text, NULL for none. */
char *call_hosts_passed_over(const struct call_hosts *hosts, usec_t now);

/* Return when the first of the pauses ends; INT64_MAX: there is none. */
usec_t call_hosts_next(const struct call_hosts *hosts, usec_t now);

void call_hosts_done(struct call_hosts *hosts);
