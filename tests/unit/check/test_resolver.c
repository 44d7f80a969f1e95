/* Single queries: rcodes, time-outs and late answers, choice of the server, dead servers. */
#include "../unit.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../fake/dns.h"
#include "../../fake/runner.h"
#include "base/metrics.h"
#include "check/resolver_evdns.h"

#define TIMEOUT (100 * USEC_PER_MSEC)

static const struct dns_rule rules[] = {
    {"found.test", RR_A, 1, 0, DNS_FOUND, 0},
    {"found.test", RR_AAAA, 1, 0, DNS_FOUND, 0},
    {"nodata.test", RR_A, 1, 0, DNS_NODATA, 0},
    {"servfail.test", RR_A, 1, 0, DNS_SERVFAIL, 0},
    {"refused.test", RR_A, 1, 0, DNS_REFUSED, 0},
    {"notimp.test", RR_A, 1, 0, DNS_NOTIMP, 0},
    {"formerr.test", RR_A, 1, 0, DNS_FORMERR, 0},
    {"yxdomain.test", RR_A, 1, 0, DNS_YXDOMAIN, 0},
    {"truncated.test", RR_A, 1, 0, DNS_TRUNCATED, 0},
    {"late.test", RR_A, 1, 0, DNS_FOUND, TIMEOUT * 3 / 2},
    {"silent.test", RR_A, 1, 0, DNS_SILENT, 0},
    {"forged.test", RR_A, 1, 0, DNS_FORGED, 0},
    {.name = NULL},
};

struct bench {
	struct loop *loop;
	struct resolver *resolver;
	struct fake_dns *dns[2];
	size_t n_servers;
	unsigned n_answers, n_timeouts, n_rooms;
	struct answer answer;
};

static void on_answer(struct query *query, const struct answer *answer, void *arg)
{
	struct bench *b = arg;

	(void)query;
	b->answer = *answer;
	b->n_answers++;
}

static void on_timeout(struct query *query, void *arg)
{
	struct bench *b = arg;

	(void)query;
	ck_assert_uint_eq(b->n_answers, 0);
	b->n_timeouts++;
}

static const struct query_events events = {.on_answer = on_answer, .on_timeout = on_timeout};

static void on_room(void *arg)
{
	((struct bench *)arg)->n_rooms++;
}

static void begin(struct bench *b, const struct dns_rule *second, usec_t give_up)
{
	*b = (struct bench){.n_servers = second != NULL ? 2 : 1, .loop = loop_new()};
	struct resolver_opts opts = {.n_servers = b->n_servers, .give_up = give_up};
	for (size_t i = 0; i < b->n_servers; i++) {
		b->dns[i] = fake_dns_new(i == 0 ? rules : second);
		opts.servers[i] = fake_dns_endpoint(b->dns[i]);
	}
	b->resolver = resolver_new(b->loop, &opts);
	ck_assert_ptr_nonnull(b->resolver);
	resolver_set_on_room(b->resolver, on_room, b);
	for (size_t i = 0; i < b->n_servers; i++)
		fake_dns_start(b->dns[i], b->loop);
}

static void end(struct bench *b)
{
	resolver_free(b->resolver);
	for (size_t i = 0; i < b->n_servers; i++)
		fake_dns_free(b->dns[i]);
	loop_free(b->loop);
	metrics_done();
}

static struct query *launch(struct bench *b, const char *name, enum rrtype type)
{
	return query_start(b->resolver, name, type, TIMEOUT, NULL, &events, b);
}

static bool has_answer(void *arg)
{
	return ((struct bench *)arg)->n_answers > 0;
}

static const struct answer *ask(struct bench *b, const char *name, enum rrtype type)
{
	b->n_answers = b->n_timeouts = 0;
	ck_assert_ptr_nonnull(launch(b, name, type));
	run_until(b->loop, has_answer, b, name);
	ck_assert_uint_eq(b->n_answers, 1);
	return &b->answer;
}

