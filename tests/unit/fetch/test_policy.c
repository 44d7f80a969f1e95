/* Which addresses a download may connect to. */
#include "../unit.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "fetch/policy.h"

enum { API_PORT = 8653 };

#define BY_LIST  "denied by configuration"
#define METADATA "metadata address"
#define OWN      "the daemon's own listener"
#define PORT     "port not allowed"
#define PRIVATE  "private address"
#define LOOPBACK "loopback address"
#define RESERVED "reserved address"

static struct endpoint endpoint(const char *text, uint16_t port)
{
	struct endpoint e;

	ck_assert_msg(endpoint_parse(text, port, &e), "%s", text);
	return e;
}

/* Take the next off a list that spaces separate; false behind the last. */
static bool next(const char **list, uint16_t port, struct endpoint *ret_endpoint)
{
	size_t len = strcspn(*list, " ");
	AUTO_FREE char *text = xstrndup(*list, len);

	if (len == 0)
		return false;
	*ret_endpoint = endpoint(text, port);
	*list += len;
	*list += strspn(*list, " ");
	return true;
}

/* Make a policy of a daemon that listens at API_PORT of a list of addresses. */
static struct policy *make(
    const char *allow, const char *deny, const char *ports, const char *listeners)
{
	struct endpoint own[4];
	struct policy_opts opts = {allow, deny, ports, own, 0};

	while (next(&listeners, API_PORT, &own[opts.n_listeners]))
		opts.n_listeners++;
	return policy_new(&opts);
}

static void check(
    const char *row, const struct policy *policy, struct endpoint target, const char *want)
{
	char text[ENDPOINT_TEXT_SIZE];

	endpoint_format(&target, text);
	for (int i = 0; i < 2; i++) {
		const char *got = policy_judge(policy, &target);
		ck_assert_msg(want != NULL ? got != NULL && strcmp(got, want) == 0 : got == NULL,
		    "%s: %s is %s, not %s", row, text, got != NULL ? got : "allowed",
		    want != NULL ? want : "allowed");
		if (!target.address.is_v6) /* bytes that it has no use for don't count */
			memset(target.address.bytes + 4, 0xff, 12);
	}
}

/* Check a list of targets, at port 80 where they name none. */
static void check_all(const char *row, struct policy *policy, const char *targets, const char *want)
{
	struct endpoint target;

	while (next(&targets, 80, &target))
		check(row, policy, target, want);
	policy_free(policy);
}

/* --- Without lists --- */

