/* Checkers of jobs that bring name servers: shared, bounded, freed, denied. */
#include "../unit.h"

#include "../../fake/dns.h"
#include "../../fake/leap.h"
#include "../../fake/runner.h"
#include "base/metrics.h"
#include "check/checker_pool.h"

struct bench {
	struct loop *loop;
	struct checker_pool *pool;
	struct fake_dns *dns;
	bool is_forbidden;
	const char *why_denied;
	unsigned n_results;
	enum item_status status;
	enum reason reason;
};

static const struct dns_rule rules[] = {
    {"found.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"mute.test", RR_A, 1, 0, DNS_SILENT, 0},
    {.name = NULL},
};

static struct checker_opts make_opts(void *arg)
{
	(void)arg;
	return (struct checker_opts){.timeout = USEC_PER_SEC, .attempts = 1};
}

static bool is_allowed(void *arg)
{
	return !((struct bench *)arg)->is_forbidden;
}

static const char *judge(const struct endpoint *server, void *arg)
{
	(void)server;
	return ((struct bench *)arg)->why_denied;
}

static void begin(struct bench *b)
{
	*b = (struct bench){.loop = loop_new(), .dns = fake_dns_new(rules)};
	b->pool = checker_pool_new(&(struct checker_pool_opts){.loop = b->loop,
	    .make_opts = make_opts,
	    .is_allowed = is_allowed,
	    .judge = judge,
	    .arg = b});
	fake_dns_start(b->dns, b->loop);
}

static void end(struct bench *b)
{
	checker_pool_free(b->pool);
	fake_dns_free(b->dns);
	loop_free(b->loop);
	metrics_done();
}

/* The fake server, and with it `n` that are not there. */
static struct server_set servers_of(const struct bench *b, unsigned n)
{
	struct server_set set = {.n = 1, .all = {fake_dns_endpoint(b->dns)}};
	char text[32];

	snprintf(text, sizeof(text), "127.0.0.1:%u", n);
	if (n > 0)
		ck_assert_ptr_null(server_set_add(&set, text));
	return set;
}

static void on_result(const struct result *r, void *arg)
{
	struct bench *b = arg;

	b->n_results++;
	b->status = r->status;
	b->reason = r->reason;
}

static bool has_result(void *arg)
{
	return ((struct bench *)arg)->n_results > 0;
}

static void launch(struct bench *b, const struct server_set *set, const char *name)
{
	b->n_results = 0;
	check_start(checker_pool_get(b->pool, set),
	    &(struct check_request){.name = name, .name_len = strlen(name)}, on_result, b);
}

static void check(struct bench *b, const struct server_set *set, const char *name)
{
	launch(b, set, name);
	run_until(b->loop, has_result, b, name);
}

TEST(equal_lists_share_one)
{
	struct bench b;

	begin(&b);
	struct server_set one = servers_of(&b, 0), same = servers_of(&b, 0),
			  other = servers_of(&b, 1);
	struct checker *checker = checker_pool_get(b.pool, &one);
	ck_assert(checker_pool_get(b.pool, &same) == checker);
	ck_assert(checker_pool_get(b.pool, &other) != checker);
	check(&b, &one, "found.test");
	ck_assert(b.status == ITEM_FOUND);
	end(&b);
}

TEST(lists_are_bounded_and_freed)
{
	struct bench b;
	struct server_set set;
	unsigned n = 0;

	begin(&b);
	for (;; n++) {
		set = servers_of(&b, n);
		if (!checker_pool_has_room(b.pool, &set))
			break;
		checker_pool_get(b.pool, &set);
	}
	ck_assert_uint_eq(n, 64);
	struct server_set busy = servers_of(&b, 0);
	launch(&b, &busy, "mute.test");
	leap_by(61 * USEC_PER_SEC);
	run_turns(b.loop, 3);
	ck_assert(checker_pool_has_room(b.pool, &set));
	end(&b);
}

TEST(denied_servers_are_not_asked)
{
	struct bench b;

	begin(&b);
	struct server_set set = servers_of(&b, 0);
	launch(&b, &set, "mute.test");
	run_turns(b.loop, 10);
	b.why_denied = "denied";
	checker_pool_renew(b.pool);
	run_until(b.loop, has_result, &b, "the check under way");
	ck_assert(b.status == ITEM_ERROR && b.reason == REASON_POLICY);
	ck_assert(checker_pool_has_room(b.pool, &set));
	check(&b, &set, "found.test");
	ck_assert(b.status == ITEM_ERROR && b.reason == REASON_POLICY);
	ck_assert_uint_eq(fake_dns_count(b.dns, "found.test", RR_A), 0);
	b.why_denied = NULL;
	checker_pool_renew(b.pool);
	check(&b, &set, "found.test");
	ck_assert(b.status == ITEM_FOUND);
	b.is_forbidden = true;
	checker_pool_renew(b.pool);
	check(&b, &set, "found.test");
	ck_assert(b.reason == REASON_POLICY);
	end(&b);
}

SUITE(checker_pool)
{
	ADD(equal_lists_share_one);
	ADD(lists_are_bounded_and_freed);
	ADD(denied_servers_are_not_asked);
}
