/* What the engine does when a server wants to be asked otherwise: over TCP, without EDNS, with a
 * cookie, or without a mixture of upper and lower case. */
#include "../unit.h"

#include <ctype.h>

#include "world.h"

enum { MANY = 3000 };

static void found(const struct script_query *q, void *arg)
{
	(void)arg;
	script_found(q);
}

/* --- TCP --- */

static void big_over_tcp(const struct script_query *q, void *arg)
{
	static struct packet p;

	(void)arg;
	if (q->connection == NULL) {
		script_truncated(q);
		return;
	}
	script_begin(q, &p, 0x0180);
	for (uint32_t i = 0; i < MANY; i++)
		packet_a(&p, "@", 300, i);
	script_send(q, &p, 0);
}

TEST(asks_over_tcp_when_truncated)
{
	struct world w;

	world_begin(&w);
	world_add(&w, big_over_tcp, NULL);
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_int_eq(o.outcome, DNS_DATA);
	ck_assert_uint_eq(o.n_data, MANY);
	ck_assert_uint_eq(o.n_attempts, 1);
	ck_assert(o.tries[o.n_tries - 1].is_tcp && !o.tries[0].is_tcp);
	world_end(&w);
}

static void found_over_tcp(const struct script_query *q, void *arg)
{
	(void)arg;
	if (q->connection == NULL)
		script_truncated(q);
	else
		script_found(q);
}

