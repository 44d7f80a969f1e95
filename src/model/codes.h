/* Sets of two-letter country codes, always in alphabetical order. Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CODES_ALL = 26 * 26, CODE_SIZE = 3 };

struct codes {
	uint64_t bits[(CODES_ALL + 63) / 64];
};

/* Add two letters, or one letter for the 26 codes that begin with it, in either case. False when
 * `text` is neither. */
bool codes_add(struct codes *codes, const char *text, size_t len);

/* Add a named set: `pop20`, the countries with the most people; `all`, those that have a flag;
 * `every`, AA to ZZ. False when there is no such set. */
bool codes_add_preset(struct codes *codes, const char *name);

size_t codes_count(const struct codes *codes);

/* Find the first code at or behind `*place` (0 to CODES_ALL), write it and move `*place` behind it.
 * False when there is none. */
bool codes_next(const struct codes *codes, unsigned *place, char ret_code[static CODE_SIZE]);
