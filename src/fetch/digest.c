/* SHA-256 by OpenSSL. */
#include "fetch/digest.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "base/alloc.h"

struct digest {
	EVP_MD_CTX *context; /* owned */
};

void digest_free(struct digest *digest)
{
	if (digest == NULL)
		return;
	EVP_MD_CTX_free(digest->context);
	free(digest);
}

struct digest *digest_new(void)
{
	struct digest *digest = xcalloc(1, sizeof(*digest));

	digest->context = EVP_MD_CTX_new();
	if (digest->context != NULL && EVP_DigestInit_ex(digest->context, EVP_sha256(), NULL) == 1)
		return digest;
	digest_free(digest);
	return NULL;
}

bool digest_add(struct digest *digest, const void *bytes, size_t n_bytes)
{
	return EVP_DigestUpdate(digest->context, bytes, n_bytes) == 1;
}

bool digest_finish(struct digest *digest, uint8_t ret_digest[static FILE_DIGEST_SIZE])
{
	unsigned size = 0;

	return digest != NULL ? EVP_DigestFinal_ex(digest->context, ret_digest, &size) == 1
			      : EVP_Digest("", 0, ret_digest, &size, EVP_sha256(), NULL) == 1;
}
