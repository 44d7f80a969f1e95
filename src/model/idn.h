/* Conversion between A-labels (RFC 5890) and Unicode, by UTS #46 non-transitional processing. Emoji
 * and other symbols, which IDNA2008 does not allow but registries accept, are converted too and can
 * be detected. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Convert `len` bytes of UTF-8 to a new name in which each label is ASCII; dots of all kinds become
 * `.`. NULL when it can't be written as one: not UTF-8, or with characters that are no part of a
 * name. Lengths of labels are not looked at. */
char *idn_to_ascii(const char *text, size_t len);

/* Return the Unicode form of a name as new UTF-8 text; NULL when it doesn't convert back. */
char *idn_to_unicode(const char *name);

/* Say whether IDNA2008 allows the A-label, which begins with `xn--`. */
bool idn_is_allowed(const char *label, size_t len);
