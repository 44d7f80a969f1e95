/* More servers than sockets. */
#include "../unit.h"

#include <stdlib.h>
#include <sys/resource.h>

#include "../../fake/runner.h"
#include "world.h"

enum { N_SERVERS = 4, N_NAMES = 400 };

static void found(const struct script_query *q, void *arg)
{
	(void)arg;
	script_found(q);
}

/* Servers that have a socket are asked; none is taken for a closed one. */
TEST(servers_without_a_socket_are_passed_over)
{
	static struct outcome outcomes[N_NAMES];
	struct rlimit limit, old;
	struct world w;

	world_begin(&w);
	for (int i = 0; i < N_SERVERS; i++)
		world_add(&w, found, NULL);
	getrlimit(RLIMIT_NOFILE, &old);
	limit = (struct rlimit){.rlim_cur = 4, .rlim_max = old.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	world_open(&w); /* it takes half of them */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (int i = 0; i < N_NAMES; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	size_t n_asked = 0;
	for (int i = 0; i < N_NAMES; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
	for (size_t i = 0; i < N_SERVERS; i++) {
		ck_assert_int_eq(world_stats(&w, i).rest, DNS_HEALTHY);
		n_asked += world_stats(&w, i).n_sent > 0;
	}
	ck_assert_uint_eq(n_asked, 2);
	world_end(&w);
}

SUITE(sockets)
{
	tcase_set_timeout(tcase, 30);
	ADD(servers_without_a_socket_are_passed_over);
}