/* Mostly the first and the last address of a range and, without a reason, those beside it. */
static const struct {
	const char *name, *targets, *want;
} plain[] = {
    {"this network", "0.0.0.0 0.0.0.1 0.255.255.255", "address of this network"},
    {"private", "10.0.0.0 10.255.255.255 172.16.0.0 172.31.255.255 192.168.0.0 192.168.255.255",
	PRIVATE},
    {"shared", "100.64.0.0 100.127.255.255", "carrier NAT address"},
    {"loopback", "127.0.0.1 127.0.0.0 127.255.255.255 ::1", LOOPBACK},
    {"link-local",
	"169.254.0.0 169.254.255.255 169.254.169.253 fe80::1 febf:ffff::", "link-local address"},
    {"protocols", "192.0.0.0 192.0.0.9 192.0.0.255", "protocol assignment address"},
    {"TEST-NETs", "192.0.2.0 192.0.2.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255",
	"documentation address"},
    {"relays", "192.88.99.0 192.88.99.2 192.88.99.255", "6to4 relay address"},
    {"benchmarking", "198.18.0.0 198.19.255.255 2001:2:: 2001:2:0:ffff::", "benchmarking address"},
    {"multicast", "224.0.0.0 239.255.255.255 ff00:: ff02::1 ff0e::1 ffff:ffff::ffff",
	"multicast address"},
    {"reserved", "240.0.0.0 255.255.255.254", RESERVED},
    {"broadcast", "255.255.255.255", "broadcast address"},
    {"metadata", "169.254.169.254 169.254.170.2 169.254.170.23 169.254.0.23", METADATA},
    {"metadata, smaller clouds", "100.100.100.200 100.96.0.96 169.254.42.42", METADATA},
    {"metadata, Azure and Oracle Classic", "168.63.129.16 192.0.0.192", METADATA},
    {"beside 0/8, 10/8, shared", "1.0.0.0 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0", NULL},
    {"beside 127/8, 169.254/16", "126.255.255.255 128.0.0.0 169.253.255.255 169.255.0.0", NULL},
    {"beside 172.16/12, 192.168/16", "172.15.255.255 172.32.0.0 192.167.255.255 192.169.0.0", NULL},
    {"beside TEST-NETs", "192.0.1.1 192.0.3.0 198.51.99.255 198.51.101.0 203.0.114.0", NULL},
    {"public", "192.88.100.0 168.63.129.17 198.17.255.255 198.20.0.0 223.255.255.255", NULL},
    {"AS112, AMT", "192.31.196.1 192.52.193.1 192.175.48.1 2620:4f:8000::1", NULL},
    {"unspecified", "::", "unspecified address"},
    {"nearly loopback", "::2", "address of this network"},
    {"compatible", "::8.8.8.8", "IPv4-compatible address"},
    {"local NAT64", "64:ff9b:1::8.8.8.8 64:ff9b:1:ffff:ffff:ffff:808:808", "local NAT64 address"},
    {"discard", "100:: 100::ffff:ffff:ffff:ffff", "discard address"},
    {"dummy", "100:0:0:1:: 100:0:0:1:ffff::", "dummy address"},
    {"Teredo", "2001:0:808:808:0:ffff:f7f7:f7f7", "Teredo address"},
    {"Teredo, private server", "2001:0:a00:1:0:ffff:f7f7:f7f7", PRIVATE},
    {"Teredo, loopback client", "2001:0:808:808:0:ffff:80ff:fffe", LOOPBACK},
    {"Teredo, client 245.255.255.254", "2001:0:808:808:0:ffff:a00:1", RESERVED},
    {"IPv6 protocols", "2001:1::1 2001:2:1:: 2001:3::1 2001:4:112::1 2001:30::1 2001:1ff:ffff::",
	"protocol assignment address"},
    {"ORCHID", "2001:10:: 2001:1f:ffff:: 2001:20:: 2001:2f:ffff::", "ORCHID address"},
    {"documentation",
	"2001:db8:: 2001:db8:ffff:ffff:: 3fff:: 3fff:fff:ffff::", "documentation address"},
    {"6to4", "2002:808:808::1", "6to4 address"},
    {"segment routing", "5f00:: 5f00:ffff::", "segment routing address"},
    {"unique local", "fc00:: fdff:ffff:: fd00:ec2::253 fd00:ec2::24", "unique local address"},
    {"site-local", "fec0::1 feff:ffff::", "site-local address"},
    {"beside mapped", "::fffe:8.8.8.8 ::1:0:8.8.8.8 ::ffff:0:8.8.8.8", RESERVED},
    {"beside NAT64", "64:ff9b::1:808:808 64:ff9b:2::8.8.8.8 64:ff9a::8.8.8.8", RESERVED},
    {"not global",
	"ff:: 100:0:0:2:: 1fff:ffff:: 4000:: 5eff:: 5f01:: fbff:: fe00:: fe7f::", RESERVED},
    {"IPv6 metadata, Amazon, Google", "fd00:ec2::254 fd00:ec2::23 fd20:ce::254", METADATA},
    {"IPv6 metadata, Oracle, Alibaba", "fd00:c1::a9fe:a9fe fd00:100::100:200", METADATA},
    {"IPv6 metadata, others", "fd00:42::42 fd00:a9fe:a9fe::1 fe80::a9fe:a9fe", METADATA},
    {"ISATAP", "2606:4700::5efe:10.0.0.1 2606:4700::200:5efe:10.0.0.1", PRIVATE},
    {"nearly ISATAP", "2606:4700::100:5efe:10.0.0.1 2606:4700::5eff:10.0.0.1", NULL},
    {"NAT64, ISATAP, of public ones", "64:ff9b::8.8.8.8 2606:4700::5efe:8.8.8.8", NULL},
    {"beside IPv6", "2000:ffff:: 2001:200:: 2001:db7:ffff:: 2001:db9:: 2001:ffff:: 2003::", NULL},
    {"IPv6 public", "2000:: 2606:4700::1111 3ffe:ffff:: 3fff:1000:: 3fff:ffff::", NULL},
};

