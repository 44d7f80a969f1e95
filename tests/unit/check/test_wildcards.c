/* Names that only a wildcard answers: verdicts, and what is asked for them. */
#include "../unit.h"

#include "../../fake/dns.h"
#include "../../fake/runner.h"
#include "base/metrics.h"
#include "check/checker.h"
#include "model/tagged.h"

#define TIMEOUT (150 * USEC_PER_MSEC)

/* Of RESULT_TAG_WILDCARD. */
enum { NO, YES, UNKNOWN, NONE };

static const struct dns_rule rules[] = {
    {"real.wild.test", RR_A, 1, 0, DNS_OTHER, 0},
    {"*.wild.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"www.plain.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"real.spin.test", RR_A, 1, 0, DNS_OTHER, 0},
    {"*.spin.test", RR_A, 1, 0, DNS_ROTATING, 0},
    {"own.fail.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"*.fail.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
    {"four.six.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"*.six.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"*.six.test", RR_AAAA, 1, 0, DNS_FOUND, 0},
    {"mute.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"own.mute.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"*.mute.test", RR_A, 1, 0, DNS_SILENT, 0},
    {.name = NULL},
};

struct bench {
	struct loop *loop;
	struct checker *checker;
	struct fake_dns *dns;
	unsigned n_results;
	enum item_status status;
	enum reason reason;
	uint32_t n_addresses;
	uint64_t verdict;
};

static void begin(struct bench *b)
{
	*b = (struct bench){.dns = fake_dns_new(rules), .loop = loop_new()};
	struct endpoint server = fake_dns_endpoint(b->dns);
	b->checker = checker_new(b->loop, &(struct checker_opts){.servers = &server,
					      .n_servers = 1,
					      .timeout = TIMEOUT,
					      .attempts = 2,
					      .pause = 10 * USEC_PER_MSEC});
	fake_dns_start(b->dns, b->loop);
}

static void end(struct bench *b)
{
	checker_free(b->checker);
	fake_dns_free(b->dns);
	loop_free(b->loop);
	metrics_done();
}

static void on_result(const struct result *r, void *arg)
{
	struct bench *b = arg;

	b->n_results++;
	b->status = r->status;
	b->reason = r->reason;
	b->n_addresses = r->n_addresses;
	b->verdict = NONE;
	(void)tagged_find_number(r->tagged, RESULT_TAG_WILDCARD, &b->verdict);
}

static bool has_result(void *arg)
{
	return ((struct bench *)arg)->n_results > 0;
}

static struct check *launch(struct bench *b, const char *name, enum wildcard_use use)
{
	struct check_spec asked = {.wildcards = use};

	b->n_results = 0;
	return check_start(b->checker,
	    &(struct check_request){.name = name, .name_len = strlen(name), .asked = &asked},
	    on_result, b);
}

static unsigned check(struct bench *b, const char *name, enum wildcard_use use)
{
	unsigned before = fake_dns_count(b->dns, NULL, RR_A);

	launch(b, name, use);
	run_until(b->loop, has_result, b, name);
	return fake_dns_count(b->dns, NULL, RR_A) - before;
}

static const struct {
	const char *name, *domain;
	enum item_status status;
	uint64_t verdict;
	unsigned n_least, n_most; /* questions, the name's own included */
} verdicts[] = {
    {"a wildcard", "a.wild.test", ITEM_FOUND, YES, 2, 2},
    {"a wildcard some levels above", "a.b.c.wild.test", ITEM_FOUND, YES, 2, 2},
    {"its own answer under a wildcard", "real.wild.test", ITEM_FOUND, NO, 4, 4},
    {"no wildcard", "www.plain.test", ITEM_FOUND, NO, 2, 2},
    {"a rotating wildcard", "a.spin.test", ITEM_FOUND, YES, 2, 8},
    {"its own answer under a rotating one", "real.spin.test", ITEM_FOUND, NO, 11, 11},
    {"samples fail", "own.fail.test", ITEM_FOUND, UNKNOWN, 3, 3},
    {"samples are not answered", "own.mute.test", ITEM_FOUND, UNKNOWN, 3, 3},
    {"a wildcard of another type", "four.six.test", ITEM_FOUND, NO, 2, 2},
    {"of two types", "x.six.test", ITEM_FOUND, YES, 4, 4},
    {"not found", "a.plain.test", ITEM_NOT_FOUND, NONE, 1, 1},
};

TEST(verdict)
{
	struct bench b;

	begin(&b);
	unsigned n = check(&b, verdicts[_i].domain, WILDCARDS_DETECT);
	ck_assert_msg(b.status == verdicts[_i].status && b.verdict == verdicts[_i].verdict,
	    "%s: %d, %llu", verdicts[_i].name, (int)b.status, (unsigned long long)b.verdict);
	ck_assert_msg(n >= verdicts[_i].n_least && n <= verdicts[_i].n_most, "%s: %u questions",
	    verdicts[_i].name, n);
	end(&b);
}

TEST(samples_are_shared)
{
	struct bench b;

	begin(&b);
	ck_assert_uint_eq(check(&b, "real.wild.test", WILDCARDS_DETECT), 4);
	ck_assert_uint_eq(check(&b, "b.wild.test", WILDCARDS_DETECT), 1);
	ck_assert(b.verdict == YES);
	ck_assert_uint_eq(check(&b, "real.wild.test", WILDCARDS_DETECT), 1);
	ck_assert(b.verdict == NO);
	ck_assert_uint_eq(check(&b, "a.b.wild.test", WILDCARDS_DETECT), 2); /* another level */
	ck_assert_uint_eq(check(&b, "b.wild.test", WILDCARDS_OFF), 1);
	ck_assert(b.verdict == NONE);
	end(&b);
}

TEST(drops)
{
	struct bench b;

	begin(&b);
	check(&b, "a.wild.test", WILDCARDS_DROP);
	ck_assert(b.status == ITEM_NOT_FOUND && b.reason == REASON_WILDCARD);
	ck_assert(b.n_addresses == 0 && b.verdict == YES);
	check(&b, "real.wild.test", WILDCARDS_DROP);
	ck_assert(b.status == ITEM_FOUND && b.n_addresses == 1 && b.verdict == NO);
	check(&b, "own.fail.test", WILDCARDS_DROP);
	ck_assert(b.status == ITEM_FOUND && b.verdict == UNKNOWN);
	end(&b);
}

/* Checks end, and servers change, while samples are under way. */
TEST(ends_while_it_waits)
{
	struct bench b;

	begin(&b);
	struct check *first = launch(&b, "own.mute.test", WILDCARDS_DETECT);
	launch(&b, "own.mute.test", WILDCARDS_DETECT);
	run_turns(b.loop, 50);
	ck_assert_uint_gt(fake_dns_count(b.dns, "own.mute.test", RR_A), 1);
	check_cancel(first);
	struct endpoint server = fake_dns_endpoint(b.dns);
	checker_set_servers(b.checker, &(struct checker_opts){.servers = &server, .n_servers = 1});
	b.n_results = 0;
	run_until(b.loop, has_result, &b, "it begins anew");
	ck_assert(b.n_results == 1 && b.verdict == UNKNOWN);
	launch(&b, "own.wild.test", WILDCARDS_DETECT);
	run_turns(b.loop, 5);
	end(&b);
}

SUITE(wildcards)
{
	ADD_ROWS(verdict, verdicts);
	ADD(samples_are_shared);
	ADD(drops);
	ADD(ends_while_it_waits);
}
