/* Bearer tokens from the token file: name, scopes and the SHA-256 digest of the secret. Secrets are
 * long random texts that can't be guessed, so a fast digest is sufficient. Thread: loop. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "model/bucket.h"

/* What a token may do; ADMIN includes the others. */
enum {
	SCOPE_SUBMIT = 1,
	SCOPE_READ = 2,
	SCOPE_ADMIN = 4,
	SCOPE_METRICS = 8,
	SCOPE_ANY = SCOPE_SUBMIT | SCOPE_READ | SCOPE_ADMIN | SCOPE_METRICS
};

enum { TOKENS_MAX = 1000, TOKEN_MAX_NAME = 64, TOKEN_DIGEST_SIZE = 32, TOKENS_MAX_FILE = 1 << 20 };

struct token {
	char name[TOKEN_MAX_NAME + 1]; /* letters, digits, `.`, `_`, `-` */
	unsigned scopes;
	uint8_t digest[TOKEN_DIGEST_SIZE];
	struct bucket bucket; /* of its requests */
};

struct tokens;

/* Read a token file: `NAME SCOPES SHA256HEX` a line, with `#` lines and blank ones between. `rate`:
 * requests a second of each token, 0: no limit. On an error *ret_why is new text that says file,
 * line and what is wrong, and never a digest. ERR_IO: it can't be read; ERR_INVALID: it is wrong,
 * empty, or open to everyone. */
enum err tokens_load(const char *path, double rate, struct tokens **ret_tokens, char **ret_why)
    MUST_CHECK;
void tokens_free(struct tokens *tokens);

/* Return the token of a secret, borrowed, or NULL. Takes constant time. */
struct token *tokens_find(struct tokens *tokens, const char *secret);

/* Return the bit of a scope's name; 0: there is no such scope. */
unsigned scope_parse(const char *name, size_t len);
const char *scope_name(unsigned scope); /* of one bit */
