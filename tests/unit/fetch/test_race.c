/* Races of real connections on loopback. */
#include "../unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../fake/runner.h"
#include "fetch/race.h"
#include "loop/loop.h"

enum { MAX_PENDING = 64 };

struct bench {
	struct loop *loop;
	int listening, refusing, full; /* full: what connects there gets no answer */
	int pending[MAX_PENDING];
	bool is_done;
	struct race_outcome outcome;
	char detail[RACE_DETAIL];
	bool was_tried[RACE_MAX];
	const char *denied; /* text of an endpoint */
};

static int bind_one(int backlog)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	if (backlog >= 0)
		ck_assert_int_eq(listen(fd, backlog), 0);
	return fd;
}

static struct endpoint endpoint_of(int fd)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	struct endpoint e;

	getsockname(fd, (struct sockaddr *)&at, &len);
	ck_assert(endpoint_from_sockaddr((struct sockaddr *)&at, &e));
	return e;
}

/* Fill a listener's queue, so that further SYNs are dropped. */
static void fill(struct bench *b)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);

	getsockname(b->full, (struct sockaddr *)&at, &len);
	for (int i = 0; i < MAX_PENDING; i++) {
		b->pending[i] = -1;
		if (i > 3)
			continue;
		b->pending[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(b->pending[i], (struct sockaddr *)&at, len);
	}
}

static void begin(struct bench *b)
{
	*b = (struct bench){.loop = loop_new(),
	    .listening = bind_one(16),
	    .refusing = bind_one(-1),
	    .full = bind_one(0)};
	fill(b);
}

static void end(struct bench *b)
{
	if (b->outcome.is_won)
		close(b->outcome.fd);
	for (int i = 0; i < MAX_PENDING; i++) {
		if (b->pending[i] >= 0)
			close(b->pending[i]);
	}
	close(b->listening);
	close(b->refusing);
	close(b->full);
	loop_free(b->loop);
}

static const char *judge(const struct endpoint *to, void *arg)
{
	const struct bench *b = arg;
	char text[ENDPOINT_TEXT_SIZE];

	endpoint_format(to, text);
	return b->denied != NULL && strncmp(text, b->denied, strlen(b->denied)) == 0 ? "no" : NULL;
}

static void on_done(const struct race_outcome *outcome, void *arg)
{
	struct bench *b = arg;

	ck_assert(!b->is_done);
	b->is_done = true;
	b->outcome = *outcome;
	memcpy(b->was_tried, outcome->was_tried, sizeof(b->was_tried));
	snprintf(b->detail, sizeof(b->detail), "%s", outcome->detail);
}

static bool is_done(void *arg)
{
	return ((struct bench *)arg)->is_done;
}

static void race(struct bench *b, const struct endpoint *to, size_t n, usec_t timeout)
{
	const struct race_opts opts = {.loop = b->loop,
	    .endpoints = to,
	    .n_endpoints = n,
	    .timeout = timeout,
	    .judge = judge,
	    .on_done = on_done,
	    .arg = b};

	race_start(&opts);
	ck_assert(!b->is_done);
	run_until(b->loop, is_done, b, "the end of a race");
}

/* libcurl calls connect(2) on the socket that it is given. */
TEST(the_connection_is_fit_for_libcurl)
{
	struct bench b;
	struct sockaddr_storage at;

	begin(&b);
	struct endpoint to = endpoint_of(b.listening);
	race(&b, &to, 1, 20 * USEC_PER_SEC);
	ck_assert(b.outcome.is_won && b.outcome.winner == 0);
	socklen_t len = endpoint_to_sockaddr(&to, &at);
	ck_assert_int_eq(connect(b.outcome.fd, (struct sockaddr *)&at, len), 0);
	end(&b);
}