TEST(judges)
{
	struct policy *policy = make("", NULL, "80", "");

	check_all(plain[_i].name, policy, plain[_i].targets, plain[_i].want);
}

/* Every IPv4 address of these rows again, carried by IPv6. */
static const struct {
	const char *name;
	uint8_t prefix[16];
	size_t at;
	uint8_t flip;
	const char *own_reason; /* when the IPv4 address is allowed */
} carried[] = {
    {"mapped", {[10] = 0xff, [11] = 0xff}, 12, 0, NULL},
    {"compatible", {0}, 12, 0, "IPv4-compatible address"},
    {"translated", {[8] = 0xff, [9] = 0xff}, 12, 0, RESERVED},
    {"NAT64", {0, 0x64, 0xff, 0x9b}, 12, 0, NULL},
    {"local NAT64", {0, 0x64, 0xff, 0x9b, 0, 1}, 12, 0, "local NAT64 address"},
    {"6to4", {0x20, 0x02}, 2, 0, "6to4 address"},
    {"Teredo server", {0x20, 0x01, 0, 0, [12] = 0xf7, 0xf7, 0xf7, 0xf7}, 4, 0, "Teredo address"},
    {"Teredo client", {0x20, 0x01, 0, 0, 8, 8, 8, 8, 0x80}, 12, 0xff, "Teredo address"},
    {"ISATAP", {0x26, 0x06, 0x47, [10] = 0x5e, 0xfe}, 12, 0, NULL},
};

/* Judge an IPv4 address in a carrier, made byte by byte. */
static void check_carried(
    int row, const struct policy *policy, const uint8_t *bytes, const char *inner_reason)
{
	struct endpoint target = {.address.is_v6 = true, .port = 80};

	memcpy(target.address.bytes, carried[row].prefix, 16);
	for (size_t i = 0; i < 4; i++)
		target.address.bytes[carried[row].at + i] = bytes[i] ^ carried[row].flip;
	bool is_low = bytes[1] == 0 && bytes[2] == 0;
	if (is_low && bytes[0] == 0 && strcmp(carried[row].name, "compatible") == 0)
		return; /* :: and ::1 are no carriers */
	if (is_low && bytes[3] == 0 && strncmp(carried[row].name, "local NAT64", 11) == 0)
		inner_reason = policy_judge(policy, &target); /* also read as 0.0.0.x */
	check(carried[row].name, policy, target,
	    inner_reason != NULL ? inner_reason : carried[row].own_reason);
}

TEST(judges_what_is_carried)
{
	struct policy *policy = make("", "", "80", "");
	struct endpoint target;

	for (size_t i = 0; i < N_ROWS(plain); i++) {
		for (const char *rest = plain[i].targets; next(&rest, 80, &target);) {
			if (!target.address.is_v6)
				check_carried(_i, policy, target.address.bytes, plain[i].want);
		}
	}
	policy_free(policy);
}

/* --- With lists --- */

