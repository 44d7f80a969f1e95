/* The engine against servers that do what servers, networks and forgers do. */
#include "../unit.h"

#include "../../fake/runner.h"
#include "world.h"

static void found(const struct script_query *q, void *arg)
{
	(void)arg;
	script_found(q);
}

static void silent(const struct script_query *q, void *arg)
{
	(void)q, (void)arg;
}

static void refused(const struct script_query *q, void *arg)
{
	(void)arg;
	script_rcode(q, DNS_RCODE_REFUSED);
}

/* By the name: found, nx, nodata, servfail, truncated; anything else isn't answered. */
static void by_name(const struct script_query *q, void *arg)
{
	(void)arg;
	if (strncmp(q->name, "found", 5) == 0)
		script_found(q);
	else if (strncmp(q->name, "nx", 2) == 0)
		script_nxdomain(q);
	else if (strncmp(q->name, "nodata", 6) == 0)
		script_nodata(q);
	else if (strncmp(q->name, "servfail", 8) == 0)
		script_rcode(q, DNS_RCODE_SERVFAIL);
	else if (strncmp(q->name, "truncated", 9) == 0)
		script_truncated(q);
}

static const struct {
	const char *name;
	enum dns_outcome want;
	unsigned n_attempts;
} verdicts[] = {{"found.example", DNS_DATA, 1}, {"nx.example", DNS_NXDOMAIN, 1},
    {"nodata.example", DNS_NODATA, 1}, {"servfail.example", DNS_FAILED, 3},
    {"silence.example", DNS_TIMED_OUT, 3}, {"truncated.example", DNS_TRUNCATED, 3}};

TEST(tells_what_the_server_says)
{
	struct world w;

	world_begin(&w);
	w.timeout = 100 * USEC_PER_MSEC;
	world_add(&w, by_name, NULL);
	world_open(&w);
	struct outcome o = world_ask(&w, verdicts[_i].name);
	ck_assert_msg(o.outcome == verdicts[_i].want, "%s: %d", verdicts[_i].name, o.outcome);
	ck_assert_msg(o.n_attempts == verdicts[_i].n_attempts, "%s: %u attempts", verdicts[_i].name,
	    o.n_attempts);
	ck_assert_uint_ge(o.n_tries, o.n_attempts);
	ck_assert_int_eq(o.tries[o.n_tries - 1].outcome, o.outcome);
	if (o.outcome == DNS_DATA) {
		ck_assert_uint_eq(o.ttl, 300);
		ck_assert_uint_eq(o.n_data, 1);
	}
	if (o.outcome == DNS_TIMED_OUT)
		ck_assert_int_ge(world_elapsed(&w), 3 * w.timeout);
	ck_assert_uint_eq(dns_engine_n_lookups(w.engine), 0);
	world_end(&w);
}

/* --- Late and doubled answers --- */

/* Late and doubled answers meet ids that were given out again. */
static void doubled(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, q->name[0] == 'n' ? 0x0183 : 0x0180);
	if (q->name[0] != 'n')
		packet_a(&p, "@", 300, 1);
	script_send_twice(q, &p, (q->nth % 20) * USEC_PER_MSEC);
}

TEST(doubled_answers_harm_nobody)
{
	enum { N = 5000 };
	static struct outcome outcomes[N];
	struct world w;
	char name[32];

	world_begin(&w);
	world_add(&w, doubled, NULL);
	world_open(&w);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "%c%d.example", i % 2 == 0 ? 'a' : 'n', i);
		world_start(&w, &outcomes[i], name);
	}
	world_wait(&w);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(outcomes[i].outcome, i % 2 == 0 ? DNS_DATA : DNS_NXDOMAIN);
	ck_assert_uint_gt(world_stats(&w, 0).n_late, 0);
	world_end(&w);
}

static void late(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0180);
	packet_a(&p, "@", 300, 1);
	if (q->nth == 1) /* the second attempt gets none */
		script_send(q, &p, 300 * USEC_PER_MSEC);
}

