/* Health checks: servers that lie, are silent or know nothing. */
#include "../unit.h"

#include <string.h>

#include "../../fake/runner.h"
#include "world.h"

enum { N_NAMES = 600 };

static bool is_under(const char *name, const char *suffix)
{
	size_t n = strlen(name), k = strlen(suffix);

	return n >= k && strcmp(name + n - k, suffix) == 0;
}

/* The truth: the root, `example` and names that begin with "a" exist. */
static void honest(const struct script_query *q, void *arg)
{
	(void)arg;
	if (q->type == DNS_NS && (strcmp(q->name, "example") == 0 || strlen(q->name) < 2))
		script_nodata(q);
	else if (q->name[0] == 'a' && !is_under(q->name, ".invalid") && strlen(q->name) < 15)
		script_found(q);
	else
		script_nxdomain(q);
}

static void finds_all(const struct script_query *q, void *arg)
{
	(void)arg;
	script_found(q);
}

static void denies_all(const struct script_query *q, void *arg)
{
	(void)arg;
	script_nxdomain(q);
}

/* As those who sell what they find, but careful. */
static void finds_all_but_invalid(const struct script_query *q, void *arg)
{
	if (is_under(q->name, ".invalid") || q->type == DNS_NS)
		honest(q, arg);
	else
		script_found(q);
}

static void denies_example(const struct script_query *q, void *arg)
{
	if (is_under(q->name, "example"))
		script_nxdomain(q);
	else
		honest(q, arg);
}

static void refuses_all(const struct script_query *q, void *arg)
{
	(void)arg;
	script_rcode(q, DNS_RCODE_REFUSED);
}

static void silent(const struct script_query *q, void *arg)
{
	(void)q;
	(void)arg;
}

struct drill {
	struct world world;
	size_t next;
	struct outcome outcomes[N_NAMES];
};

static void open_drill(struct drill *d, script_fn *const *servers, size_t n, enum dns_strategy s)
{
	static const struct dns_name root = {.len = 1};

	memset(d, 0, sizeof(*d));
	world_begin(&d->world);
	d->world.opts.check_every = 300 * USEC_PER_SEC;
	d->world.opts.known_name = &root;
	d->world.opts.strategy = s;
	for (size_t i = 0; i < n; i++)
		world_add(&d->world, servers[i], NULL);
	world_open(&d->world);
}

static void start_some(void *arg)
{
	struct drill *d = arg;
	char name[40];

	for (size_t room = dns_engine_room(d->world.engine); room > 0 && d->next < N_NAMES;
	     room--) {
		snprintf(
		    name, sizeof(name), "%c%zu.example", d->next % 2 == 0 ? 'a' : 'n', d->next);
		world_start(&d->world, &d->outcomes[d->next++], name);
	}
}

static bool is_all_done(void *arg)
{
	const struct drill *d = arg;

	return d->world.n_done == N_NAMES;
}

static size_t ask_all(struct drill *d)
{
	size_t n_wrong = 0;

	dns_engine_set_on_room(d->world.engine, start_some, d);
	start_some(d);
	run_until(d->world.loop, is_all_done, d, "all names");
	for (size_t i = 0; i < N_NAMES; i++)
		n_wrong += d->outcomes[i].outcome != (i % 2 == 0 ? DNS_DATA : DNS_NXDOMAIN);
	return n_wrong;
}

static struct drill drill;

static const struct {
	const char *name;
	script_fn *liar;
	enum dns_strategy strategy;
} liars[] = {{"finds all", finds_all, DNS_SPREAD}, {"denies all", denies_all, DNS_SPREAD},
    {"finds all, first of all", finds_all, DNS_ORDER}};

static bool is_first_lying(void *arg)
{
	const struct drill *d = arg;

	return world_stats(&d->world, 0).rest == DNS_LYING;
}