static const struct {
	const char *name, *allow, *deny, *targets, *want;
} listed[] = {
    {"a range", "10.0.0.0/8 169.254.0.0/16", "", "10.0.0.0 10.255.255.255 169.254.169.253", NULL},
    {"another range", "10.0.0.0/8", "", "192.168.1.1 172.16.0.1", PRIVATE},
    {"an address", "127.0.0.1 ::1 ::", "", "127.0.0.1 ::1 ::", NULL},
    {"its neighbours", "127.0.0.1", "", "127.0.0.2 127.0.0.0 ::1", LOOPBACK},
    {"several", "10.0.0.0/8, ::1\tfc00::/7\n127.0.0.1", "", "10.0.0.1 ::1 fd12::1 127.0.0.1", NULL},
    {"in the middle of a byte", "172.16.0.0/13", "", "172.23.255.255", NULL},
    {"behind it", "172.16.0.0/13", "", "172.24.0.0", PRIVATE},
    {"all of IPv4 is no IPv6", "0.0.0.0/0", "", "::1", LOOPBACK},
    {"all of IPv6 is no IPv4", "::/0", "", "127.0.0.1 ::ffff:127.0.0.1", LOOPBACK},
    {"all", "::/0, 0.0.0.0/0", "", "fe80::1 127.0.0.1 ::1 255.255.255.255", NULL},
    {"denied", "", "8.8.8.0/24 2606:4700::/32", "8.8.8.8 2606:4700::1", BY_LIST},
    {"beside what is denied", "", "8.8.8.0/24 2606:4700::/32", "8.8.9.8 2606:4701::1", NULL},
    {"denied before allowed", "10.0.0.0/8 10.1.2.3", "10.1.0.0/16", "10.1.2.3 10.1.2.4", BY_LIST},
    {"denied before metadata", "", "169.254.0.0/16", "169.254.169.254", BY_LIST},
    {"all denied", "8.8.8.8", "0.0.0.0/0 ::/0", "8.8.8.8 2606:4700::1", BY_LIST},
    {"metadata in a range", "169.254.0.0/16", "", "169.254.169.254 169.254.170.2", METADATA},
    {"metadata but for one bit", "169.254.169.254/31", "", "169.254.169.254", METADATA},
    {"metadata in all", "0.0.0.0/0 ::/0", "", "100.96.0.96 fd00:ec2::254 168.63.129.16", METADATA},
    {"carried metadata in all", "0.0.0.0/0 ::/0", "",
	"::ffff:169.254.169.254 64:ff9b::a9fe:a9fe 2002:a9fe:a9fe::1 ::169.254.169.254", METADATA},
    {"metadata named", "169.254.169.254 ::ffff:169.254.170.2 fd00:ec2::254/128", "",
	"169.254.169.254 169.254.170.2 fd00:ec2::254 64:ff9b::a9fe:a9fe", NULL},
    {"only the carrier named", "64:ff9b::a9fe:a9fe", "", "64:ff9b::a9fe:a9fe", METADATA},
    {"mapped target denied", "::/0", "8.8.8.8", "::ffff:8.8.8.8", BY_LIST},
    {"mapped", "::ffff:127.0.0.1 10.0.0.1", "", "127.0.0.1 ::ffff:127.0.0.1 ::ffff:10.0.0.1", NULL},
    {"mapped range", "::ffff:10.0.0.0/104", "", "10.1.2.3 ::ffff:10.1.2.3 11.0.0.0", NULL},
    {"mapped range, outside", "::ffff:10.0.0.0/105", "", "10.128.0.0", PRIVATE},
    {"mapped range denied", "", "::ffff:0:0/96", "8.8.8.8", BY_LIST},
    {"NAT64 denied, or what it carries", "", "64:ff9b::808:800/120 9.9.9.9",
	"64:ff9b::8.8.8.8 64:ff9b::9.9.9.9", BY_LIST},
    {"NAT64 allowed, not what it carries", "64:ff9b::/64", "", "64:ff9b::10.0.0.1", PRIVATE},
    {"local NAT64", "64:ff9b:1::/48", "", "64:ff9b:1::8.8.8.8 64:ff9b:1:0:5:909:900::", NULL},
    {"local NAT64, not what it carries", "64:ff9b:1::/48", "",
	"64:ff9b:1::10.0.0.1 64:ff9b:1:0:a:0:100::", PRIVATE},
    {"local NAT64 of /48 and /56", "64:ff9b:1::/48", "",
	"64:ff9b:1:a00:0:100:: 64:ff9b:1:a:0:1::", "address of this network"},
    {"6to4 and Teredo allowed", "2002::/16 2001::/32", "",
	"2002:808:808::1 2001:0:808:808:0:ffff:f7f7:f7f7", NULL},
    {"6to4 allowed, not what it carries", "2002::/16", "", "2002:a00:1::1", PRIVATE},
    {"both allowed", "2002::/16 10.0.0.0/8", "", "2002:a00:1::1 10.0.0.1 2002:808:808::", NULL},
    {"Teredo allowed, server not", "2001::/32", "", "2001:0:a00:1:0:ffff:f7f7:f7f7", PRIVATE},
    {"Teredo, client denied", "2001::/32", "8.8.8.8", "2001:0:909:909:0:ffff:f7f7:f7f7", BY_LIST},
    {"compatible allowed", "::/96", "", "::8.8.8.8", NULL},
    {"NAT64, ISATAP of allowed", "10.0.0.0/8", "", "64:ff9b::10.0.0.1 2606:4700::5efe:10.0.0.1",
	NULL},
    {"6to4 of what is allowed", "10.0.0.0/8", "", "2002:a00:1::1", "6to4 address"},
    {"ISATAP allowed, not what it carries", "fe80::/10", "", "fe80::5efe:10.0.0.1", PRIVATE},
};

