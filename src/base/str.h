/* Checked reading of numbers, sizes and durations from text. Nothing here accepts white space,
 * signs, or anything left over at the end. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"

/* Read a decimal number of at most `max`. ERR_INVALID: not digits only; ERR_TOO_BIG: above `max`.
 */
enum err str_to_u64(const char *s, uint64_t max, uint64_t *ret_value) MUST_CHECK;

/* The index of `text` among `n` names, or -1. */
int str_find(const char *const *names, int n, const char *text);

/* Define name() and parse() for an enumeration with a table of names. */
#define STR_DEFINE_NAMES(prefix, type, names)                                                      \
	const char *prefix##_name(type value)                                                      \
	{                                                                                          \
		return names[value];                                                               \
	}                                                                                          \
	bool prefix##_parse(const char *name, type *ret_value)                                     \
	{                                                                                          \
		int i = str_find(names, (int)(sizeof(names) / sizeof(names[0])), name);            \
		if (i >= 0)                                                                        \
			*ret_value = (type)i;                                                      \
		return i >= 0;                                                                     \
	}

/* Read bytes as `64K`, `10M`, `2G` (powers of 1024) or a plain number. Errors as str_to_u64. */
enum err str_to_size(const char *s, uint64_t max, uint64_t *ret_bytes) MUST_CHECK;

/* Read a duration as `500ms`, `3s`, `5m`, `2h`, `7d`; at most 10 years. Errors as str_to_u64. */
enum err str_to_duration(const char *s, usec_t *ret_duration) MUST_CHECK;