TEST(a_liar_gives_no_verdict)
{
	script_fn *const servers[] = {liars[_i].liar, honest, honest};

	open_drill(&drill, servers, 3, liars[_i].strategy);
	ck_assert_uint_eq(ask_all(&drill), 0);
	run_until(drill.world.loop, is_first_lying, &drill, "its check");
	struct dns_server_stats stats = world_stats(&drill.world, 0);
	ck_assert_int_eq(stats.rest, DNS_LYING);
	ck_assert_uint_ge(stats.n_lies, 1);
	ck_assert_int_gt(stats.rest_until, clock_mono());
	ck_assert_uint_le(script_n_udp(drill.world.scripts[0]), 8);
	ck_assert_int_eq(world_stats(&drill.world, 1).rest, DNS_HEALTHY);
	ck_assert_int_eq(world_stats(&drill.world, 2).rest, DNS_HEALTHY);
	world_end(&drill.world);
}

/* Who lies about what is asked, and not about what nobody asks, is found by comparing. */
static script_fn *const careful[] = {finds_all_but_invalid, denies_example};

TEST(a_careful_liar_is_outvoted)
{
	script_fn *const servers[] = {careful[_i], honest, honest};

	open_drill(&drill, servers, 3, DNS_SPREAD);
	world_ask(&drill.world, "a1.example");
	run_until(drill.world.loop, is_first_lying, &drill, "a vote");
	memset(drill.outcomes, 0, sizeof(drill.outcomes));
	drill.world.n_done = drill.world.n_started = 0;
	ck_assert_uint_eq(ask_all(&drill), 0);
	world_end(&drill.world);
}

/* A company's server, which is slow to begin with, knows more than the one behind it. */
static void slow_and_honest(const struct script_query *q, void *arg)
{
	struct packet p;
	bool is_found = q->type == DNS_A && strcmp(q->name, "a1.example") == 0;

	(void)arg;
	script_begin(q, &p, is_found || q->type != DNS_A ? 0x0180 : 0x0183);
	if (is_found)
		packet_a(&p, "@", 300, 1);
	else
		packet_soa(&p, "example", 60, 60);
	script_send(q, &p, 100 * USEC_PER_MSEC);
}

TEST(in_order_the_first_is_waited_for)
{
	script_fn *const servers[] = {slow_and_honest, denies_example};

	open_drill(&drill, servers, 2, DNS_ORDER);
	struct outcome o = world_ask(&drill.world, "a1.example");
	ck_assert_int_eq(o.outcome, DNS_DATA);
	ck_assert_uint_eq(o.n_attempts, 1);
	world_end(&drill.world);
}

/* Two are not enough to tell who is wrong, and a wildcard is no lie. */
TEST(those_who_agree_are_believed)
{
	script_fn *const two[] = {finds_all_but_invalid, honest}, *const three[] = {
								      finds_all_but_invalid,
								      finds_all_but_invalid,
								      honest};

	open_drill(&drill, _i == 0 ? two : three, _i == 0 ? 2 : 3, DNS_SPREAD);
	ask_all(&drill);
	for (size_t i = 0; i < drill.world.opts.n_servers; i++)
		ck_assert_int_eq(world_stats(&drill.world, i).rest, DNS_HEALTHY);
	world_end(&drill.world);
}

TEST(while_all_lie_all_are_asked)
{
	script_fn *const servers[] = {finds_all, finds_all};

	open_drill(&drill, servers, 2, DNS_SPREAD);
	struct outcome o = world_ask(&drill.world, "n.example");
	ck_assert_int_eq(o.outcome, DNS_DATA);
	ck_assert_int_eq(world_stats(&drill.world, 0).rest, DNS_LYING);
	ck_assert_int_eq(world_stats(&drill.world, 1).rest, DNS_LYING);
	world_end(&drill.world);
}

/* A liar is no way out when the honest server is gone. */
TEST(a_liar_is_not_asked_although_the_other_is_gone)
{
	script_fn *const servers[] = {finds_all, silent};

	open_drill(&drill, servers, 2, DNS_SPREAD);
	drill.world.timeout = 100 * USEC_PER_MSEC;
	struct outcome o = world_ask(&drill.world, "n.example");
	ck_assert_int_eq(o.outcome, DNS_TIMED_OUT);
	ck_assert_int_eq(world_stats(&drill.world, 1).rest, DNS_UNPROVEN);
	world_end(&drill.world);
}