TEST(follows_lists)
{
	struct policy *policy = make(listed[_i].allow, listed[_i].deny, "80", "");

	check_all(listed[_i].name, policy, listed[_i].targets, listed[_i].want);
}

/* A prefix of any length has just those addresses that agree with it in all its bits. */
static void check_lengths(const struct endpoint e, unsigned full)
{
	struct address network = e.address;
	char text[ADDRESS_TEXT_SIZE], cidr[ADDRESS_TEXT_SIZE + 4];

	for (unsigned bits = full; bits <= full; bits--) { /* until it wraps */
		address_format(&network, text);
		snprintf(cidr, sizeof(cidr), "%s/%u", text, bits);
		struct policy *policy = make("", cidr, "80", "");
		check(cidr, policy, e, BY_LIST);
		for (unsigned bit = 0; bit < full; bit++) {
			struct endpoint other = e;
			other.address.bytes[bit / 8] ^= (uint8_t)(0x80 >> bit % 8);
			const char *reason = policy_judge(policy, &other);
			bool is_denied = reason != NULL && strcmp(reason, BY_LIST) == 0;
			ck_assert_msg(is_denied == (bit >= bits), "%s, bit %u", cidr, bit);
		}
		policy_free(policy);
		if (bits > 0)
			network.bytes[(bits - 1) / 8] &= (uint8_t) ~(0x80 >> (bits - 1) % 8);
	}
}

TEST(compares_every_bit)
{
	check_lengths(endpoint("93.184.215.14", 80), 32);
	check_lengths(endpoint("2606:2800:21f:cb07:6820:80da:af6b:8b2c", 80), 128);
}

/* --- The daemon's own listeners --- */

static const struct {
	const char *name, *listeners, *allow, *targets, *want;
} owned[] = {
    {"itself", "127.0.0.1", "127.0.0.0/8 127.0.0.2", "127.0.0.1:8653", OWN},
    {"elsewhere", "127.0.0.1", "127.0.0.0/8", "127.0.0.1:8654 127.0.0.2:8653", NULL},
    {"named", "127.0.0.1 ::1", "127.0.0.1 ::1", "127.0.0.1:8653 [::1]:8653", NULL},
    {"public", "8.8.8.8 2606:4700::1", "", "8.8.8.8:8653 [2606:4700::1]:8653", OWN},
    {"public, elsewhere", "8.8.8.8", "", "8.8.8.8:443 8.8.8.9:8653", NULL},
    {"several", "127.0.0.1 ::1 8.8.8.8", "::/0", "[::1]:8653 8.8.8.8:8653", OWN},
    {"mapped target", "127.0.0.1", "127.0.0.0/8 ::/0", "[::ffff:127.0.0.1]:8653", OWN},
    {"mapped listener", "::ffff:127.0.0.1", "127.0.0.0/8", "127.0.0.1:8653", OWN},
    {"carried", "127.0.0.1 ::1", "0.0.0.0/0 ::/0",
	"[64:ff9b::127.0.0.1]:8653 [::127.0.0.1]:8653 [2002:7f00:1::1]:8653", OWN},
    {"zero leads to loopback", "127.0.0.1 ::1", "0.0.0.0/0 ::/0",
	"0.0.0.0:8653 [::ffff:0.0.0.0]:8653 [::]:8653", OWN},
    {"but not elsewhere", "127.0.0.2", "0.0.0.0/0", "0.0.0.0:8653 0.0.0.0:8654", NULL},
    {"everywhere", "0.0.0.0", "0.0.0.0/0 ::/0",
	"127.0.0.1:8653 127.255.255.254:8653 0.0.0.0:8653 [::1]:8653 [::]:8653", OWN},
    {"everywhere, IPv6", "::", "0.0.0.0/0 ::/0", "[::1]:8653 127.0.0.1:8653 [::]:8653", OWN},
    {"everywhere, another port", "0.0.0.0 ::", "127.0.0.0/8 ::1", "127.0.0.1:80 [::1]:80", NULL},
    {"everywhere but there", "0.0.0.0 ::", "", "8.8.8.8:8653 [2606:4700::1]:8653", NULL},
    {"everywhere, named", "::", "::1 127.0.0.1", "[::1]:8653 127.0.0.1:8653", NULL},
};