TEST(keeps_a_connection_and_asks_much_on_it)
{
	static struct outcome outcomes[500];
	struct world w;

	world_begin(&w);
	world_add(&w, found_over_tcp, NULL);
	world_open(&w);
	for (int i = 0; i < 500; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	for (int i = 0; i < 500; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
	ck_assert_uint_eq(script_n_connections(w.scripts[0]), 1);
	ck_assert_uint_eq(script_n_tcp(w.scripts[0]), 500);
	world_end(&w);
}

TEST(asks_a_server_that_truncates_much_over_tcp_at_once)
{
	struct world w;

	world_begin(&w);
	world_add(&w, found_over_tcp, NULL);
	world_open(&w);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(world_ask(&w, "www.example").outcome, DNS_DATA);
	ck_assert_uint_ge(script_n_udp(w.scripts[0]), 5); /* not for one big answer */
	ck_assert_uint_lt(script_n_udp(w.scripts[0]), 40);
	world_end(&w);
}

TEST(asks_over_tcp_alone_when_told_so)
{
	struct world w;

	world_begin(&w);
	w.opts.use_tcp = true;
	world_add(&w, found, NULL);
	world_open(&w);
	ck_assert_int_eq(world_ask(&w, "www.example").outcome, DNS_DATA);
	ck_assert_uint_eq(script_n_udp(w.scripts[0]), 0);
	world_end(&w);
}

/* Each third query ends the connection. */
static void hangs_up(const struct script_query *q, void *arg)
{
	(void)arg;
	if (q->connection == NULL)
		script_truncated(q);
	else if (script_n_tcp(q->script) % 3 == 0)
		script_hang_up(q);
	else
		script_found(q);
}

TEST(connects_again_when_the_server_hangs_up)
{
	struct world w;

	world_begin(&w);
	world_add(&w, hangs_up, NULL);
	world_open(&w);
	for (int i = 0; i < 10; i++)
		ck_assert_int_eq(world_ask(&w, "www.example").outcome, DNS_DATA);
	ck_assert_uint_gt(script_n_connections(w.scripts[0]), 1);
	world_end(&w);
}

static void only_hangs_up(const struct script_query *q, void *arg)
{
	(void)arg;
	if (q->connection == NULL)
		script_truncated(q);
	else
		script_hang_up(q);
}

TEST(goes_elsewhere_when_tcp_is_of_no_use)
{
	struct world w;

	world_begin(&w);
	world_add(&w, only_hangs_up, NULL);
	world_add(&w, found, NULL);
	w.opts.strategy = DNS_ORDER;
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_int_eq(o.outcome, DNS_DATA);
	ck_assert_uint_eq(o.n_attempts, 2);
	world_end(&w);
}

static void short_frame(const struct script_query *q, void *arg)
{
	static struct packet p = {.len = 5};

	(void)arg;
	if (q->connection == NULL)
		script_truncated(q);
	else
		script_send(q, &p, 0);
}

static void silent_over_tcp(const struct script_query *q, void *arg)
{
	(void)arg;
	if (q->connection == NULL)
		script_truncated(q);
}

static void truncated_over_tcp(const struct script_query *q, void *arg)
{
	(void)arg;
	script_truncated(q);
}

static const struct {
	const char *what;
	script_fn *script;
	enum dns_outcome want;
} bad_tcp[] = {{"a message shorter than its header", short_frame, DNS_TRUNCATED},
    {"silence", silent_over_tcp, DNS_TIMED_OUT}, {"hanging up", only_hangs_up, DNS_TRUNCATED},
    {"truncation over TCP", truncated_over_tcp, DNS_TRUNCATED}};

TEST(ends_though_tcp_is_of_no_use)
{
	struct world w;

	world_begin(&w);
	w.timeout = USEC_PER_SEC;
	w.attempts = 1;
	world_add(&w, bad_tcp[_i].script, NULL);
	world_open(&w);
	for (int i = 0; i < 3; i++)
		ck_assert_msg(world_ask(&w, "www.example").outcome == bad_tcp[_i].want, "%s",
		    bad_tcp[_i].what);
	world_end(&w);
}

/* --- EDNS --- */

static void knows_no_edns(const struct script_query *q, void *arg)
{
	if (q->has_edns)
		script_rcode(q, *(const unsigned *)arg);
	else
		script_found(q);
}

static void knows_no_edns_and_says_little(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	if (!q->has_edns) {
		script_found(q);
		return;
	}
	script_begin(q, &p, 0x0181);
	p.bytes[5] = 0;
	p.len = DNS_HEADER_SIZE;
	script_send(q, &p, 0);
}

static void drops_edns(const struct script_query *q, void *arg)
{
	(void)arg;
	if (!q->has_edns)
		script_found(q);
}

static unsigned formerr = DNS_RCODE_FORMERR, notimp = DNS_RCODE_NOTIMP;

static const struct {
	const char *what;
	script_fn *script;
	unsigned *arg;
	unsigned n_attempts;
} without_edns[] = {{"FORMERR", knows_no_edns, &formerr, 1}, {"NOTIMP", knows_no_edns, &notimp, 1},
    {"FORMERR without a question", knows_no_edns_and_says_little, NULL, 1},
    {"silence", drops_edns, NULL, 2}};

TEST(asks_without_edns)
{
	struct world w;

	world_begin(&w);
	w.timeout = USEC_PER_SEC;
	world_add(&w, without_edns[_i].script, without_edns[_i].arg);
	world_open(&w);
	struct outcome o = world_ask(&w, "www.example");
	ck_assert_msg(o.outcome == DNS_DATA && o.n_attempts == without_edns[_i].n_attempts,
	    "%s: %d, %u attempts", without_edns[_i].what, o.outcome, o.n_attempts);
	if (without_edns[_i].n_attempts == 1) { /* remembered */
		unsigned before = script_n_udp(w.scripts[0]);
		world_ask(&w, "www.example");
		ck_assert_msg(
		    script_n_udp(w.scripts[0]) == before + 1, "%s", without_edns[_i].what);
	}
	world_end(&w);
}

/* --- The case of letters --- */

static bool is_mixed(const struct script_query *q)
{
	for (size_t i = DNS_HEADER_SIZE; i < q->len && q->bytes[i] != 0; i++) {
		if (isupper(q->bytes[i]))
			return true;
	}
	return false;
}

static void lower_question(struct packet *p)
{
	for (size_t i = DNS_HEADER_SIZE; i < p->len - 4; i++)
		p->bytes[i] = (uint8_t)tolower(p->bytes[i]);
}

static void changes_case(const struct script_query *q, void *arg)
{
	struct packet p;
	unsigned *n_mixed = arg;

	*n_mixed += is_mixed(q) ? 1 : 0;
	script_begin(q, &p, 0x0180);
	packet_a(&p, "@", 300, 1);
	lower_question(&p);
	script_send(q, &p, 0);
}

TEST(switches_the_mixture_off_for_a_server_that_changes_case)
{
	struct world w;
	unsigned n_mixed = 0;

	world_begin(&w);
	w.opts.guard = DNS_GUARD_ALL;
	world_add(&w, changes_case, &n_mixed);
	world_open(&w);
	for (int i = 0; i < 20; i++) {
		struct outcome o = world_ask(&w, "a-long-name-with-letters.example");
		ck_assert_int_eq(o.outcome, DNS_DATA);
		ck_assert_uint_eq(o.n_attempts, 1);
	}
	ck_assert_uint_eq(n_mixed, 3);
	world_end(&w);
}

/* Forges NXDOMAIN with the right id, and can't know the case. */
static void forged_case_first(const struct script_query *q, void *arg)
{
	struct packet p;

	(void)arg;
	script_begin(q, &p, 0x0183);
	lower_question(&p);
	if (is_mixed(q))
		script_send(q, &p, 0);
	script_found(q);
}

TEST(takes_no_answer_in_another_case)
{
	struct world w;

	world_begin(&w);
	w.opts.guard = DNS_GUARD_ALL;
	world_add(&w, forged_case_first, NULL);
	world_open(&w);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(
		    world_ask(&w, "a-long-name-with-letters.example").outcome, DNS_DATA);
	world_end(&w);
}

TEST(leaves_the_case_alone_on_loopback)
{
	struct world w;
	unsigned n_mixed = 0;

	world_begin(&w);
	world_add(&w, changes_case, &n_mixed);
	world_open(&w);
	ck_assert_int_eq(world_ask(&w, "A-Long-Name-With-Letters.example").outcome, DNS_DATA);
	ck_assert_uint_eq(n_mixed, 0);
	world_end(&w);
}

/* --- Cookies --- */

enum cookie_act { COOKIE_WANTED, COOKIE_FORGED, COOKIE_STRIPPED, COOKIE_NEVER_RIGHT };

static void add_cookie(struct packet *p, const uint8_t *client, bool is_bad)
{
	uint8_t option[4 + 24] = {0, 10, 0, 24};

	memcpy(option + 4, client, 8);
	memcpy(option + 12, "the-server's-own", 16);
	packet_record(
	    p, DNS_ADDITIONAL, ".", DNS_OPT, is_bad ? 0x01000000 : 0, option, sizeof(option));
}

static bool has_our_cookie(const struct script_query *q)
{
	return q->n_cookie == 24 && memcmp(q->cookie + 8, "the-server's-own", 16) == 0;
}

static void cookies(const struct script_query *q, void *arg)
{
	enum cookie_act act = *(const enum cookie_act *)arg;
	struct packet p;
	static const uint8_t wrong[8] = "WRONG!!";

	if (q->connection != NULL) {
		script_found(q);
		return;
	}
	ck_assert_uint_ge(q->n_cookie, 8);
	if (act == COOKIE_FORGED) {
		script_begin(q, &p, 0x0183);
		add_cookie(&p, wrong, false);
		script_send(q, &p, 0);
	}
	bool is_bad = act == COOKIE_NEVER_RIGHT || !has_our_cookie(q);
	script_begin(q, &p, is_bad ? 0x0187 : 0x0180);
	if (!is_bad)
		packet_a(&p, "@", 300, 1);
	if (act != COOKIE_STRIPPED || !has_our_cookie(q))
		add_cookie(&p, q->cookie, is_bad);
	script_send(q, &p, 0);
}

static const struct {
	const char *what;
	enum cookie_act act;
	bool is_tcp;
} cookie_rows[] = {{"a server that wants its own back", COOKIE_WANTED, false},
    {"a forger", COOKIE_FORGED, false}, {"an answer without", COOKIE_STRIPPED, true},
    {"a server that takes none", COOKIE_NEVER_RIGHT, true}};

TEST(sends_cookies)
{
	struct world w;
	enum cookie_act act = cookie_rows[_i].act;

	world_begin(&w);
	w.opts.guard = DNS_GUARD_ALL;
	world_add(&w, cookies, &act);
	world_open(&w);
	for (int i = 0; i < 3; i++) {
		struct outcome o = world_ask(&w, "www.example");
		ck_assert_msg(o.outcome == DNS_DATA && o.n_attempts == 1, "%s: %d",
		    cookie_rows[_i].what, o.outcome);
		ck_assert_msg(o.tries[o.n_tries - 1].is_tcp == cookie_rows[_i].is_tcp, "%s",
		    cookie_rows[_i].what);
	}
	world_end(&w);
}

TEST(uses_several_ports_where_forging_is_possible)
{
	static struct outcome outcomes[400];
	struct world w;

	world_begin(&w);
	w.opts.guard = DNS_GUARD_ALL;
	world_add(&w, found, NULL);
	world_open(&w);
	for (int i = 0; i < 400; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	ck_assert_uint_ge(world_stats(&w, 0).n_sockets, 4);
	world_end(&w);
}

SUITE(protocol)
{
	ADD(asks_over_tcp_when_truncated);
	ADD(keeps_a_connection_and_asks_much_on_it);
	ADD(asks_a_server_that_truncates_much_over_tcp_at_once);
	ADD(asks_over_tcp_alone_when_told_so);
	ADD(connects_again_when_the_server_hangs_up);
	ADD(goes_elsewhere_when_tcp_is_of_no_use);
	ADD_ROWS(ends_though_tcp_is_of_no_use, bad_tcp);
	ADD_ROWS(asks_without_edns, without_edns);
	ADD(switches_the_mixture_off_for_a_server_that_changes_case);
	ADD(takes_no_answer_in_another_case);
	ADD(leaves_the_case_alone_on_loopback);
	ADD_ROWS(sends_cookies, cookie_rows);
	ADD(uses_several_ports_where_forging_is_possible);
}
