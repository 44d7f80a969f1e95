/* A server that answers so many questions a second and is silent beyond. */
#include "../unit.h"

#include "../../fake/runner.h"
#include "model/bucket.h"
#include "world.h"

enum { LIMIT = 1000, N_NAMES = 4000 };

struct drill {
	struct world world;
	struct bucket bucket;
	size_t next;
	struct outcome outcomes[N_NAMES];
};

static void limited(const struct script_query *q, void *arg)
{
	if (bucket_take(arg, clock_mono()))
		script_found(q);
}

static void start_some(void *arg)
{
	struct drill *d = arg;

	for (size_t room = dns_engine_room(d->world.engine); room > 0 && d->next < N_NAMES; room--)
		world_start(&d->world, &d->outcomes[d->next++], "www.example");
	dns_engine_want_room(d->world.engine);
}

static bool is_all_done(void *arg)
{
	const struct drill *d = arg;

	return d->world.n_done == N_NAMES;
}

/* Bursts, and silence while their time-outs run, get a third of it. */
TEST(gets_most_of_what_a_limited_server_gives)
{
	static struct drill d;

	world_begin(&d.world);
	d.world.timeout = USEC_PER_SEC;
	d.world.attempts = 8;
	bucket_init(&d.bucket, LIMIT, clock_mono());
	world_add(&d.world, limited, &d.bucket);
	world_open(&d.world);
	dns_engine_set_on_room(d.world.engine, start_some, &d);
	start_some(&d);
	run_until(d.world.loop, is_all_done, &d, "all names");
	for (size_t i = 0; i < N_NAMES; i++)
		ck_assert_int_eq(d.outcomes[i].outcome, DNS_DATA);
	ck_assert_int_lt(world_elapsed(&d.world), 10 * USEC_PER_SEC);
	world_end(&d.world);
}

SUITE(pace)
{
	tcase_set_timeout(tcase, 40);
	ADD(gets_most_of_what_a_limited_server_gives);
}