TEST(keeps_off_its_own)
{
	struct policy *policy = make(owned[_i].allow, "", "1-65535", owned[_i].listeners);

	check_all(owned[_i].name, policy, owned[_i].targets, owned[_i].want);
}

TEST(keeps_off_every_interface)
{
	struct policy *policy = make("0.0.0.0/0 ::/0", "", "1-65535", "::");
	struct ifaddrs *interfaces;
	int n = 0;

	ck_assert_int_eq(getifaddrs(&interfaces), 0);
	for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next) {
		int family = i->ifa_addr != NULL ? i->ifa_addr->sa_family : AF_UNSPEC;
		socklen_t len =
		    family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
		char text[128];
		if (family != AF_INET && family != AF_INET6)
			continue;
		ck_assert_int_eq(
		    getnameinfo(i->ifa_addr, len, text, sizeof(text), NULL, 0, NI_NUMERICHOST), 0);
		text[strcspn(text, "%")] = '\0';
		check(i->ifa_name, policy, endpoint(text, API_PORT), OWN);
		n++;
	}
	freeifaddrs(interfaces);
	policy_free(policy);
	ck_assert_int_gt(n, 0);
}

/* Without descriptors the system tells no addresses: the port is closed everywhere then. */
TEST(keeps_off_all_when_it_cannot_know)
{
	struct rlimit old, none;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = old.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
	struct policy *policy = make("", "", "1-65535", "0.0.0.0");
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	check("another port", policy, endpoint("8.8.8.8:80", 0), NULL);
	check("IPv4", policy, endpoint("8.8.8.8", API_PORT), OWN);
	check_all("IPv6", policy, "[2606:4700::1]:8653", OWN);
	policy_free(NULL);
}

/* --- What the lists may say --- */

/* Check that a list or, without one, `ports` is refused for `want`, or valid when that is "". */
static void check_list(const char *list, const char *ports, const char *want)
{
	struct buf why;

	buf_init(&why, 1000);
	bool is_good =
	    ports == NULL ? policy_list_is_valid(list, &why) : policy_ports_are_valid(ports, &why);
	ck_row_str(ports == NULL ? list : ports, why.data != NULL ? why.data : "", want);
	ck_assert_int_eq(is_good, want[0] == '\0');
	buf_done(&why);
}

static const char *const good_lists[] = {"", " ,\t\n, ", "192.0.2.1", "10.0.0.0/8", "0.0.0.0/0",
    "192.0.2.1/32", "172.16.0.0/12", "2001:db8::1", "2001:0DB8:0:0::/32", "::/0", "::1/128",
    "::ffff:10.0.0.0/104", ",10.0.0.0/8,,127.0.0.1 \t::1\n"};

TEST(takes_good_lists)
{
	check_list(good_lists[_i], NULL, "");
}

static const struct {
	const char *element, *network;
} host_bits[] = {
    {"10.0.0.1/8", "10.0.0.0/8"},
    {"172.17.0.0/12", "172.16.0.0/12"},
    {"192.0.2.1/31", "192.0.2.0/31"},
    {"2001:db8::1/64", "2001:db8::/64"},
    {"::ffff:10.0.0.1/104", "::ffff:10.0.0.0/104"},
};

TEST(refuses_bits_behind_the_prefix)
{
	char want[200];

	snprintf(want, sizeof(want), "\"%s\" has host bits set; the network is %s",
	    host_bits[_i].element, host_bits[_i].network);
	check_list(host_bits[_i].element, NULL, want);
}

