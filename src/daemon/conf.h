/* The configuration: defaults, an INI file, overrides. No module below sees it; main.c hands each a
 * small struct of options. Thread: loop, at start. */
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

/* Read an INI file. On a fault *ret_why is new text that says file, line and what is wrong. */
enum err conf_read(struct conf *conf, const char *path, char **ret_why) MUST_CHECK;

/* Set one value from `section.key=value`; faults as conf_read, without a line. */
enum err conf_override(struct conf *conf, const char *assignment, char **ret_why) MUST_CHECK;

const char *conf_text(const struct conf *conf, enum setting setting);
uint64_t conf_number(const struct conf *conf, enum setting setting);

/* The list's elements, each new text, in an array of `max`; returns how many. */
size_t conf_list(const struct conf *conf, enum setting setting, char **ret_elements, size_t max);

/* For the documents: write the sample configuration, or the list of asyncprobed.conf(5) as man(7)
 * macros, to stdout. */
void conf_print_sample(void);
void conf_print_man(void);
