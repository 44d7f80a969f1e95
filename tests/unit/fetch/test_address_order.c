/* The order of addresses: by the rules, and as getaddrinfo has it in a network of its own. */
#include "../unit.h"

#include <netdb.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "fetch/address_order.h"

#define MOST 8

static struct address address_of(const char *text)
{
	struct endpoint e;

	ck_assert_msg(endpoint_parse(text, 1, &e), "%s", text);
	return e.address;
}

static void format_all(const struct address *all, size_t n, char ret_text[static 512])
{
	size_t len = 0;

	for (size_t i = 0; i < n; i++) {
		char text[ADDRESS_TEXT_SIZE];
		address_format(&all[i], text);
		len += (size_t)snprintf(ret_text + len, 512 - len, "%s%s", i > 0 ? " " : "", text);
	}
}

static size_t parse_all(const char *text, struct address ret_all[static MOST])
{
	char copy[512], *rest = copy, *word;
	size_t n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	while ((word = strsep(&rest, " ")) != NULL && n < MOST)
		ret_all[n++] = address_of(word);
	return n;
}

/* --- A network of tables --- */

static const char *const routes[][2] = {
    {"192.0.2.1", "192.0.2.100"},
    {"198.51.100.1", "192.0.2.100"},
    {"169.254.0.1", "192.0.2.100"},
    {"127.0.0.1", "127.0.0.1"},
    {"::1", "::1"},
    {"2001:db8::5", "2001:db8::100"},
    {"2001:db8:f::1", "2001:db8::100"},
    {"2002:c633:6401::1", "2001:db8::100"},
    {"fd00::1", "fd00::100"},
    {"fd77::1", "2001:db8::100"},
    {"fe80::5", "fe80::100"},
};

static bool find_source(const struct address *to, struct address *ret_source)
{
	char text[ADDRESS_TEXT_SIZE];

	address_format(to, text);
	for (size_t i = 0; i < N_ROWS(routes); i++) {
		if (strcmp(routes[i][0], text) == 0) {
			*ret_source = address_of(routes[i][1]);
			return true;
		}
	}
	return false;
}

static const struct {
	const char *name, *given, *sorted;
} orders[] = {
    {"one", "192.0.2.1", "192.0.2.1"},
    {"IPv6 first", "198.51.100.1 2001:db8::5", "2001:db8::5 198.51.100.1"},
    {"no route comes last", "2001:db8:bad::1 203.0.113.9 198.51.100.1",
	"198.51.100.1 2001:db8:bad::1 203.0.113.9"},
    {"no route at all", "203.0.113.9 2001:db8:bad::1", "2001:db8:bad::1 203.0.113.9"},
    {"scope of the source", "169.254.0.1 198.51.100.1", "198.51.100.1 169.254.0.1"},
    {"label", "2002:c633:6401::1 198.51.100.1", "198.51.100.1 2002:c633:6401::1"},
    {"local addresses of another site", "fd77::1 198.51.100.1", "198.51.100.1 fd77::1"},
    {"precedence", "fd00::1 198.51.100.1 2001:db8::5", "2001:db8::5 198.51.100.1 fd00::1"},
    {"smaller scope", "2001:db8::5 fe80::5", "fe80::5 2001:db8::5"},
    {"longer prefix", "2001:db8:f::1 2001:db8::5", "2001:db8::5 2001:db8:f::1"},
    {"IPv4 stays as it came", "198.51.100.1 192.0.2.1", "198.51.100.1 192.0.2.1"},
    {"loopback", "127.0.0.1 ::1", "::1 127.0.0.1"},
};

TEST(by_the_rules)
{
	struct address all[MOST];
	char got[512];
	size_t n = parse_all(orders[_i].given, all);

	addresses_sort(all, n, find_source);
	format_all(all, n, got);
	ck_row_str(orders[_i].name, got, orders[_i].sorted);
}