static const char *const bad_elements[] = {"localhost", "10.0.0.0/33", "::/129", "10.0.0.0/",
    "10.0.0.0/18446744073709551624", "/8", "/", "10.0.0.0/-8", "10.0.0.0/8/8", "10.0.0.0/8x",
    "10.0.0.0/255.0.0.0", "10/8", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "10.0.0.256",
    "10.0.0.1:80", "[::1]", "fe80::1%eth0", "10.0.0.0/8;127.0.0.1", "10.*", "1::2::3", ":", "-"};

TEST(refuses_what_is_no_network)
{
	char want[200], list[100];

	snprintf(want, sizeof(want), "\"%s\" is not an address or a network (ADDRESS/LENGTH)",
	    bad_elements[_i]);
	check_list(bad_elements[_i], NULL, want);
	snprintf(list, sizeof(list), "10.0.0.0/8, %s, worse", bad_elements[_i]);
	check_list(list, NULL, want);
}

TEST(takes_long_lists)
{
	struct buf list;

	buf_init(&list, 1 << 20);
	for (unsigned i = 0; i < 5000; i++)
		buf_addf(&list, "11.%u.%u.0/24, ", i / 256, i % 256);
	check_list(list.data, NULL, "");
	check_all(
	    "first and last", make("", list.data, "80", ""), "11.0.0.0 11.19.135.255", BY_LIST);
	check_all("behind", make("", list.data, "80", ""), "11.19.136.0", NULL);
	buf_done(&list);
}

static const char *const bad_ports[] = {"0", "0-80", "70000", "65536", "80-65536", "80-", "-80",
    "9-1", "1-2-3", "-", "http", "+80", "0x50", "80:90", "80;443", "8O", "80.0"};

TEST(refuses_what_is_no_port)
{
	char want[200], list[100];

	snprintf(want, sizeof(want),
	    "\"%s\" is not a port or a range of ports (FIRST-LAST), 1 to 65535", bad_ports[_i]);
	check_list(NULL, bad_ports[_i], want);
	snprintf(list, sizeof(list), "80, %s,443", bad_ports[_i]);
	check_list(NULL, list, want);
	check_list(NULL, " ,\n", "no ports are given");
}

static const struct {
	const char *name, *ports;
	uint16_t open[4], closed[4]; /* 0, which is always closed, fills up */
} ports[] = {
    {"the default", "80,443", {80, 443}, {79, 81, 442, 444}},
    {"range", "8000-8100", {8000, 8001, 8099, 8100}, {7999, 8101, 80}},
    {"range of one", "80-80", {80}, {79, 81}},
    {"all", "1-65535", {1, 80, 8653, 65535}, {0}},
    {"overlap", "80-90,85-95", {80, 85, 90, 95}, {79, 96}},
    {"separators", ",80,, 443\t8080\n", {80, 443, 8080}, {81}},
};

TEST(opens_ports)
{
	struct policy *policy = make("", "9.9.9.9", ports[_i].ports, "");

	check_list(NULL, ports[_i].ports, "");
	for (size_t i = 0; i < 4; i++) {
		uint16_t open = ports[_i].open[i], closed = ports[_i].closed[i];
		ck_assert_int_eq(policy_allows_port(policy, open), open != 0);
		ck_assert(!policy_allows_port(policy, closed));
		check(ports[_i].name, policy, endpoint("8.8.8.8", open), open != 0 ? NULL : PORT);
		check(ports[_i].name, policy, endpoint("9.9.9.9", closed), PORT);
	}
	policy_free(policy);
}

SUITE(policy)
{
	ADD_ROWS(judges, plain);
	ADD_ROWS(judges_what_is_carried, carried);
	ADD_ROWS(follows_lists, listed);
	ADD(compares_every_bit);
	ADD_ROWS(keeps_off_its_own, owned);
	ADD(keeps_off_every_interface);
	ADD(keeps_off_all_when_it_cannot_know);
	ADD_ROWS(takes_good_lists, good_lists);
	ADD_ROWS(refuses_bits_behind_the_prefix, host_bits);
	ADD_ROWS(refuses_what_is_no_network, bad_elements);
	ADD(takes_long_lists);
	ADD_ROWS(refuses_what_is_no_port, bad_ports);
	ADD_ROWS(opens_ports, ports);
}
