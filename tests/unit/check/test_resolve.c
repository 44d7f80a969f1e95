/* Verdicts: what the check "resolve" makes of each answer, with a checker that asks real sockets.
 */
#include "../unit.h"

#include <stdlib.h>
#include <unistd.h>

#include "../../fake/dns.h"
#include "../../fake/runner.h"
#include "base/metrics.h"
#include "check/checker.h"

#define TIMEOUT (150 * USEC_PER_MSEC)
#define LATE    (240 * USEC_PER_MSEC)

enum { MAX_SERVERS = 2, ATTEMPTS = 3 };

struct bench {
	struct loop *loop;
	struct checker *checker;
	bool use_evdns;
	size_t n_servers;
	struct fake_dns *dns[MAX_SERVERS];
	unsigned n_results;
	struct result result; /* the last one; its name is gone */
};

static void start(struct bench *b, const char *hosts_path)
{
	struct endpoint servers[MAX_SERVERS];
	struct checker_opts opts = {.servers = servers,
	    .n_servers = b->n_servers,
	    .hosts_path = hosts_path,
	    .timeout = TIMEOUT,
	    .attempts = ATTEMPTS,
	    .use_evdns = b->use_evdns,
	    .pause = 20 * USEC_PER_MSEC};

	b->loop = loop_new();
	for (size_t i = 0; i < b->n_servers; i++)
		servers[i] = fake_dns_endpoint(b->dns[i]);
	b->checker = checker_new(b->loop, &opts);
	ck_assert_ptr_nonnull(b->checker);
	for (size_t i = 0; i < b->n_servers; i++)
		fake_dns_start(b->dns[i], b->loop);
}

/* What asks. */
static const struct {
	const char *name;
	bool use_evdns;
} resolvers[] = {{"evdns", true}, {"engine", false}};

static void begin(struct bench *b, const struct dns_rule *rules, bool use_evdns)
{
	*b = (struct bench){.use_evdns = use_evdns, .n_servers = 1, .dns = {fake_dns_new(rules)}};
	start(b, NULL);
}

static void end(struct bench *b)
{
	checker_free(b->checker);
	for (size_t i = 0; i < b->n_servers; i++)
		fake_dns_free(b->dns[i]);
	loop_free(b->loop);
	metrics_done();
}

static void on_result(const struct result *result, void *arg)
{
	struct bench *b = arg;

	b->result = *result;
	b->result.name = NULL;
	b->n_results++;
}

static struct check *launch(struct bench *b, const char *name)
{
	struct check_request request = {.name = name, .name_len = strlen(name), .index = 7};

	ck_assert_uint_gt(checker_room(b->checker), 0);
	return check_start(b->checker, &request, on_result, b);
}

static bool has_result(void *arg)
{
	return ((struct bench *)arg)->n_results > 0;
}

static const struct result *check(struct bench *b, const char *name)
{
	b->n_results = 0;
	launch(b, name);
	ck_assert_uint_eq(b->n_results, 0);
	run_until(b->loop, has_result, b, name);
	ck_assert_uint_eq(b->n_results, 1);
	ck_assert_uint_eq(b->result.index, 7);
	return &b->result;
}