TEST(nineteen_refuse)
{
	enum { N = 20 };
	struct bench b;
	struct endpoint to[N];

	begin(&b);
	for (int i = 0; i < N; i++)
		to[i] = endpoint_of(i < N - 1 ? b.refusing : b.listening);
	race(&b, to, N, 20 * USEC_PER_SEC);
	ck_assert(b.outcome.is_won && b.outcome.winner == N - 1);
	end(&b);
}

/* One that swallows what is sent to it holds the next one up for 250 ms. */
TEST(the_first_does_not_answer)
{
	struct bench b;

	begin(&b);
	struct endpoint to[] = {
	    endpoint_of(b.full), endpoint_of(b.listening), endpoint_of(b.refusing)};
	race(&b, to, 3, 20 * USEC_PER_SEC);
	ck_assert(b.outcome.is_won && b.outcome.winner == 1);
	ck_assert(b.was_tried[0] && b.was_tried[1] && !b.was_tried[2]);
	ck_assert_int_ge(b.outcome.duration, 240 * USEC_PER_MSEC);
	end(&b);
}

TEST(nobody_answers)
{
	struct bench b;

	begin(&b);
	struct endpoint to[] = {endpoint_of(b.refusing), endpoint_of(b.full)};
	race(&b, to, 2, 100 * USEC_PER_MSEC);
	ck_assert(!b.outcome.is_won && b.outcome.denied == NULL);
	ck_assert_int_eq(b.outcome.reason, REASON_TIMEOUT);
	ck_assert_msg(strstr(b.detail, "none of 2 addresses") != NULL, "%s", b.detail);
	end(&b);
}

TEST(refused)
{
	struct bench b;

	begin(&b);
	struct endpoint to = endpoint_of(b.refusing);
	race(&b, &to, 1, 20 * USEC_PER_SEC);
	ck_assert(!b.outcome.is_won);
	ck_assert_int_eq(b.outcome.reason, REASON_CONNECT);
	ck_assert_msg(strstr(b.detail, strerror(ECONNREFUSED)) != NULL, "%s", b.detail);
	end(&b);
}

/* Each address is judged; no packet goes to one that is denied. */
TEST(denied)
{
	struct bench b;

	begin(&b);
	struct endpoint to[] = {endpoint_of(b.listening), endpoint_of(b.listening)};
	b.denied = "127.";
	race(&b, to, 2, 20 * USEC_PER_SEC);
	ck_assert(!b.outcome.is_won);
	ck_assert_str_eq(b.outcome.denied, "no");
	ck_assert_int_eq(accept(b.listening, NULL, NULL), -1);
	end(&b);
}

/* No route to a family: the next address is tried at once. */
TEST(no_route)
{
	struct bench b;

	begin(&b);
	struct endpoint to[] = {
	    {.address = {.is_v6 = true, .bytes = {0x20, 1, 0xd, 0xb8}}, .port = 9},
	    endpoint_of(b.listening)};
	race(&b, to, 2, 20 * USEC_PER_SEC);
	ck_assert(b.outcome.is_won && b.outcome.winner == 1);
	end(&b);
}

TEST(cancelled)
{
	struct bench b;

	begin(&b);
	struct endpoint to[] = {endpoint_of(b.full), endpoint_of(b.listening)};
	const struct race_opts opts = {.loop = b.loop,
	    .endpoints = to,
	    .n_endpoints = 2,
	    .timeout = 20 * USEC_PER_SEC,
	    .judge = judge,
	    .on_done = on_done,
	    .arg = &b};
	race_cancel(race_start(&opts));
	struct race *r = race_start(&opts);
	run_turns(b.loop, 5);
	race_cancel(r);
	run_turns(b.loop, 5);
	ck_assert(!b.is_done);
	end(&b);
}

SUITE(race)
{
	ADD(the_connection_is_fit_for_libcurl);
	ADD(nineteen_refuse);
	ADD(the_first_does_not_answer);
	ADD(nobody_answers);
	ADD(refused);
	ADD(denied);
	ADD(no_route);
	ADD(cancelled);
}
