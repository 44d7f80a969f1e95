/* Which name servers a job may bring. */
#include "../unit.h"

#include "fetch/policy.h"

/* Name servers of jobs: port 53 is open to them, and all other rules hold. */
TEST(judges_name_servers)
{
	static const struct {
		const char *server, *reason;
	} rows[] = {{"192.88.98.1:53", NULL}, {"192.88.98.1:443", NULL},
	    {"192.88.98.1:5353", "port not allowed"}, {"127.0.0.1:53", "loopback address"},
	    {"[::ffff:127.0.0.1]:53", "loopback address"}};
	struct policy *policy = policy_new(&(struct policy_opts){.ports = "443"});

	for (size_t i = 0; i < N_ROWS(rows); i++) {
		struct endpoint e;
		ck_assert(endpoint_parse(rows[i].server, 0, &e));
		const char *got = policy_judge_name_server(policy, &e);
		ck_row_str(rows[i].server, got != NULL ? got : "-",
		    rows[i].reason != NULL ? rows[i].reason : "-");
	}
	policy_free(policy);
}

SUITE(policy_servers)
{
	ADD(judges_name_servers);
}