static const struct dns_rule rules[] = {
    {"found.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"v6.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"v6.test", RR_AAAA, 1, 0, DNS_FOUND, 0},
    {"nodata.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"nodata.test", RR_AAAA, 1, 0, DNS_NODATA, 0},
    {"half.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"servfail.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
    {"hiccup.test", RR_A, 1, 2, DNS_SERVFAIL, 0},
    {"hiccup.test", RR_A, 3, 0, DNS_FOUND, 0},
    {"v6only.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
    {"v6only.test", RR_AAAA, 1, 0, DNS_FOUND, 0},
    {"nxfirst.test", RR_A, 1, 1, DNS_NXDOMAIN, 0},
    {"nxfirst.test", RR_A, 2, 0, DNS_FOUND, 0},
    {"stray.test", RR_A, 1, 1, DNS_STRAY, 0},
    {"stray.test", RR_A, 2, 0, DNS_FOUND, 0},
    {"v6fail.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"v6fail.test", RR_AAAA, 1, 0, DNS_SERVFAIL, 0},
    {"refused.test", RR_A, 1, 0, DNS_REFUSED, 0},
    {"notimp.test", RR_A, 1, 0, DNS_NOTIMP, 0},
    {"formerr.test", RR_A, 1, 0, DNS_FORMERR, 0},
    {"truncated.test", RR_A, 1, 0, DNS_TRUNCATED, 0},
    {"silent.test", RR_A, 1, 0, DNS_SILENT, 0},
    {"lost.test", RR_A, 1, 1, DNS_SILENT, 0},
    {"lost.test", RR_A, 2, 0, DNS_FOUND, 0},
    {"late.test", RR_A, 1, 1, DNS_FOUND, LATE},
    {"late.test", RR_A, 2, 0, DNS_SILENT, 0},
    {"latefail.test", RR_A, 1, 1, DNS_SERVFAIL, LATE},
    {"latefail.test", RR_A, 2, 2, DNS_FOUND, TIMEOUT * 4 / 5},
    {"forged.test", RR_A, 1, 0, DNS_FORGED, 0},
    {.name = NULL},
};

struct verdict {
	const char *name;
	enum item_status status;
	enum reason reason;
	uint32_t attempts;
	unsigned n_a, n_aaaa;
	enum rcode last; /* evidence */
};

/* With evdns, which is asked once before: nothing but its addresses counts. */
static const struct verdict evdns_verdicts[] = {
    {"found.test", ITEM_FOUND, REASON_NONE, 1, 1, 0, RCODE_NOERROR},
    {"v6.test", ITEM_FOUND, REASON_NONE, 1, 2, 1, RCODE_NOERROR},
    {"nothing.test", ITEM_NOT_FOUND, REASON_NXDOMAIN, 1, 2, 0, RCODE_NXDOMAIN},
    {"nodata.test", ITEM_NOT_FOUND, REASON_NO_ADDRESS, 1, 2, 1, RCODE_NODATA},
    {"stray.test", ITEM_FOUND, REASON_NONE, 1, 2, 0, RCODE_NOERROR},
    {"nxfirst.test", ITEM_FOUND, REASON_NONE, 1, 2, 0, RCODE_NOERROR},
    {"servfail.test", ITEM_ERROR, REASON_SERVFAIL, 3, 4, 1, RCODE_SERVFAIL},
    {"hiccup.test", ITEM_FOUND, REASON_NONE, 2, 3, 0, RCODE_NOERROR},
    {"v6only.test", ITEM_FOUND, REASON_NONE, 1, 4, 1, RCODE_NOERROR},
    {"truncated.test", ITEM_ERROR, REASON_TRUNCATED, 3, 4, 1, RCODE_TRUNCATED},
    {"lost.test", ITEM_FOUND, REASON_NONE, 1, 2, 0, RCODE_NOERROR},
    {"silent.test", ITEM_ERROR, REASON_TIMEOUT, 3, 4, 0, RCODE_TIMEOUT},
    {"latefail.test", ITEM_FOUND, REASON_NONE, 1, 2, 0, RCODE_NOERROR},
    {"forged.test", ITEM_FOUND, REASON_NONE, 1, 1, 0, RCODE_NOERROR},
};

/* After a failure of A the checker asks for AAAA too: where that has an address the name is found.
 */
static const struct verdict checker_verdicts[] = {
    {"servfail.test", ITEM_ERROR, REASON_SERVFAIL, 3, 3, 1, RCODE_SERVFAIL},
    {"refused.test", ITEM_ERROR, REASON_REFUSED, 3, 3, 1, RCODE_REFUSED},
    {"truncated.test", ITEM_ERROR, REASON_TRUNCATED, 3, 3, 1, RCODE_TRUNCATED},
    {"silent.test", ITEM_ERROR, REASON_TIMEOUT, 3, 3, 0, RCODE_TIMEOUT},
    {"forged.test", ITEM_ERROR, REASON_TIMEOUT, 3, 3, 0, RCODE_TIMEOUT},
    {"v6fail.test", ITEM_ERROR, REASON_SERVFAIL, 3, 1, 3, RCODE_SERVFAIL},
    {"v6only.test", ITEM_FOUND, REASON_NONE, 1, 3, 1, RCODE_NOERROR},
    {"nothing.test", ITEM_NOT_FOUND, REASON_NXDOMAIN, 1, 1, 0, RCODE_NXDOMAIN},
    {"stray.test", ITEM_FOUND, REASON_NONE, 2, 2, 0, RCODE_NOERROR},
    {"nodata.test", ITEM_NOT_FOUND, REASON_NO_ADDRESS, 1, 1, 1, RCODE_NODATA},
    {"half.test", ITEM_NOT_FOUND, REASON_NO_ADDRESS, 1, 1, 1, RCODE_NXDOMAIN},
    {"hiccup.test", ITEM_FOUND, REASON_NONE, 3, 3, 0, RCODE_NOERROR},
    {"lost.test", ITEM_FOUND, REASON_NONE, 2, 2, 0, RCODE_NOERROR},
    {"late.test", ITEM_FOUND, REASON_NONE, 2, 2, 0, RCODE_NOERROR},
    {"latefail.test", ITEM_FOUND, REASON_NONE, 2, 2, 0, RCODE_NOERROR},
    {"v6.test", ITEM_FOUND, REASON_NONE, 1, 1, 1, RCODE_NOERROR},
    {"found.test", ITEM_FOUND, REASON_NONE, 1, 1, 0, RCODE_NOERROR},
};

static void check_verdict(const struct verdict *v, bool use_evdns)
{
	const char *name = v->name;
	struct bench b;

	begin(&b, rules, use_evdns);
	const struct result *r = check(&b, name);
	ck_assert_msg(r->status == v->status && r->reason == v->reason, "%s: %s, reason %d", name,
	    item_status_name(r->status), r->reason);
	ck_assert_msg(r->attempts == v->attempts, "%s: %u attempts", name, r->attempts);
	ck_assert_msg(fake_dns_count(b.dns[0], name, RR_A) == v->n_a, "%s: A", name);
	ck_assert_msg(fake_dns_count(b.dns[0], name, RR_AAAA) == v->n_aaaa, "%s: AAAA", name);
	ck_assert_uint_gt(r->n_evidence, 0);
	const struct evidence *e = &r->evidence[r->n_evidence - 1];
	ck_assert_msg(e->rcode == v->last, "%s: %s", name, rcode_name(e->rcode));
	ck_assert_uint_eq(e->server.port, fake_dns_endpoint(b.dns[0]).port);
	ck_assert_msg((r->n_addresses == 1) == (r->status == ITEM_FOUND), "%s", name);
	ck_assert_uint_eq(checker_in_flight(b.checker), 0);
	end(&b);
}

TEST(verdict_of_evdns)
{
	check_verdict(&evdns_verdicts[_i], true);
}

TEST(verdict_of_the_engine)
{
	check_verdict(&checker_verdicts[_i], false);
}

TEST(addresses_and_ttl)
{
	static const uint8_t v4[] = {192, 0, 2, 1}, v6[16] = {0x20, 1, 0x0d, 0xb8, [15] = 1};
	struct bench b;

	begin(&b, rules, resolvers[_i].use_evdns);
	const struct result *r = check(&b, "found.test");
	ck_assert(!r->addresses[0].is_v6 && r->ttl == DNS_TTL);
	ck_assert_mem_eq(r->addresses[0].bytes, v4, sizeof(v4));
	r = check(&b, "v6.test");
	ck_assert(r->addresses[0].is_v6 && r->ttl == DNS_TTL);
	ck_assert_mem_eq(r->addresses[0].bytes, v6, sizeof(v6));
	ck_assert_uint_eq(r->n_evidence, 2);
	ck_assert(r->evidence[0].rcode == RCODE_NODATA && r->evidence[1].type == RR_AAAA);
	end(&b);
}

TEST(request_rules_over_the_engine)
{
	struct check_request request = {
	    .name = "silent.testXX", .name_len = 11, .timeout = 5 * USEC_PER_MSEC, .attempts = 1};
	struct bench b;

	begin(&b, rules, resolvers[_i].use_evdns);
	check_start(b.checker, &request, on_result, &b);
	run_until(b.loop, has_result, &b, "one attempt");
	ck_assert(b.result.reason == REASON_TIMEOUT && b.result.attempts == 1);
	ck_assert_uint_eq(fake_dns_count(b.dns[0], "silent.test", RR_A), b.use_evdns ? 2 : 1);
	end(&b);
}

TEST(another_server_on_retry)
{
	static const struct dns_rule bad[] = {{"x.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
	    {.name = NULL}},
				     good[] = {
					 {"x.test", RR_A, 1, 0, DNS_FOUND, 0}, {.name = NULL}};
	struct bench b = {.use_evdns = resolvers[_i].use_evdns,
	    .n_servers = 2,
	    .dns = {fake_dns_new(bad), fake_dns_new(good)}};

	start(&b, NULL);
	for (int i = 0; i < 10; i++) {
		const struct result *r = check(&b, "x.test");
		ck_assert(r->status == ITEM_FOUND && r->attempts <= 2);
	}
	ck_assert_uint_eq(fake_dns_count(b.dns[1], "x.test", RR_A), 10);
	ck_assert_uint_gt(fake_dns_count(b.dns[0], "x.test", RR_A), 0);
	end(&b);
}

static bool is_after(void *arg)
{
	return clock_mono() > *(usec_t *)arg;
}

TEST(a_cancelled_probe_is_silent)
{
	struct bench b;

	begin(&b, rules, resolvers[_i].use_evdns);
	struct check *cancelled = launch(&b, "late.test");
	ck_assert_uint_eq(checker_in_flight(b.checker), 1);
	run_turns(b.loop, 5);
	check_cancel(cancelled);
	ck_assert_uint_eq(checker_in_flight(b.checker), 0);
	usec_t until = clock_mono() + 2 * LATE;
	run_until(b.loop, is_after, &until, "the answer to nobody");
	ck_assert_uint_eq(b.n_results, 0);
	ck_assert(check(&b, "found.test")->status == ITEM_FOUND); /* the check is used again */
	end(&b);
}

TEST(ends_with_probes_under_way)
{
	struct bench b;

	begin(&b, rules, resolvers[_i].use_evdns);
	launch(&b, "silent.test");
	launch(&b, "servfail.test");
	run_turns(b.loop, 20);
	ck_assert_uint_eq(b.n_results, 0);
	end(&b);
}

TEST(without_servers_names_wait)
{
	struct bench b = {.use_evdns = resolvers[_i].use_evdns, .n_servers = 0};

	start(&b, NULL);
	run_turns(b.loop, 50);
	ck_assert_uint_eq(checker_room(b.checker), 0);
	end(&b);
}

TEST(hosts_are_found_without_asking)
{
	char path[] = "/tmp/asyncprobed-test-XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "192.0.2.9 host.test\n2001:db8::9 host.test\n";
	struct bench b = {
	    .use_evdns = resolvers[_i].use_evdns, .n_servers = 1, .dns = {fake_dns_new(rules)}};

	ck_assert(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	start(&b, path);
	const struct result *r = check(&b, "host.test");
	ck_assert(r->status == ITEM_FOUND && r->n_addresses == 2 && r->addresses[1].is_v6);
	ck_assert(r->n_evidence == 1 && r->evidence[0].source == SOURCE_HOSTS);
	ck_assert(r->attempts == 0 && fake_dns_count(b.dns[0], NULL, RR_A) == 0);
	ck_assert(check(&b, "nothing.test")->reason == REASON_NXDOMAIN);
	end(&b);
	close(fd);
	unlink(path);
}

struct crowd {
	struct bench *b;
	unsigned n_done, n_started, n_wanted;
};

static void on_one(const struct result *result, void *arg)
{
	struct crowd *c = arg;

	ck_assert(result->reason == REASON_NXDOMAIN);
	c->n_done++;
}

static void on_room(void *arg)
{
	struct crowd *c = arg;

	for (size_t n = checker_room(c->b->checker); n > 0 && c->n_started < c->n_wanted; n--) {
		struct check_request request = {.name = "many.test", .name_len = 9};
		c->n_started++;
		check_start(c->b->checker, &request, on_one, c);
	}
}

static bool is_crowd_done(void *arg)
{
	const struct crowd *c = arg;

	return c->n_done == c->n_wanted;
}

TEST(tells_when_there_is_room)
{
	struct bench b;

	begin(&b, rules, resolvers[_i].use_evdns);
	struct crowd c = {.b = &b, .n_wanted = 1000};
	checker_set_on_room(b.checker, on_room, &c);
	on_room(&c);
	ck_assert_uint_lt(c.n_started, c.n_wanted);
	run_until(b.loop, is_crowd_done, &c, "a thousand names");
	end(&b);
}

static const struct {
	const char *name;
	enum check_families families;
	enum item_status status;
	enum reason reason;
	unsigned n_a, n_aaaa; /* questions */
} one_family[] = {
    {"found.test", CHECK_ONLY_V4, ITEM_FOUND, REASON_NONE, 1, 0},
    {"v6.test", CHECK_ONLY_V4, ITEM_NOT_FOUND, REASON_NO_ADDRESS, 1, 0},
    {"v6.test", CHECK_ONLY_V6, ITEM_FOUND, REASON_NONE, 0, 1},
    {"nodata.test", CHECK_ONLY_V6, ITEM_NOT_FOUND, REASON_NO_ADDRESS, 0, 1},
    {"none.test", CHECK_ONLY_V6, ITEM_NOT_FOUND, REASON_NXDOMAIN, 0, 1},
    {"v6only.test", CHECK_ONLY_V4, ITEM_ERROR, REASON_SERVFAIL, 1, 0},
};

static void check_one_family(int i, bool use_evdns)
{
	struct bench b;
	struct check_request request = {.name = one_family[i].name,
	    .name_len = strlen(one_family[i].name),
	    .families = one_family[i].families};

	begin(&b, rules, use_evdns);
	check_start(b.checker, &request, on_result, &b);
	run_until(b.loop, has_result, &b, request.name);
	ck_assert_int_eq(b.result.status, one_family[i].status);
	ck_assert_int_eq(b.result.reason, one_family[i].reason);
	bool has_more = b.result.reason == REASON_SERVFAIL || b.result.reason == REASON_NXDOMAIN;
	unsigned n_a = fake_dns_count(b.dns[0], request.name, RR_A),
		 n_aaaa = fake_dns_count(b.dns[0], request.name, RR_AAAA);
	ck_assert_uint_eq(n_a > 0, one_family[i].n_a);
	ck_assert_uint_eq(n_aaaa > 0, one_family[i].n_aaaa);
	unsigned n_early = use_evdns && one_family[i].status != ITEM_FOUND ? 1 : 0;
	ck_assert(has_more || n_a + n_aaaa == 1 + n_early);
	end(&b);
}

TEST(one_family_alone)
{
	check_one_family(_i, false);
}

TEST(one_family_alone_by_evdns)
{
	check_one_family(_i, true);
}

SUITE(resolve)
{
	ADD_ROWS(one_family_alone, one_family);
	ADD_ROWS(one_family_alone_by_evdns, one_family);
	ADD_ROWS(verdict_of_evdns, evdns_verdicts);
	ADD_ROWS(verdict_of_the_engine, checker_verdicts);
	ADD_ROWS(addresses_and_ttl, resolvers);
	ADD_ROWS(request_rules_over_the_engine, resolvers);
	ADD_ROWS(another_server_on_retry, resolvers);
	ADD_ROWS(a_cancelled_probe_is_silent, resolvers);
	ADD_ROWS(ends_with_probes_under_way, resolvers);
	ADD_ROWS(without_servers_names_wait, resolvers);
	ADD_ROWS(hosts_are_found_without_asking, resolvers);
	ADD_ROWS(tells_when_there_is_room, resolvers);
}
