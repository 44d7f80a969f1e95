/* Keys and HMAC by libcrypto. The body is not copied to be signed: it may be long. */
#include "fetch/signature.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/alloc.h"

static const char prefix[] = "whsec_";

enum { PREFIX_LEN = sizeof(prefix) - 1, DIGEST = 32, MAX_LINE = 200 };

/* --- Keys --- */

static const char *read_key(const char *line, size_t len, struct signature_keys *keys)
{
	uint8_t bytes[MAX_LINE];
	size_t n_padding = 0;

	if (keys->n == SIGNATURE_MAX_KEYS)
		return "too many keys";
	if (len <= PREFIX_LEN || memcmp(line, prefix, PREFIX_LEN) != 0)
		return "a key must start with whsec_";
	line += PREFIX_LEN;
	len -= PREFIX_LEN;
	while (n_padding < 2 && n_padding < len && line[len - 1 - n_padding] == '=')
		n_padding++;
	/* EVP_DecodeBlock passes over blanks, and `=` counts as zero wherever it stands */
	if (len % 4 != 0 || len > MAX_LINE / 4 * 4 || memchr(line, ' ', len) != NULL ||
	    memchr(line, '=', len - n_padding) != NULL ||
	    EVP_DecodeBlock(bytes, (const uint8_t *)line, (int)len) != (int)len / 4 * 3)
		return "expected base64 after whsec_";
	len = len / 4 * 3 - n_padding;
	if (len < SIGNATURE_KEY_LEAST || len > SIGNATURE_KEY_MOST)
		return "a key must have 24 to 64 bytes";
	memcpy(keys->list[keys->n].bytes, bytes, len);
	keys->list[keys->n++].len = len;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	return NULL;
}

static size_t trim(const char **line, size_t len)
{
	while (len > 0 &&
	       ((*line)[len - 1] == '\r' || (*line)[len - 1] == ' ' || (*line)[len - 1] == '\t'))
		len--;
	while (len > 0 && (**line == ' ' || **line == '\t')) {
		++*line;
		len--;
	}
	return len;
}

bool signature_keys_parse(const char *text, size_t len, struct signature_keys *ret_keys,
    unsigned *ret_line, const char **ret_why)
{
	struct signature_keys keys = {.n = 0};
	const char *why = NULL, *end = text + len;
	unsigned n = 0;

	while (text < end && why == NULL) {
		const char *feed = memchr(text, '\n', (size_t)(end - text)), *line = text;
		size_t line_len = (size_t)((feed != NULL ? feed : end) - text);
		text += line_len + 1;
		line_len = trim(&line, line_len);
		n++;
		if (line_len > 0 && *line != '#')
			why = read_key(line, line_len, &keys);
	}
	if (why == NULL && keys.n == 0) {
		why = "contains no key";
		n = 0;
	}
	if (why == NULL) {
		*ret_keys = keys;
	} else {
		*ret_line = n;
		*ret_why = why;
	}
	OPENSSL_cleanse(&keys, sizeof(keys));
	return why == NULL;
}

void signature_keys_done(struct signature_keys *keys)
{
	OPENSSL_cleanse(keys, sizeof(*keys));
}

void signature_key_make(char ret_text[static SIGNATURE_KEY_TEXT_SIZE])
{
	uint8_t bytes[SIGNATURE_NEW_KEY];

	/* up to 256 bytes are never cut short once the system has its entropy */
	while (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		;
	memcpy(ret_text, prefix, PREFIX_LEN);
	EVP_EncodeBlock((uint8_t *)ret_text + PREFIX_LEN, bytes, (int)sizeof(bytes));
	OPENSSL_cleanse(bytes, sizeof(bytes));
}

/* --- Signing --- */

static bool sign(EVP_MAC_CTX *context, const uint8_t *key, size_t key_len, const char *head,
    const char *body, size_t len, uint8_t ret_digest[static DIGEST])
{
	char digest[] = "SHA256";
	const OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
	    OSSL_PARAM_construct_end()};
	size_t n = 0;

	return EVP_MAC_init(context, key, key_len, params) == 1 &&
	       EVP_MAC_update(context, (const uint8_t *)head, strlen(head)) == 1 &&
	       EVP_MAC_update(context, (const uint8_t *)body, len) == 1 &&
	       EVP_MAC_final(context, ret_digest, &n, DIGEST) == 1 && n == DIGEST;
}

bool signature_add(struct buf *b, const struct signature_keys *keys, const char *id,
    int64_t seconds, const char *body, size_t len)
{
	EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	EVP_MAC_CTX *context = mac != NULL ? EVP_MAC_CTX_new(mac) : NULL;
	char head[128], text[(DIGEST + 2) / 3 * 4 + 1];
	uint8_t digest[DIGEST];
	bool is_good = context != NULL && keys->n > 0;

	snprintf(head, sizeof(head), "%s.%lld.", id, (long long)seconds);
	for (size_t i = 0; is_good && i < keys->n; i++) {
		is_good =
		    sign(context, keys->list[i].bytes, keys->list[i].len, head, body, len, digest);
		EVP_EncodeBlock((uint8_t *)text, digest, DIGEST);
		buf_addf(b, "%sv1,%s", i > 0 ? " " : "", text);
	}
	EVP_MAC_CTX_free(context);
	EVP_MAC_free(mac);
	return is_good && !b->overflow;
}
