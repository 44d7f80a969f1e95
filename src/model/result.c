/* Results. */
#include "model/result.h"

#include <string.h>

#include "model/tagged.h"

const char *proof_name(enum proof proof)
{
	static const char *const names[] = {
#define X(id, name) name,
	    PROOFS(X)
#undef X
	};

	return names[proof];
}

void result_pack_address(struct buf *field, const struct address *a)
{
	buf_add_char(field, a->is_v6 ? 6 : 4);
	buf_add(field, a->bytes, a->is_v6 ? 16 : 4);
}

/* Move to the next field of packed addresses. */
static bool next_field(const struct result *r, struct address_walk *w)
{
	uint32_t tag = 0;

	w->at = 0;
	while (tagged_next(r->tagged, &w->field, &tag, &w->packed)) {
		if (tag == RESULT_TAG_ADDRESSES)
			return true;
	}
	w->packed.len = 0;
	return false;
}

bool result_next_address(
    const struct result *r, struct address_walk *w, struct address *ret_address)
{
	if (w->n_seen < r->n_addresses) {
		*ret_address = r->addresses[w->n_seen++];
		return true;
	}
	if (w->at >= w->packed.len && !next_field(r, w))
		return false;
	bool is_v6 = w->packed.len > 0 && w->packed.bytes[w->at] == 6;
	size_t n = is_v6 ? 16 : 4;
	if (w->packed.len - w->at < 1 + n)
		return false;
	*ret_address = (struct address){.is_v6 = is_v6};
	memcpy(ret_address->bytes, w->packed.bytes + w->at + 1, n);
	w->at += 1 + n;
	return true;
}

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
