/* Reloading of settings: the file is read in the pool, and changes are applied in the loop or
 * logged if they need a restart. A file with an error changes nothing. Thread: loop. */
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
