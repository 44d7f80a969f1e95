/* A server that answers so many questions a second and is silent beyond. */
#include "../unit.h"

#include "../../fake/runner.h"
#include "model/bucket.h"
#include "world.h"

enum { LIMIT = 1000, N_NAMES = 2500 };

struct drill {
	struct world world;
	struct bucket bucket;
	bool is_free; /* the limit has gone */
	bool truncates;
	size_t next;
	struct outcome outcomes[N_NAMES];
	size_t n_answers_then;
	usec_t then;
};

static void limited(const struct script_query *q, void *arg)
{
	struct drill *d = arg;

	if (d->is_free || q->connection != NULL || bucket_take(&d->bucket, clock_mono()))
		script_found(q);
	else if (d->truncates && q->nth % 2 == 0) /* as response rate limiting does */
		script_truncated(q);
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

static void begin(struct drill *d, unsigned attempts)
{
	*d = (struct drill){.next = 0};
	world_begin(&d->world);
	d->world.timeout = USEC_PER_SEC;
	d->world.attempts = attempts;
	bucket_init(&d->bucket, LIMIT, clock_mono());
	world_add(&d->world, limited, d);
	world_open(&d->world);
}

static void ask_all(struct drill *d)
{
	dns_engine_set_on_room(d->world.engine, start_some, d);
	start_some(d);
	run_until(d->world.loop, is_all_done, d, "all names");
	for (size_t i = 0; i < N_NAMES; i++)
		ck_assert_int_eq(d->outcomes[i].outcome, DNS_DATA);
}

static struct drill drill;

/* Bursts, and silence while their time-outs run, get a third of it. */
TEST(gets_most_of_what_a_limited_server_gives)
{
	begin(&drill, 8);
	ask_all(&drill);
	ck_assert_int_lt(world_elapsed(&drill.world), 7 * USEC_PER_SEC);
	world_end(&drill.world);
}

TEST(asks_over_tcp_what_is_truncated)
{
	begin(&drill, 8);
	drill.truncates = true;
	ask_all(&drill);
	ck_assert_uint_gt(world_stats(&drill.world, 0).n_tcp, N_NAMES / 2);
	ck_assert_int_lt(world_elapsed(&drill.world), 7 * USEC_PER_SEC);
	world_end(&drill.world);
}

/* Names that end make room for others, for ever. */
static void on_done(const struct dns_result *result, void *arg)
{
	(void)result;
	(void)arg;
}

static void start_more(void *arg)
{
	struct drill *d = arg;
	struct dns_name name = packet_wire("www.example");

	for (size_t room = dns_engine_room(d->world.engine); room > 0; room--) {
		(void)dns_lookup_start(d->world.engine,
		    &(struct dns_question){.name = &name,
			.type = DNS_A,
			.flags = DNS_FLAG_RD,
			.timeout = d->world.timeout,
			.attempts = d->world.attempts},
		    on_done, d);
	}
	dns_engine_want_room(d->world.engine);
}

/* Look at the answers of half a second. */
static double rate(struct drill *d)
{
	usec_t now = clock_mono();
	size_t n = world_stats(&d->world, 0).n_answers;
	double answers = (double)(n - d->n_answers_then);

	if (now - d->then < USEC_PER_SEC / 2)
		return -1;
	answers = answers * USEC_PER_SEC / (double)(now - d->then);
	d->n_answers_then = n;
	d->then = now;
	return answers;
}

static bool is_paced(void *arg)
{
	double r = rate(arg);

	return r > 0.8 * LIMIT && r < 1.2 * LIMIT;
}

static bool is_fast(void *arg)
{
	return rate(arg) > 4 * LIMIT;
}

TEST(notices_that_the_limit_has_gone)
{
	begin(&drill, 3);
	drill.then = clock_mono();
	dns_engine_set_on_room(drill.world.engine, start_more, &drill);
	start_more(&drill);
	run_until(drill.world.loop, is_paced, &drill, "the pace of the limit");
	drill.is_free = true;
	usec_t began = clock_mono();
	run_until(drill.world.loop, is_fast, &drill, "a faster pace");
	ck_assert_int_lt(clock_mono() - began, 10 * USEC_PER_SEC);
	drill.is_free = false;
	run_until(drill.world.loop, is_paced, &drill, "the pace of the limit again");
	dns_engine_set_on_room(drill.world.engine, NULL, NULL);
	world_end(&drill.world);
}

SUITE(pace)
{
	tcase_set_timeout(tcase, 60);
	ADD(gets_most_of_what_a_limited_server_gives);
	ADD(asks_over_tcp_what_is_truncated);
	ADD(notices_that_the_limit_has_gone);
}
