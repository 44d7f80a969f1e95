/* Results. */
#include "model/result.h"

#include <string.h>

#include "model/tagged.h"

void result_add_evidence(struct result *r, const struct evidence *e)
{
	if (r->n_evidence == RESULT_MAX_EVIDENCE)
		r->n_evidence--;
	r->evidence[r->n_evidence++] = *e;
}

bool result_digest(const struct result *r, uint8_t ret_digest[static FILE_DIGEST_SIZE])
{
	struct span digest = {(const char *)r->file.digest, sizeof(r->file.digest)};

	if (!r->file.is_saved && (!tagged_find(r->tagged, RESULT_SHA256, &digest) ||
				     digest.len != sizeof(r->file.digest)))
		return false;
	memcpy(ret_digest, digest.bytes, digest.len);
	return true;
}
