/* A token bucket. */
#include "model/bucket.h"

void bucket_init(struct bucket *b, double rate, usec_t now)
{
	double most = rate / 20 > 1 ? rate / 20 : 1;

	*b = (struct bucket){.rate = rate, .most = most, .tokens = 1, .filled_at = now};
}

static void fill(struct bucket *b, usec_t now)
{
	if (now > b->filled_at)
		b->tokens += b->rate * (double)(now - b->filled_at) / USEC_PER_SEC;
	if (b->tokens > b->most)
		b->tokens = b->most;
	b->filled_at = now;
}

bool bucket_take(struct bucket *b, usec_t now)
{
	if (b->rate <= 0)
		return true;
	fill(b, now);
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}

usec_t bucket_wait(struct bucket *b, usec_t now)
{
	if (b->rate <= 0)
		return 0;
	fill(b, now);
	return b->tokens >= 1 ? 0 : (usec_t)((1 - b->tokens) / b->rate * USEC_PER_SEC) + 1;
}
