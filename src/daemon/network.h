/* Watches what names are looked up with: the files that say which servers there are, and the
 * machine's addresses and routes. Files are replaced more often than written, and links among them
 * change, so their folders are watched. Thread: loop. */
#pragma once

#include <stddef.h>

#include "loop/loop.h"

enum { NETWORK_MAX_FILES = 2 };

struct network_opts {
	struct loop *loop;
	const char *files[NETWORK_MAX_FILES]; /* borrowed while it watches; NULL: none */
	loop_fn *on_files;                    /* some of them may have changed */
	loop_fn *on_addresses;                /* so have addresses or routes */
	void *arg;
};

struct network {
	struct network_opts opts;
	int inotify, netlink; /* owned; -1: none */
	struct watch file_watch, address_watch;
	struct timer file_timer, address_timer;
	usec_t told_at; /* monotonic; when on_addresses was called last */
};

/* Begin to watch. What the system refuses is logged, and not watched. */
void network_start(struct network *network, const struct network_opts *opts);
void network_stop(struct network *network);
