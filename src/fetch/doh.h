/* DNS over HTTPS (RFC 8484): brings the DNS engine's questions to a server by POST, over HTTP/2
 * where the server speaks it. Thread: loop. */
#pragma once

#include "dns/carrier.h"
#include "model/address.h"

struct loop;

struct doh_opts {
	struct loop *loop;                /* borrowed */
	const char *url;                  /* borrowed for the call, like those that follow */
	struct address address;           /* where to connect to, whatever the URL's host is */
	const char *ca_file, *user_agent; /* ca_file NULL: the system's */
};

/* Make one for the engine, which frees it. */
const struct dns_carrier *doh_new(const struct doh_opts *opts);