TEST(who_knows_nothing_does_not_lie)
{
	script_fn *const servers[] = {refuses_all, honest};

	open_drill(&drill, servers, 2, DNS_SPREAD);
	ck_assert_uint_eq(ask_all(&drill), 0);
	ck_assert_uint_eq(world_stats(&drill.world, 0).n_lies, 0);
	world_end(&drill.world);
}

TEST(a_silent_server_holds_nobody_up)
{
	script_fn *const servers[] = {silent, honest, honest};

	open_drill(&drill, servers, 3, DNS_SPREAD);
	ck_assert_uint_eq(ask_all(&drill), 0);
	ck_assert_uint_le(script_n_udp(drill.world.scripts[0]), 8);
	world_end(&drill.world);
}

TEST(one_server_is_not_checked)
{
	script_fn *const servers[] = {honest};

	open_drill(&drill, servers, 1, DNS_SPREAD);
	world_ask(&drill.world, "a1.example");
	ck_assert_uint_eq(script_n_udp(drill.world.scripts[0]), 1);
	ck_assert_int_eq(world_stats(&drill.world, 0).rest, DNS_HEALTHY);
	world_end(&drill.world);
}

struct turning {
	bool is_honest;
};

static void turning(const struct script_query *q, void *arg)
{
	const struct turning *t = arg;

	if (t->is_honest)
		honest(q, NULL);
	else
		script_found(q);
}

static bool is_first_healthy(void *arg)
{
	const struct drill *d = arg;

	return world_stats(&d->world, 0).rest == DNS_HEALTHY;
}

TEST(a_liar_that_mends_its_ways_is_asked_again)
{
	struct turning state = {false};
	script_fn *const servers[] = {turning, honest};
	static const struct dns_name root = {.len = 1};

	world_begin(&drill.world);
	drill.world.opts.check_every = 50 * USEC_PER_MSEC;
	drill.world.opts.known_name = &root;
	world_add(&drill.world, servers[0], &state);
	world_add(&drill.world, servers[1], NULL);
	world_open(&drill.world);
	run_until(drill.world.loop, is_first_lying, &drill, "a check");
	state.is_honest = true;
	run_until(drill.world.loop, is_first_healthy, &drill, "another check");
	state.is_honest = false;
	run_until(drill.world.loop, is_first_lying, &drill, "one more check");
	world_end(&drill.world);
}

/* Its letters come back in lower case, and what it says is signed with cookies: all that holds for
 * questions of names holds for checks. */
TEST(checks_are_guarded_too)
{
	script_fn *const servers[] = {finds_all, honest, honest};

	world_begin(&drill.world);
	drill.world.opts.guard = DNS_GUARD_ALL;
	drill.world.opts.check_every = USEC_PER_SEC;
	for (int i = 0; i < 3; i++)
		world_add(&drill.world, servers[i], NULL);
	world_open(&drill.world);
	ck_assert_uint_eq(ask_all(&drill), 0);
	world_end(&drill.world);
}

SUITE(health)
{
	tcase_set_timeout(tcase, 60);
	ADD_ROWS(a_liar_gives_no_verdict, liars);
	ADD_ROWS(a_careful_liar_is_outvoted, careful);
	tcase_add_loop_test(tcase, those_who_agree_are_believed, 0, 2);
	ADD(in_order_the_first_is_waited_for);
	ADD(while_all_lie_all_are_asked);
	ADD(a_liar_is_not_asked_although_the_other_is_gone);
	ADD(who_knows_nothing_does_not_lie);
	ADD(a_silent_server_holds_nobody_up);
	ADD(one_server_is_not_checked);
	ADD(a_liar_that_mends_its_ways_is_asked_again);
	ADD(checks_are_guarded_too);
}
