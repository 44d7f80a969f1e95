/* Signatures of what is sent to receivers of callbacks, as the Standard Webhooks specification has
 * them: HMAC-SHA256 over `ID.TIMESTAMP.BODY`, symmetric keys written as `whsec_` and base64.
 * Thread: any (one at a time). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum {
	SIGNATURE_MAX_KEYS = 4, /* the new one and those that receivers may still have */
	SIGNATURE_KEY_LEAST = 24,
	SIGNATURE_KEY_MOST = 64, /* bytes */
	SIGNATURE_NEW_KEY = 32,
	SIGNATURE_KEY_TEXT_SIZE = 6 + (SIGNATURE_NEW_KEY + 2) / 3 * 4 + 1,
};

struct signature_keys {
	size_t n;
	struct {
		size_t len;
		uint8_t bytes[SIGNATURE_KEY_MOST];
	} list[SIGNATURE_MAX_KEYS];
};

/* Read keys, one a line; blank lines and lines that begin with `#` are passed over. At least one.
 * On a fault false, with *ret_line its number (0: of the whole) and *ret_why a few static words;
 * *ret_keys stays. The caller ends the keys with signature_keys_done. */
bool signature_keys_parse(const char *text, size_t len, struct signature_keys *ret_keys,
    unsigned *ret_line, const char **ret_why);
void signature_keys_done(struct signature_keys *keys); /* wipes them; a zeroed one is fine */

/* Make a key of 32 random bytes and write it as text. */
void signature_key_make(char ret_text[static SIGNATURE_KEY_TEXT_SIZE]);

/* Add the value of the header webhook-signature: `v1,` and base64 for each key, separated by
 * blanks. False when libcrypto refuses. `seconds` is since the unix epoch. */
bool signature_add(struct buf *b, const struct signature_keys *keys, const char *id,
    int64_t seconds, const char *body, size_t len) MUST_CHECK;
