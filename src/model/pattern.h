/* Patterns of words: each `?` stands for a letter, each `#` for a digit, `[abc]` and `[a-f]` for
 * one of these characters,
 * `{get,my}` for one of these words, any other character for itself. Words come in order, the last
 * part changing first. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PATTERN_MAX = 1000,     /* bytes of a pattern */
	PATTERN_MAX_PARTS = 64, /* that vary */
};

struct pattern;

/* Read a pattern in UTF-8. NULL with a sentence for people in `*ret_fault`, static. */
struct pattern *pattern_new(const char *text, const char **ret_fault);
void pattern_free(struct pattern *pattern);

/* How many words it stands for, at least 1; UINT64_MAX when there are more. */
uint64_t pattern_count(const struct pattern *pattern);

/* Write word number `i` (less than the count) and return its length. `to` has room for PATTERN_MAX
 * bytes and the terminator. */
size_t pattern_word(const struct pattern *pattern, uint64_t i, char *to);

/* Does the text have a character that is special in patterns? */
bool pattern_is_needed(const char *text);
