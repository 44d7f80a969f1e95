/* The token file is read whole and small; digests are compared in constant time, and all of them
 * every time. */
#include "http/tokens.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hex.h"
#include "base/small_file.h"

static const char blanks[] = " \t";

struct tokens {
	size_t n;
	struct token list[];
};

static const struct {
	const char *name;
	unsigned bit;
} scopes[] = {{"submit", SCOPE_SUBMIT}, {"read", SCOPE_READ}, {"admin", SCOPE_ADMIN},
    {"metrics", SCOPE_METRICS}};

enum { N_SCOPES = sizeof(scopes) / sizeof(scopes[0]) };

unsigned scope_parse(const char *name, size_t len)
{
	for (size_t i = 0; i < N_SCOPES; i++) {
		if (strlen(scopes[i].name) == len && memcmp(scopes[i].name, name, len) == 0)
			return scopes[i].bit;
	}
	return 0;
}

const char *scope_name(unsigned scope)
{
	for (size_t i = 0; i < N_SCOPES; i++) {
		if (scopes[i].bit == scope)
			return scopes[i].name;
	}
	return "";
}

/* --- A line --- */

static bool read_name(const char *word, size_t len, struct token *token)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789._-";

	if (len == 0 || len > TOKEN_MAX_NAME || strspn(word, good) < len)
		return false;
	memcpy(token->name, word, len);
	token->name[len] = '\0';
	return true;
}

static bool read_scopes(const char *word, size_t len, struct token *token)
{
	const char *end = word + len;

	for (;; word++) {
		size_t n = strcspn(word, ", \t");
		unsigned bit = scope_parse(word, n);
		if (bit == 0)
			return false;
		token->scopes |= bit;
		word += n;
		if (word == end)
			return true;
	}
}

static bool read_digest(const char *word, size_t len, struct token *token)
{
	return len == (size_t)2 * TOKEN_DIGEST_SIZE &&
	       hex_read(word, TOKEN_DIGEST_SIZE, token->digest);
}

/* Read a line into the next token; returns what is wrong with it, or NULL. */
static const char *read_line(struct tokens *tokens, const char *line, double rate)
{
	const char *words[3];
	size_t lengths[3], n_words = 0;
	struct token token = {.scopes = 0};

	line += strspn(line, blanks);
	if (*line == '\0' || *line == '#')
		return NULL;
	for (; *line != '\0'; line += strspn(line, blanks)) {
		if (n_words == 3)
			return "unexpected text after NAME SCOPES SHA256HEX";
		words[n_words] = line;
		lengths[n_words] = strcspn(line, blanks);
		line += lengths[n_words++];
	}
	if (n_words < 3)
		return "expected NAME SCOPES SHA256HEX";
	if (!read_name(words[0], lengths[0], &token))
		return "the name must consist of 1 to 64 letters, digits, dots, underscores or "
		       "hyphens";
	if (!read_scopes(words[1], lengths[1], &token))
		return "the scopes must be a comma-separated list of submit, read, admin and "
		       "metrics, without spaces";
	if (!read_digest(words[2], lengths[2], &token))
		return "the digest must be 64 hexadecimal digits, as printed by sha256sum";
	for (size_t i = 0; i < tokens->n; i++) {
		if (strcmp(tokens->list[i].name, token.name) == 0)
			return "duplicate name";
		if (memcmp(tokens->list[i].digest, token.digest, TOKEN_DIGEST_SIZE) == 0)
			return "duplicate digest";
	}
	if (tokens->n == TOKENS_MAX)
		return "more than 1000 tokens";
	/* bursts of up to one second of the rate */
	bucket_init(&token.bucket, rate, clock_mono());
	token.bucket.most = token.bucket.tokens = rate > 1 ? rate : 1;
	tokens->list[tokens->n++] = token;
	return NULL;
}

/* --- The file --- */

enum err tokens_load(const char *path, double rate, struct tokens **ret_tokens, char **ret_why)
{
	struct buf text, why;
	enum err e;
	int line_no = 0;

	buf_init(&text, TOKENS_MAX_FILE);
	buf_init(&why, 8192);
	const char *fault = small_file_read(path, true, &text, &e);
	if (fault == NULL && text.len > 0 && memchr(text.data, '\0', text.len) != NULL)
		fault = "not a text file";
	struct tokens *tokens = xcalloc(1, sizeof(*tokens) + TOKENS_MAX * sizeof(tokens->list[0]));
	char *rest = text.data;
	for (char *line; fault == NULL && (line = strsep(&rest, "\n")) != NULL;) {
		size_t len = strlen(line);
		if (len > 0 && line[len - 1] == '\r')
			line[len - 1] = '\0';
		line_no++;
		fault = read_line(tokens, line, rate);
	}
	if (fault == NULL && tokens->n == 0) {
		fault = "contains no token";
		line_no = 0;
	}
	if (fault != NULL && line_no > 0)
		buf_addf(&why, "%s:%d: %s", path, line_no, fault);
	else if (fault != NULL)
		buf_addf(&why, "%s: %s", path, fault);
	buf_done(&text);
	if (fault == NULL) {
		*ret_tokens = tokens;
		buf_done(&why);
		return OK;
	}
	*ret_why = buf_take(&why, NULL);
	tokens_free(tokens);
	return e;
}

void tokens_free(struct tokens *tokens)
{
	free(tokens);
}

/* --- Asking --- */

struct token *tokens_find(struct tokens *tokens, const char *secret)
{
	uint8_t digest[EVP_MAX_MD_SIZE];
	struct token *found = NULL;

	if (EVP_Digest(secret, strlen(secret), digest, NULL, EVP_sha256(), NULL) != 1)
		return NULL;
	for (size_t i = 0; i < tokens->n; i++) {
		if (CRYPTO_memcmp(tokens->list[i].digest, digest, TOKEN_DIGEST_SIZE) == 0)
			found = &tokens->list[i];
	}
	return found;
}
