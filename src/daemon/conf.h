/* The configuration: defaults, the settings file and -o options. daemon.c passes each module a
 * struct of options; no other module reads it. Thread: loop, at start; conf_load also in the pool.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

enum setting {
#define SETTING(section, key, type, standard, least, most, reload, doc) CONF_##section##_##key,
#include "daemon/conf.def"
#undef SETTING
	N_SETTINGS
};

struct conf_value {
	char *text;      /* owned; as written */
	uint64_t number; /* of numbers, sizes (bytes), durations (microseconds), levels, formats; of
			    lists how many there are */
};

struct conf {
	struct conf_value values[N_SETTINGS];
};

/* Fill with the defaults. */
void conf_init(struct conf *conf);
void conf_done(struct conf *conf);

/* Sources of settings in addition to the defaults; all borrowed. */
struct conf_origin {
	/* NULL: asyncprobed.conf in $CONFIGURATION_DIRECTORY or else in the installed folder of
	 * settings, if there is one; and without that variable, which a service has, no file */
	const char *path;
	const char *const *overrides; /* `section.key=value` */
	size_t n_overrides;
};

/* Read the file and then the overrides, in their order. On a fault *ret_why is as of conf_read.
 * Thread: any; it blocks. */
enum err conf_load(struct conf *conf, const struct conf_origin *origin, char **ret_why) MUST_CHECK;

/* Read an INI file. On a fault *ret_why is new text that says file, line and what is wrong. */
enum err conf_read(struct conf *conf, const char *path, char **ret_why) MUST_CHECK;

/* Set one value from `section.key=value`; faults as conf_read, without a line. */
enum err conf_override(struct conf *conf, const char *assignment, char **ret_why) MUST_CHECK;

const char *conf_text(const struct conf *conf, enum setting setting);
uint64_t conf_number(const struct conf *conf, enum setting setting);

/* For reloads: whether a running daemon takes up a change, the name as `section.key`, and giving
 * `conf` the value of another one. */
enum { CONF_NAME_SIZE = 64 };
bool conf_is_live(enum setting setting);
void conf_name(enum setting setting, char ret_name[static CONF_NAME_SIZE]);
void conf_keep(struct conf *conf, const struct conf *from, enum setting setting);

/* The list's elements, each new text, in an array of `max`; returns how many. */
size_t conf_list(const struct conf *conf, enum setting setting, char **ret_elements, size_t max);

/* For the documents: write the sample configuration, or the list of asyncprobed.conf(5) as man(7)
 * macros, to stdout. */
void conf_print_sample(void);
void conf_print_man(void);
