/* What the daemon may be called, and by which web pages. */
#include "../unit.h"

#include "http/access.h"

static char name[] = "probe.example", address[] = "203.0.113.7", page[] = "https://tools.example";

static const struct access access_of = {
    .hosts = {name, address}, .n_hosts = 2, .origins = {page}, .n_origins = 1};

static const struct {
	const char *host, *local;
	bool want;
} hosts[] = {
    {"", "127.0.0.1", false},
    {":8653", "127.0.0.1", false},
    {"evil.example", "127.0.0.1", false},
    {"evil.example:8653", "127.0.0.1", false},
    {"localhost.evil.example", "127.0.0.1", false},
    {"probe.example.evil.example", "127.0.0.1", false},
    {"evil.probe.example", "127.0.0.1", false},
    {"127.0.0.2", "127.0.0.1", false},
    {"192.0.2.1:8653", "127.0.0.1", false},
    {"127.0.0.1:", "127.0.0.2", false},
    {"127.0.0.1:80x", "127.0.0.1", false},
    {"127.0.0.1:80:80", "127.0.0.1", false},
    {"0.0.0.0", "127.0.0.1", false},
    {"127.1", "127.0.0.1", false},
    {"2130706433", "127.0.0.1", false},
    {"[::1]", "127.0.0.1", false},
    {"::1", "::1", false},
    {"[::1", "::1", false},
    {"[::1]x", "::1", false},
    {"[]", "::1", false},
    {"[localhost.evil.example]", "::1", false},
    {".", "127.0.0.1", false},
    {"127.0.0.1", "127.0.0.1", true},
    {"127.0.0.1:8653", "127.0.0.1", true},
    {"127.0.0.1:", "127.0.0.1", true},
    {"127.0.0.1:80", "127.0.0.1", true}, /* a port may be forwarded */
    {"[::1]", "::1", true},
    {"[::1]:8653", "::1", true},
    {"[0:0:0:0:0:0:0:1]:8653", "::1", true},
    {"[2001:DB8::7]", "2001:db8::7", true},
    {"localhost", "127.0.0.1", true},
    {"LocalHost:8653", "127.0.0.1", true},
    {"localhost.", "127.0.0.1", true},
    {"probe.example", "127.0.0.1", true},
    {"PROBE.example.:443", "192.0.2.1", true},
    {"203.0.113.7:8653", "127.0.0.1", true},
};

TEST(knows_its_names)
{
	struct endpoint local;

	ck_assert(endpoint_parse(hosts[_i].local, 1, &local));
	ck_assert_msg(
	    access_allows_host(&access_of, hosts[_i].host, &local.address) == hosts[_i].want, "%s",
	    hosts[_i].host);
}

TEST(refuses_long_names)
{
	static const struct address local = {.bytes = {127, 0, 0, 1}};
	char host[1000];

	memset(host, 'a', sizeof(host));
	host[sizeof(host) - 1] = '\0';
	ck_assert(!access_allows_host(&access_of, host, &local));
}

static const struct {
	const char *origin;
	bool want;
} origins[] = {
    {"", false},
    {"null", false},
    {"https://evil.example", false},
    {"http://tools.example", false},
    {"https://tools.example:8443", false},
    {"https://tools.example.evil.example", false},
    {"https://tools.example/", false},
    {"https://tools.example", true},
};

TEST(knows_its_pages)
{
	ck_assert_msg(access_allows_origin(&access_of, origins[_i].origin) == origins[_i].want,
	    "%s", origins[_i].origin);
}

SUITE(access)
{
	ADD_ROWS(knows_its_names, hosts);
	ADD(refuses_long_names);
	ADD_ROWS(knows_its_pages, origins);
}