static const struct {
	const char *name;
	enum rcode rcode;
	unsigned n_timeouts;
} outcomes[] = {
    {"silent.test", RCODE_TIMEOUT, 1},
    {"forged.test", RCODE_TIMEOUT, 1},
    {"late.test", RCODE_NOERROR, 1},
    {"servfail.test", RCODE_SERVFAIL, 0},
    {"refused.test", RCODE_REFUSED, 0},
    {"notimp.test", RCODE_NOTIMP, 0},
    {"formerr.test", RCODE_FORMERR, 0},
    {"yxdomain.test", RCODE_MALFORMED, 0},
    {"truncated.test", RCODE_TRUNCATED, 0},
    {"nodata.test", RCODE_NODATA, 0},
    {"nothing.test", RCODE_NXDOMAIN, 0},
    {"found.test", RCODE_NOERROR, 0},
};

TEST(outcome)
{
	struct bench b;

	begin(&b, NULL, 600 * USEC_PER_MSEC);
	const struct answer *a = ask(&b, outcomes[_i].name, RR_A);
	ck_assert_msg(
	    a->rcode == outcomes[_i].rcode, "%s: %s", outcomes[_i].name, rcode_name(a->rcode));
	ck_assert_msg(b.n_timeouts == outcomes[_i].n_timeouts, "%s", outcomes[_i].name);
	ck_assert_msg(a->is_late == (outcomes[_i].n_timeouts > 0), "%s", outcomes[_i].name);
	ck_assert_uint_eq(a->server->port, fake_dns_endpoint(b.dns[0]).port);
	ck_assert_uint_gt(b.n_rooms, 0);
	end(&b);
}

static double count(const struct bench *b, size_t server, const char *kind)
{
	struct endpoint e = fake_dns_endpoint(b->dns[server]);
	char text[ENDPOINT_TEXT_SIZE];

	endpoint_format(&e, text);
	if (kind == NULL)
		return metric_value(metrics_cell(METRIC_DNS_LATE, text));
	return metric_value(metrics_cell(METRIC_DNS_ANSWERS, text, kind));
}

TEST(is_counted)
{
	struct bench b;

	begin(&b, NULL, 600 * USEC_PER_MSEC);
	ask(&b, "found.test", RR_A);
	ask(&b, "found.test", RR_AAAA);
	ask(&b, "silent.test", RR_A);
	ask(&b, "late.test", RR_A);
	ask(&b, "servfail.test", RR_A);
	ck_assert(count(&b, 0, "noerror") == 2);
	ck_assert(count(&b, 0, "timeout") == 2);
	ck_assert(count(&b, 0, "servfail") == 1);
	ck_assert(count(&b, 0, NULL) == 1);
	end(&b);
}

TEST(an_nxdomain_is_doubtful_after_a_question_was_forgotten)
{
	struct bench b;

	begin(&b, NULL, 2 * TIMEOUT);
	ck_assert(!ask(&b, "nothing.test", RR_A)->is_doubtful);
	ask(&b, "silent.test", RR_A);
	ck_assert(ask(&b, "nothing.test", RR_A)->is_doubtful);
	ck_assert(!ask(&b, "nodata.test", RR_A)->is_doubtful);
	ck_assert(!ask(&b, "found.test", RR_A)->is_doubtful);
	end(&b);
}

TEST(a_dropped_query_is_silent)
{
	struct bench b;

	begin(&b, NULL, 0);
	query_drop(launch(&b, "found.test", RR_A));
	ask(&b, "nothing.test", RR_A);
	ck_assert(b.answer.rcode == RCODE_NXDOMAIN);
	ck_assert_uint_eq(b.n_answers, 1);
	ck_assert(count(&b, 0, "noerror") == 1); /* but counted */
	end(&b);
}

/* Time-outs in milliseconds, in the order in which they are asked for, and that in which they pass.
 */
static const unsigned mixed[] = {120, 40, 160, 80, 40}, passing[] = {1, 4, 3, 0, 2};