TEST(many_addresses)
{
	struct address all[ADDRESSES_MAX + 2];

	for (size_t i = 0; i < N_ROWS(all); i++)
		all[i] = address_of("198.51.100.1");
	all[ADDRESSES_MAX - 1] = all[ADDRESSES_MAX + 1] = address_of("2001:db8::5");
	addresses_sort(all, N_ROWS(all), find_source);
	ck_assert(all[0].is_v6 && !all[ADDRESSES_MAX - 1].is_v6 && all[ADDRESSES_MAX + 1].is_v6);
}

/* --- As getaddrinfo has it --- */

/* The C library of Debian 12 has the table of RFC 3484, which gives local IPv6 addresses and 6to4 a
 * place before IPv4; these sets are sorted alike by both. */
static const char *const sets[] = {
    "198.51.100.1 2001:db8:2::1",
    "2001:db8:ff::1 2001:db8:1::5",
    "2002:c633:6401::1 198.51.100.1",
    "2002:c633:6401::1 2001:db8:2::1",
    "127.0.0.1 ::1",
    "169.254.1.1 198.51.100.1",
    "169.254.1.1 198.51.100.1 2001:db8:2::1 2001:db8:1::5",
};

static bool run(const char *command)
{
	return system(command) == 0; /* NOLINT(cert-env33-c): a test's own words */
}

/* False: that can't be done here. */
static bool enter_network(void)
{
	return unshare(CLONE_NEWNET | CLONE_NEWNS) == 0 &&
	       mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       run("exec 2>/dev/null; ip link set lo up && ip link add d0 type veth peer name d1 "
		   "&& ip link set d1 up && "
		   "ip link set d0 up && ip addr add 192.0.2.100/24 dev d0 && "
		   "ip addr add 2001:db8:1::100/64 dev d0 nodad && "
		   "ip route add default via 192.0.2.1 && ip -6 route add default dev d0");
}

static void write_hosts(const char *path)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < N_ROWS(sets); i++) {
		char copy[512], *rest = copy, *word;
		snprintf(copy, sizeof(copy), "%s", sets[i]);
		while ((word = strsep(&rest, " ")) != NULL)
			fprintf(file, "%s set%zu.test\n", word, i);
	}
	ck_assert_int_eq(fclose(file), 0);
}

static void ask_library(size_t set, char ret_text[static 512])
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	struct address all[MOST];
	struct endpoint e;
	char name[32];
	size_t n = 0;

	snprintf(name, sizeof(name), "set%zu.test", set);
	ck_assert_int_eq(getaddrinfo(name, "80", &hints, &list), 0);
	for (const struct addrinfo *a = list; a != NULL && n < MOST; a = a->ai_next) {
		ck_assert(endpoint_from_sockaddr(a->ai_addr, &e));
		all[n++] = e.address;
	}
	freeaddrinfo(list);
	format_all(all, n, ret_text);
}

static void compare(const char *when)
{
	for (size_t i = 0; i < N_ROWS(sets); i++) {
		struct address all[MOST];
		char want[512], got[512];
		size_t n = parse_all(sets[i], all);
		ask_library(i, want);
		addresses_sort(all, n, address_source);
		format_all(all, n, got);
		ck_assert_msg(
		    strcmp(got, want) == 0, "%s, %s: %s, not %s", when, sets[i], got, want);
	}
}

TEST(as_getaddrinfo)
{
	char hosts[] = "/tmp/asyncprobed-hosts-XXXXXX";

	if (getenv("CK_FORK") != NULL) /* the network would stay */
		return;
	if (geteuid() != 0 || !enter_network()) /* it takes root and iproute2 */
		return;
	int fd = mkstemp(hosts);
	ck_assert_int_ge(fd, 0);
	close(fd);
	write_hosts(hosts);
	bool is_bound = mount(hosts, "/etc/hosts", NULL, MS_BIND, NULL) == 0;
	if (is_bound) {
		compare("both families");
		ck_assert(run("ip -6 route del default && ip addr del 2001:db8:1::100/64 dev d0"));
		compare("no route for IPv6");
	}
	unlink(hosts);
}

SUITE(address_order)
{
	ADD_ROWS(by_the_rules, orders);
	ADD(many_addresses);
	ADD(as_getaddrinfo);
}
