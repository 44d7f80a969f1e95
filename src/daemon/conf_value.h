/* Values of settings: what each type of them may look like. Thread: any. */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

enum conf_type {
	TEXT,
	LISTENERS,
	SERVERS,
	DOMAIN,
	ADDRESSES,
	PORTS,
	LABELS,
	RATES,
	TLD_LISTS,
	HOSTS,
	ORIGINS,
	DATABASE,
	NUMBER,
	SIZE,
	DURATION,
	BOOL,
	LEVEL,
	FORMAT,
	RESOLVER,
	DNS_MODE,
	STRATEGY,
	MODE
};

/* Separators of list elements, including line ends of continued values. */
#define CONF_SEPARATORS ", \t\n"

/* Parse a value; *ret_number is as in struct conf_value. ERR_INVALID: not a value of the type;
 * `why` may have details. ERR_TOO_BIG: out of range. */
enum err conf_value_parse(enum conf_type type, const char *text, uint64_t least, uint64_t most,
    uint64_t *ret_number, struct buf *why);

/* What a value of the type is, in words: "a whole number". */
const char *conf_value_describe(enum conf_type type);
