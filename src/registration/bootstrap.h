/* Keeps IANA's bootstrap (RFC 9224) up to date: asked for once a day from the first need on, with
 * the ETag of the last good copy, which is kept in a file. A copy that registries_load_iana refuses
 * changes nothing. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "registration/registries.h"

struct bootstrap;
struct exchanger;
struct loop;
struct offload;

struct bootstrap_opts {
	struct loop *loop; /* borrowed, like the parts below */
	struct offload *offload;
	struct exchanger *exchanger;
	struct registries *registries;
	const char *url;  /* borrowed for the call; "": nothing is fetched */
	const char *path; /* likewise; of the copy */
	bool allows_http;
};

/* Read the copy, which blocks. */
struct bootstrap *bootstrap_new(const struct bootstrap_opts *opts);
void bootstrap_free(
    struct bootstrap *bootstrap); /* after offload_stop and the delivery of what it left */

/* There are names to ask about. Calls `on_ready` when a first copy is there, or can't be had for
 * now: at once, in the next turn, if there is one. */
void bootstrap_want(struct bootstrap *bootstrap, void (*on_ready)(void *arg), void *arg);

/* False: a first copy is being fetched. */
bool bootstrap_is_ready(const struct bootstrap *bootstrap);

/* When its source last sent the copy in force, or said that there is no newer one; wall, 0: not
 * since the start. */
usec_t bootstrap_checked_at(const struct bootstrap *bootstrap);
