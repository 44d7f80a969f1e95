/* The memory of wildcards is bounded, and a wait can end at any time. */
#include "../unit.h"

#include "base/metrics.h"
#include "check/wildcards.h"
#include "loop/loop.h"

static void on_sample(void *arg)
{
	(void)arg;
	ck_abort_msg("nobody answers");
}

TEST(levels_are_bounded)
{
	struct loop *loop = loop_new();
	struct dns_engine *dns = dns_engine_new(loop, &(struct dns_opts){.n_servers = 0});
	struct wildcards *w = wildcards_new(loop, dns);
	static const char sight[16] = {1, [8] = 1}; /* of type 1 */
	struct buf seen;
	size_t most = 0;

	buf_init(&seen, sizeof(sight));
	buf_add(&seen, sight, sizeof(sight));
	for (unsigned i = 0; i < 40000; i++) {
		char name[32];
		struct wildcard_wait wait = {
		    .name = name, .timeout = USEC_PER_SEC, .attempts = 1, .on_sample = on_sample};
		snprintf(name, sizeof(name), "a.b%u.test", i);
		ck_assert(wildcards_judge(w, &seen, &wait) == WILDCARD_PENDING);
		wildcards_stop(&wait);
		wildcards_stop(&wait);
		size_t n = wildcards_n_levels(w);
		most = n > most ? n : most;
	}
	ck_assert_uint_eq(most, 16384);
	buf_done(&seen);
	wildcards_free(w);
	dns_engine_free(dns);
	loop_free(loop);
	metrics_done();
}

SUITE(levels)
{
	ADD(levels_are_bounded);
}
