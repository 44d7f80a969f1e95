/* Bodies are refused before they are read, while that costs nothing, where their length is known.
 */
#include "api/bodies.h"

#include <stdlib.h>

#include "base/metrics.h"

enum { SMALL = 64 << 10 };

static double get_held(void *arg)
{
	return (double)((struct bodies *)arg)->held;
}

void bodies_init(struct bodies *bodies, uint64_t max)
{
	*bodies = (struct bodies){.max = max};
	metrics_getter(METRIC_HTTP_BODY_BYTES, get_held, bodies);
}

uint64_t bodies_largest(uint64_t max)
{
	return max - max / 8;
}

bool body_share_grow(struct body_share *share, uint64_t n_bytes, struct request *rq)
{
	struct bodies *bodies = share->bodies;
	uint64_t max = n_bytes <= SMALL ? bodies->max : bodies_largest(bodies->max);

	if (n_bytes <= share->n_bytes)
		return true;
	if (bodies->held + (n_bytes - share->n_bytes) > max) {
		request_refuse(rq, 503, "Too many large bodies are being read at this time.");
		return false;
	}
	bodies->held += n_bytes - share->n_bytes;
	share->n_bytes = n_bytes;
	return true;
}

void body_share_end(struct body_share *share)
{
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
