/* The network comes and goes under the engine: with networks of its own, which only root may have.
 */
#include "../unit.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../../fake/runner.h"
#include "world.h"

static void found(const struct script_query *q, void *arg)
{
	(void)arg;
	script_found(q);
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

/* Authorities may all be of a kind that the machine can't reach. */
TEST(or_fail_where_that_is_wanted)
{
	static struct outcome outcomes[100];
	struct world w;

	if (unshare(CLONE_NEWNET) != 0)
		return;
	set_loopback("127.0.0.1");
	world_begin(&w);
	world_add(&w, found, NULL);
	w.opts.fails_without_route = true;
	world_open(&w);
	set_loopback("0.0.0.0");
	for (int i = 0; i < 100; i++)
		world_start(&w, &outcomes[i], "www.example");
	world_wait(&w);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(outcomes[i].outcome, DNS_TIMED_OUT);
	world_end(&w);
}

TEST(names_wait_until_there_is_a_route)
{
	static struct outcome outcomes[100];
	struct world w;

	if (unshare(CLONE_NEWNET) != 0)
		return;
	set_loopback("127.0.0.1");
	world_begin(&w);
	w.timeout = 100 * USEC_PER_MSEC;
	world_add(&w, found, NULL);
	world_add(&w, found, NULL);
	world_open(&w);
	set_loopback("0.0.0.0");
	for (int i = 0; i < 100; i++)
		world_start(&w, &outcomes[i], "www.example");
	usec_t until = clock_mono() + 10 * w.timeout; /* longer than all attempts */
	while (clock_mono() < until)
		run_turns(w.loop, 100);
	ck_assert_uint_eq(w.n_done, 0);
	ck_assert_uint_eq(dns_engine_room(w.engine), 0);
	set_loopback("127.0.0.1");
	world_wait(&w);
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(outcomes[i].outcome, DNS_DATA);
		ck_assert_uint_eq(outcomes[i].n_attempts, 1);
	}
	ck_assert_uint_gt(dns_engine_room(w.engine), 0);
	world_end(&w);
}

/* The route is lost while questions are asked, and nobody asks when it comes back. */
TEST(a_lost_route_is_found_again_though_nobody_asks)
{
	struct world w;
	struct outcome o;

	if (unshare(CLONE_NEWNET) != 0)
		return;
	set_loopback("127.0.0.1");
	world_begin(&w);
	w.timeout = 300 * USEC_PER_MSEC;
	w.attempts = 50;
	world_add(&w, found, NULL);
	world_open(&w);
	ck_assert_int_eq(world_ask(&w, "www.example").outcome, DNS_DATA);
	set_loopback("0.0.0.0");
	world_start(&w, &o, "www.example");
	run_turns(w.loop, 100);
	ck_assert(!o.is_done);
	dns_lookup_cancel(o.lookup);
	w.n_started--;
	set_loopback("127.0.0.1");
	usec_t until = clock_mono() + 20 * USEC_PER_SEC;
	while (dns_engine_room(w.engine) == 0 && clock_mono() < until)
		loop_turn(w.loop);
	ck_assert_int_eq(world_ask(&w, "www.example").outcome, DNS_DATA);
	world_end(&w);
}

SUITE(network)
{
	ADD(names_wait_until_there_is_a_route);
	ADD(or_fail_where_that_is_wanted);
	ADD(a_lost_route_is_found_again_though_nobody_asks);
}
