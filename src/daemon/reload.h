/* Taking up changed settings while the daemon runs: the file is read anew in the pool, and what
 * differs is taken up in the loop, or named in the log when that takes a restart. A file with a
 * fault changes nothing. Thread: loop. */
#pragma once

#include "daemon/conf.h"
#include "loop/offload.h"

struct reload;

struct reload_opts {
	struct conf *conf; /* those in force; changed by a reload; all borrowed */
	const struct conf_origin *origin;
	struct offload *offload;
	void (*on_begin)(void *arg);
	/* `conf` has changed: take it up. False: something that it names could not be, which was
	 * logged; the rest was. */
	bool (*take_up)(void *arg);
	void (*on_end)(void *arg);
	void *arg;
};

/* Make it, and register the metrics; the settings in force count as read well just now. */
struct reload *reload_new(const struct reload_opts *opts);

/* Reload; asked for while one is under way, another follows it. */
void reload_start(struct reload *reload);

/* Take up nothing any more. */
void reload_stop(struct reload *reload);
void reload_free(struct reload *reload); /* after offload_stop and the delivery of what it left */
