/* The command line of the stub; README.md describes it. */
#pragma once

#include "dns_rules.h"
#include "dns_socket.h"

/* The most addresses to listen on. */
#define DNS_MAX_LISTEN 4

struct dns_options {
	union dns_address listen[DNS_MAX_LISTEN]; /* without port */
	size_t n_listen;                          /* at least 1 */
	unsigned long port;                       /* 0: the system chooses */
	unsigned long seconds;                    /* life of the process, 1..86400 */
	unsigned long slow_ms;
	unsigned long latency_ms;
	unsigned long slow_share; /* percent */
	unsigned long drop_every; /* 0: never */
	const char *zone_path;    /* borrowed from argv; NULL: none */
	enum dns_default otherwise;
	bool is_servfail_all;
	bool is_lying;
};

/* Read the command line. False after a message to stderr. */
bool dns_options_parse(int argc, char **argv, struct dns_options *ret_options);