struct passing {
	struct query *queries[5];
	size_t n;
	usec_t started_at;
};

static void on_passed(struct query *query, void *arg)
{
	struct passing *p = arg;
	unsigned i = passing[p->n++];

	ck_assert_msg(query == p->queries[i], "the time-out of query %u", i);
	ck_assert_int_ge(clock_mono() - p->started_at, mixed[i] * USEC_PER_MSEC);
}

static void on_nothing(struct query *query, const struct answer *answer, void *arg)
{
	(void)query, (void)answer, (void)arg;
}

static bool has_all_passed(void *arg)
{
	return ((struct passing *)arg)->n == 5;
}

TEST(time_outs_pass_in_their_own_order)
{
	static const struct query_events told = {on_nothing, on_passed};
	struct bench b;
	struct passing p = {.started_at = clock_mono()};

	begin(&b, NULL, USEC_PER_SEC);
	size_t room = resolver_room(b.resolver);
	for (int i = 0; i < 5; i++)
		p.queries[i] = query_start(
		    b.resolver, "silent.test", RR_A, mixed[i] * USEC_PER_MSEC, NULL, &told, &p);
	run_until(b.loop, has_all_passed, &p, "time-outs");
	ck_assert_uint_eq(resolver_room(b.resolver), room);
	end(&b);
}

TEST(servers_take_turns_and_avoid_is_kept)
{
	static const struct dns_rule none[] = {{.name = NULL}};
	struct bench b;

	begin(&b, none, 0);
	for (int i = 0; i < 10; i++)
		ask(&b, "even.test", RR_A);
	ck_assert_uint_eq(fake_dns_count(b.dns[0], "even.test", RR_A), 5);
	ck_assert_uint_eq(fake_dns_count(b.dns[1], "even.test", RR_A), 5);
	const struct endpoint *avoid = b.answer.server;
	for (int i = 0; i < 10; i++) {
		struct query *q =
		    query_start(b.resolver, "other.test", RR_A, TIMEOUT, avoid, &events, &b);
		ck_assert_ptr_ne(query_server(q), avoid);
	}
	end(&b);
}

TEST(room_is_bounded)
{
	struct bench b;
	size_t n = 0;

	begin(&b, NULL, 0);
	size_t room = resolver_room(b.resolver);
	ck_assert(room > 0 && room <= RESOLVER_MAX_WINDOW);
	while (launch(&b, "silent.test", RR_A) != NULL)
		n++;
	ck_assert_uint_eq(n, room);
	ck_assert_uint_eq(resolver_room(b.resolver), 0);
	end(&b);
}

static bool has_many_timeouts(void *arg)
{
	return ((struct bench *)arg)->n_timeouts >= 40;
}

/* One server is silent: it is asked no more than now and then, the other has all the work. */
TEST(a_dead_server_is_left_alone)
{
	static const struct dns_rule second[] = {
	    {"silent.test", RR_A, 1, 0, DNS_FOUND, 0}, {.name = NULL}};
	struct bench b;

	begin(&b, second, 0);
	const struct endpoint *dead = NULL;
	struct endpoint first = fake_dns_endpoint(b.dns[0]);
	const struct query_events quiet = {.on_answer = on_answer, .on_timeout = on_timeout};
	for (int i = 0; i < 80; i++) {
		struct query *q = launch(&b, "silent.test", RR_A);
		ck_assert_ptr_nonnull(q);
		if (query_server(q)->port == first.port)
			dead = query_server(q);
		else
			query_drop(q);
	}
	ck_assert_ptr_nonnull(dead);
	run_until(b.loop, has_many_timeouts, &b, "time-outs");
	unsigned before = fake_dns_count(b.dns[0], "silent.test", RR_A);
	for (int i = 0; i < 20; i++) {
		struct query *q =
		    query_start(b.resolver, "silent.test", RR_A, TIMEOUT, NULL, &quiet, &b);
		ck_assert_ptr_nonnull(q);
		query_drop(q);
	}
	run_turns(b.loop, 20);
	ck_assert_uint_le(fake_dns_count(b.dns[0], "silent.test", RR_A), before + 1);
	end(&b);
}

