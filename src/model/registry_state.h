/* The state of RDAP servers, as the API shows it: plain values. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

enum { REGISTRY_HOST_SIZE = 272 };

struct registry_host_state {
	char host[REGISTRY_HOST_SIZE]; /* name or address; with a port that is not the usual one */
	double rate;                   /* requests a second that it is asked now */
	size_t n_waiting;              /* requests that wait for it */
	usec_t held_until;             /* wall; 0: it may be asked */
	bool is_resting;               /* it refused too often */
	uint64_t n_asked, n_refused;   /* since the start of the daemon */
};

struct bootstrap_state {
	usec_t published_at; /* wall; 0: there is none */
	usec_t checked_at;  /* wall; when its source last said that it is in force; 0: not since the
			       start */
	const char *source; /* borrowed; a file or a URL; NULL: none */
	size_t n_iana, n_built_in, n_operator; /* suffixes by the source of their servers */
};

/* What the names of a job wait for. */
struct registry_wait {
	char host[REGISTRY_HOST_SIZE];
	uint64_t left;     /* names that it is to be asked about */
	double rate;       /* requests a second */
	usec_t eta;        /* wall; when it will have been asked about all, at this rate */
	usec_t held_until; /* wall; 0: it may be asked */
};

struct buf;
struct rdap_params;

/* Counts which registries the names of a job would be asked of. */
struct registry_planner {
	void *(*begin)(const struct rdap_params *rdap, void *arg);
	void (*add)(void *plan, const char *name, size_t len);
	/* Add members of a JSON object, each with a comma before it. */
	void (*write)(const void *plan, struct buf *json);
	void (*free)(void *plan);
	void *arg;
};
