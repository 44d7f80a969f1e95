/* What a domain item asks about: a name in the one form that the rest of the program uses,
 * lower-case A-labels (RFC 5890) without the trailing dot. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum {
	TARGET_MAX = 253,       /* bytes of a name's text form (RFC 1035 section 2.3.4) */
	TARGET_LABEL_MAX = 63,  /* bytes of a label */
	TARGET_INPUT_MAX = 1024 /* bytes of raw input looked at; longer input is no name */
};

/* Normalise `len` bytes of input to what the DNS is asked: lower-case, one trailing dot stripped,
 * labels in other scripts converted (model/idn.h). Refused is only what can't be asked or isn't
 * meant as a name: empty labels and lengths out of bounds; blanks, controls and the signs `"`, `\`,
 * `:`, `@`; an IPv4 address. Whether IDNA2008 or the rules of host names allow it doesn't matter.
 * Returns the length of the text written to `ret_name`, 0 when the input is no name. */
size_t target_normalise(const char *input, size_t len, char ret_name[static TARGET_MAX + 1]);

/* Say whether a normalised name keeps the rules of host names (RFC 1123 section 2.1; an underscore
 * is accepted, as in service names): only such a one may stand in a URL, or be a TLD. */
bool target_is_host_name(const char *name);

/* Say whether a normalised name has an A-label, so that target_to_unicode is worth calling. */
bool target_is_idn(const char *name, size_t len);

/* Say whether IDNA2008 allows all A-labels of a normalised name: emoji and other symbols it
 * doesn't.
 */
bool target_is_idna2008(const char *name, size_t len);

/* Return the Unicode form of a normalised name as new UTF-8 text, or NULL when there is none. */
char *target_to_unicode(const char *name);