TEST(without_servers_there_is_no_room)
{
	struct resolver_opts opts = {.n_servers = 0};
	struct loop *loop = loop_new();
	struct resolver *r = resolver_new(loop, &opts);

	ck_assert_ptr_nonnull(r);
	ck_assert_uint_eq(resolver_room(r), 0);
	ck_assert_ptr_null(query_start(r, "a.test", RR_A, TIMEOUT, NULL, &events, NULL));
	resolver_free(r);
	resolver_free(NULL);
	loop_free(loop);
	metrics_done();
}

/* Give the loopback interface this address and the routes that go with it; "0.0.0.0" takes them. */
static void set_loopback(const char *address)
{
	struct ifreq request = {.ifr_name = "lo"};
	struct sockaddr_in *in = (struct sockaddr_in *)&request.ifr_addr;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	in->sin_family = AF_INET;
	ck_assert_int_eq(inet_pton(AF_INET, address, &in->sin_addr), 1);
	ck_assert_int_eq(ioctl(fd, SIOCSIFADDR, &request), 0);
	if (in->sin_addr.s_addr != 0) {
		request.ifr_flags = IFF_UP | IFF_RUNNING;
		ck_assert_int_eq(ioctl(fd, SIOCSIFFLAGS, &request), 0);
	}
	close(fd);
}

/* Both servers have: until then the resolver would take a server's socket for its own. */
static bool has_all_room(void *arg)
{
	return ((struct bench *)arg)->n_rooms == 2;
}

/* The network comes up after the daemon. */
TEST(asks_a_server_once_there_is_a_route_to_it)
{
	struct bench b = {.n_servers = 2, .loop = loop_new()};
	struct resolver_opts opts = {.n_servers = 2};

	if (unshare(CLONE_NEWNET) != 0)
		return; /* only root may have a network of its own */
	set_loopback("127.0.0.1");
	for (size_t i = 0; i < 2; i++) {
		b.dns[i] = fake_dns_new(rules);
		opts.servers[i] = fake_dns_endpoint(b.dns[i]);
	}
	set_loopback("0.0.0.0");
	b.resolver = resolver_new(b.loop, &opts);
	ck_assert_ptr_nonnull(b.resolver);
	resolver_set_on_room(b.resolver, on_room, &b);
	ck_assert_uint_eq(resolver_room(b.resolver), 0);
	ck_assert_ptr_null(launch(&b, "found.test", RR_A));
	set_loopback("127.0.0.1");
	run_until(b.loop, has_all_room, &b, "a route");
	ck_assert_uint_gt(resolver_room(b.resolver), 0);
	for (size_t i = 0; i < 2; i++)
		fake_dns_start(b.dns[i], b.loop);
	for (unsigned i = 0; i < 4; i++) {
		b.n_answers = 0;
		ck_assert_ptr_nonnull(query_start(
		    b.resolver, "found.test", RR_A, 5 * USEC_PER_SEC, NULL, &events, &b));
		run_until(b.loop, has_answer, &b, "an answer");
		ck_assert_int_eq(b.answer.rcode, RCODE_NOERROR);
	}
	end(&b);
}

SUITE(resolver)
{
	ADD_ROWS(outcome, outcomes);
	ADD(is_counted);
	ADD(an_nxdomain_is_doubtful_after_a_question_was_forgotten);
	ADD(a_dropped_query_is_silent);
	ADD(time_outs_pass_in_their_own_order);
	ADD(servers_take_turns_and_avoid_is_kept);
	ADD(room_is_bounded);
	ADD(a_dead_server_is_left_alone);
	ADD(without_servers_there_is_no_room);
	ADD(asks_a_server_once_there_is_a_route_to_it);
}