TEST(takes_a_late_answer_to_the_attempt_before)
{
	struct world w;

	world_begin(&w);
	w.timeout = 200 * USEC_PER_MSEC; /* the answer comes after one and a half */
	world_add(&w, late, NULL);
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_int_eq(o.outcome, DNS_DATA);
	ck_assert_uint_ge(o.n_attempts, 2);
	ck_assert_uint_ge(world_stats(&w, 0).n_late, 1);
	world_end(&w);
}

/* Each answer is as late as three attempts take. */
static void always_late(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0180);
	packet_a(&p, "@", 300, 1);
	script_send(q, &p, 350 * USEC_PER_MSEC);
}

TEST(takes_an_answer_to_one_of_several_attempts_before)
{
	static struct outcome outcomes[100];
	struct world w;

	world_begin(&w);
	w.timeout = 100 * USEC_PER_MSEC;
	w.attempts = 6;
	world_add(&w, always_late, NULL);
	world_open(&w);
	for (int i = 0; i < 50; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
	world_end(&w);
}

/* --- Several servers --- */

TEST(asks_every_server_before_it_gives_up)
{
	struct world w;

	world_begin(&w);
	w.attempts = 1;
	world_add(&w, refused, NULL);
	world_add(&w, refused, NULL);
	world_add(&w, refused, NULL);
	world_add(&w, found, NULL);
	w.opts.strategy = DNS_ORDER;
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_int_eq(o.outcome, DNS_DATA);
	ck_assert_uint_eq(o.n_tries, 4);
	ck_assert_uint_eq(o.tries[0].rcode, DNS_RCODE_REFUSED);
	world_end(&w);
}

TEST(goes_elsewhere_at_once_when_a_port_is_closed)
{
	struct world w;
	static struct outcome outcomes[300];

	world_begin(&w);
	w.timeout = 10 * USEC_PER_SEC;
	world_add_closed(&w);
	world_add(&w, found, NULL);
	world_open(&w);
	for (int i = 0; i < 300; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	for (int i = 0; i < 300; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
	ck_assert_int_lt(world_elapsed(&w), 5 * USEC_PER_SEC);
	ck_assert_int_eq(world_stats(&w, 0).rest, DNS_CLOSED);
	world_end(&w);
}

TEST(a_closed_port_of_the_only_server_is_waited_for)
{
	struct world w;

	world_begin(&w);
	w.timeout = 50 * USEC_PER_MSEC;
	world_add_closed(&w);
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_int_eq(o.outcome, DNS_TIMED_OUT);
	ck_assert_int_ge(world_elapsed(&w), 3 * w.timeout);
	world_end(&w);
}

static void slow_found(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0180);
	packet_a(&p, "@", 300, 1);
	script_send(q, &p, 30 * USEC_PER_MSEC);
}

/* What a fast server that fails does to a slow one that is good. */
static const unsigned failures[] = {
    DNS_RCODE_REFUSED, DNS_RCODE_SERVFAIL, DNS_RCODE_FORMERR, DNS_RCODE_NOTIMP};

static void fast_failure(const struct script_query *q, void *arg)
{
	script_rcode(q, *(const unsigned *)arg);
}

TEST(a_fast_server_that_fails_swallows_nothing)
{
	enum { N = 3000 };
	static struct outcome outcomes[N];
	struct world w;
	unsigned rcode = failures[_i];

	world_begin(&w);
	world_add(&w, fast_failure, &rcode);
	world_add(&w, slow_found, NULL);
	world_open(&w);
	for (int i = 0; i < N; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	for (int i = 0; i < N; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
	ck_assert_int_eq(world_stats(&w, 0).rest, DNS_FAILING);
	ck_assert_uint_lt(script_n_udp(w.scripts[0]), 2 * N);
	world_end(&w);
}

struct turning {
	bool is_good;
};

static void turning(const struct script_query *q, void *arg)
{
	const struct turning *t = arg;

	if (t->is_good)
		script_found(q);
	else
		script_rcode(q, DNS_RCODE_SERVFAIL);
}

TEST(a_server_that_is_good_again_comes_back)
{
	static struct outcome outcomes[200];
	struct world w;
	struct turning state = {false};

	world_begin(&w);
	world_add(&w, turning, &state);
	world_add(&w, found, NULL);
	world_open(&w);
	for (int i = 0; i < 200; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	ck_assert_int_eq(world_stats(&w, 0).rest, DNS_FAILING);
	state.is_good = true;
	for (int i = 0; i < 20000 && world_stats(&w, 0).rest == DNS_FAILING; i++)
		world_ask(&w, "www.example");
	ck_assert_int_eq(world_stats(&w, 0).rest, DNS_HEALTHY);
	world_end(&w);
}

TEST(a_dead_server_comes_back)
{
	static struct outcome outcomes[200];
	struct world w;

	world_begin(&w);
	w.timeout = 50 * USEC_PER_MSEC;
	world_add(&w, silent, NULL);
	world_add(&w, found, NULL);
	world_open(&w);
	for (int i = 0; i < 200; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
	ck_assert_int_eq(world_stats(&w, 0).rest, DNS_SILENT);
	unsigned asked = script_n_udp(w.scripts[0]);
	for (int i = 0; i < 100; i++)
		world_ask(&w, "www.example");
	ck_assert_uint_lt(script_n_udp(w.scripts[0]), asked + 10); /* it costs little */
	world_end(&w);
}

TEST(asks_servers_in_order)
{
	static struct outcome outcomes[1500];
	struct world w;

	world_begin(&w);
	world_add(&w, by_name, NULL);
	world_add(&w, found, NULL);
	w.opts.strategy = DNS_ORDER;
	world_open(&w);
	for (int i = 0; i < 1500; i++)
		world_start(&w, &outcomes[i], "nx.example");
	world_wait(&w);
	for (int i = 0; i < 1500; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_NXDOMAIN);
	ck_assert_uint_eq(script_n_udp(w.scripts[1]), 0);
	ck_assert_int_eq(world_ask(&w, "servfail.example").outcome, DNS_DATA);
	world_end(&w);
}

/* A second opinion comes from another server while there is one. */
TEST(avoids_a_server)
{
	enum dns_strategy strategies[] = {DNS_SPREAD, DNS_ORDER};

	for (size_t i = 0; i < N_ROWS(strategies); i++) {
		struct world w;
		world_begin(&w);
		world_add(&w, by_name, NULL);
		world_add(&w, found, NULL);
		w.opts.strategy = strategies[i];
		w.avoid = &w.servers[0].endpoint;
		world_open(&w);
		for (int n = 0; n < 10; n++)
			ck_assert_int_eq(world_ask(&w, "nx.example").outcome, DNS_DATA);
		w.avoid = &w.servers[1].endpoint;
		for (int n = 0; n < 10; n++)
			ck_assert_int_eq(world_ask(&w, "nx.example").outcome, DNS_NXDOMAIN);
		ck_assert_int_eq(world_ask(&w, "servfail.example").outcome, DNS_DATA);
		world_end(&w);
	}
}

TEST(keeps_to_a_limit_of_questions_a_second)
{
	static struct outcome outcomes[200];
	struct world w;

	world_begin(&w);
	world_add(&w, found, NULL);
	w.servers[0].max_qps = 400;
	world_open(&w);
	for (int i = 0; i < 200; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	ck_assert_int_ge(world_elapsed(&w), 400 * USEC_PER_MSEC);
	for (int i = 0; i < 200; i++)
		ck_assert_uint_eq(outcomes[i].n_attempts, 1);
	world_end(&w);
}

/* --- Starting, waiting, cancelling --- */

TEST(waits_while_there_is_no_server)
{
	struct world w;
	struct outcome o;

	world_begin(&w);
	world_open(&w);
	ck_assert_uint_eq(dns_engine_room(w.engine), 0);
	world_start(&w, &o, "www.example");
	run_turns(w.loop, 20);
	ck_assert(!o.is_done);
	world_end(&w);
}

TEST(takes_so_many_lookups_and_no_more)
{
	static struct outcome outcomes[10];
	struct world w;

	world_begin(&w);
	w.opts.max_lookups = 10;
	world_add(&w, silent, NULL);
	world_open(&w);
	ck_assert_uint_eq(dns_engine_room(w.engine), 10);
	for (int i = 0; i < 10; i++)
		world_start(&w, &outcomes[i], "www.example");
	ck_assert_uint_eq(dns_engine_room(w.engine), 0);
	struct dns_name name = packet_wire("x");
	ck_assert_ptr_null(dns_lookup_start(w.engine,
	    &(struct dns_question){.name = &name, .type = DNS_A, .timeout = 1, .attempts = 1}, NULL,
	    NULL));
	world_end(&w);
}

TEST(calls_nothing_after_cancel)
{
	static struct outcome outcomes[100];
	struct world w;

	world_begin(&w);
	world_add(&w, slow_found, NULL);
	world_open(&w);
	for (int i = 0; i < 100; i++) {
		world_start(&w, &outcomes[i], "www.example");
		if (i % 3 == 0)
			run_turns(w.loop, 1); /* some are on the wire, some are not */
	}
	for (int i = 0; i < 100; i += 2) {
		dns_lookup_cancel(outcomes[i].lookup);
		w.n_started--;
	}
	world_wait(&w);
	for (int i = 0; i < 100; i++)
		ck_assert(outcomes[i].is_done == (i % 2 == 1));
	ck_assert_uint_eq(dns_engine_n_lookups(w.engine), 0);
	world_end(&w);
}

static void cancel_other(const struct dns_result *result, void *arg)
{
	struct dns_lookup **other = arg;

	(void)result;
	if (*other != NULL)
		dns_lookup_cancel(*other);
	*other = NULL;
}

TEST(a_callback_may_cancel_others)
{
	struct world w;
	struct dns_lookup *lookups[2];
	struct dns_name name = packet_wire("www.example");
	struct dns_question q = {
	    .name = &name, .type = DNS_A, .timeout = USEC_PER_SEC, .attempts = 1};

	world_begin(&w);
	world_add(&w, found, NULL);
	world_open(&w);
	lookups[0] = dns_lookup_start(w.engine, &q, cancel_other, &lookups[1]);
	lookups[1] = dns_lookup_start(w.engine, &q, cancel_other, &lookups[0]);
	for (int i = 0; i < 100000 && dns_engine_n_lookups(w.engine) > 0; i++)
		loop_turn(w.loop);
	ck_assert_uint_eq(dns_engine_n_lookups(w.engine), 0);
	ck_assert((lookups[0] == NULL) != (lookups[1] == NULL));
	world_end(&w);
}

SUITE(engine)
{
	ADD_ROWS(tells_what_the_server_says, verdicts);
	ADD(doubled_answers_harm_nobody);
	ADD(takes_a_late_answer_to_the_attempt_before);
	ADD(takes_an_answer_to_one_of_several_attempts_before);
	ADD(asks_every_server_before_it_gives_up);
	ADD(goes_elsewhere_at_once_when_a_port_is_closed);
	ADD(a_closed_port_of_the_only_server_is_waited_for);
	ADD_ROWS(a_fast_server_that_fails_swallows_nothing, failures);
	ADD(a_server_that_is_good_again_comes_back);
	ADD(a_dead_server_comes_back);
	ADD(asks_servers_in_order);
	ADD(avoids_a_server);
	ADD(keeps_to_a_limit_of_questions_a_second);
	ADD(waits_while_there_is_no_server);
	ADD(takes_so_many_lookups_and_no_more);
	ADD(calls_nothing_after_cancel);
	ADD(a_callback_may_cancel_others);
}
