/* Bodies of known length are refused before they are read. */
#include "api/bodies.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "base/metrics.h"

enum { SMALL = 64 << 10 };

/* An address, and what its bodies hold. */
struct body_holder {
	UT_hash_handle hh;
	struct address address; /* as shares of connections have it: zeros behind a /64 */
	uint64_t held;
	unsigned n_bodies;
};

METRIC_GETTER(get_held, struct bodies, self->held)

void bodies_init(struct bodies *bodies, uint64_t max)
{
	*bodies = (struct bodies){.max = max};
	metrics_getter(METRIC_HTTP_BODY_BYTES, get_held, bodies);
}

uint64_t bodies_largest(uint64_t max)
{
	return max - max / 8;
}

/* Count a body of the address that it comes from. */
static void find_holder(struct body_share *share, const struct request *rq)
{
	struct bodies *bodies = share->bodies;
	struct address address;

	if (share->holder != NULL || !request_client_address(rq, &address))
		return;
	HASH_FIND(hh, bodies->holders, &address, sizeof(address), share->holder);
	if (share->holder == NULL) {
		share->holder = xcalloc(1, sizeof(*share->holder));
		share->holder->address = address;
		HASH_ADD(hh, bodies->holders, address, sizeof(address), share->holder);
	}
	share->holder->n_bodies++;
}

static void leave_holder(struct body_share *share)
{
	struct body_holder *holder = share->holder;

	share->holder = NULL;
	if (holder == NULL)
		return;
	holder->held -= share->n_bytes;
	if (--holder->n_bodies > 0)
		return;
	HASH_DEL(share->bodies->holders, holder);
	free(holder);
}

/* Whether the address already has its share of large bodies. */
static bool has_its_part(const struct body_share *share, uint64_t n_bytes)
{
	const struct body_holder *holder = share->holder;
	uint64_t others = holder != NULL ? holder->held - share->n_bytes : 0;

	return n_bytes > SMALL && others > 0 && others + n_bytes > share->bodies->max / 2;
}

bool body_share_grow(struct body_share *share, uint64_t n_bytes, struct request *rq)
{
	struct bodies *bodies = share->bodies;
	uint64_t max = n_bytes <= SMALL ? bodies->max : bodies_largest(bodies->max);

	if (n_bytes <= share->n_bytes)
		return true;
	find_holder(share, rq);
	bool has_part = has_its_part(share, n_bytes);
	if (has_part || bodies->held + (n_bytes - share->n_bytes) > max) {
		if (share->n_bytes == 0)
			leave_holder(share);
		request_refuse(rq, 503, "Too many large bodies%s are being read at this time.",
		    has_part ? " of this address" : "");
		return false;
	}
	bodies->held += n_bytes - share->n_bytes;
	if (share->holder != NULL)
		share->holder->held += n_bytes - share->n_bytes;
	share->n_bytes = n_bytes;
	return true;
}

void body_share_end(struct body_share *share)
{
	leave_holder(share);
	if (share->bodies != NULL)
		share->bodies->held -= share->n_bytes;
	share->n_bytes = 0;
}

uint64_t body_length(const struct request *rq, uint64_t most)
{
	const char *text = request_header(rq, "Content-Length");
	unsigned long long length = text != NULL ? strtoull(text, NULL, 10) : 0;

	return length < most ? length : most;
}
