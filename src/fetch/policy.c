/* The policy of targets: networks in tables of text, read once. */
#include "fetch/policy.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

struct net {
	struct address address; /* never a mapped one */
	uint8_t bits;           /* length of the prefix; those behind it are zero */
	uint16_t port;          /* of this daemon's listeners only */
};

struct nets {
	struct net *items; /* owned */
	size_t n;
};

/* What has no business on the Internet, by the registries and, behind them, by the architecture of
 * IPv6 addresses (RFC 4291). The first row that fits decides; no reason: globally reachable, as far
 * as the address itself goes. Registered as reachable but denied all the same: the anycast services
 * and identifiers inside 192.0.0.0/24 and 2001::/23, where nobody keeps files. */
static const struct {
	const char *net, *reason;
} specials[] = {
    {"0.0.0.0/8", "address of this network"},
    {"10.0.0.0/8", "private address"},
    {"100.64.0.0/10", "carrier NAT address"},
    {"127.0.0.0/8", "loopback address"},
    {"169.254.0.0/16", "link-local address"},
    {"172.16.0.0/12", "private address"},
    {"192.0.0.0/24", "protocol assignment address"},
    {"192.0.2.0/24", "documentation address"},
    {"192.88.99.0/24", "6to4 relay address"},
    {"192.168.0.0/16", "private address"},
    {"198.18.0.0/15", "benchmarking address"},
    {"198.51.100.0/24", "documentation address"},
    {"203.0.113.0/24", "documentation address"},
    {"224.0.0.0/4", "multicast address"},
    {"255.255.255.255/32", "broadcast address"},
    {"240.0.0.0/4", "reserved address"},
    {"0.0.0.0/0", NULL},
    {"::/128", "unspecified address"},
    {"::1/128", "loopback address"},
    {"::/96", "IPv4-compatible address"},
    {"64:ff9b::/96", NULL}, /* NAT64: reaches what it carries */
    {"64:ff9b:1::/48", "local NAT64 address"},
    {"100::/64", "discard address"},
    {"100:0:0:1::/64", "dummy address"}, /* RFC 9780 */
    {"2001::/32", "Teredo address"},
    {"2001:2::/48", "benchmarking address"},
    {"2001:10::/28", "ORCHID address"},
    {"2001:20::/28", "ORCHID address"},
    {"2001::/23", "protocol assignment address"},
    {"2001:db8::/32", "documentation address"},
    {"2002::/16", "6to4 address"},
    {"3fff::/20", "documentation address"},
    {"2000::/3", NULL},
    {"5f00::/16", "segment routing address"},
    {"fc00::/7", "unique local address"},
    {"fe80::/10", "link-local address"},
    {"fec0::/10", "site-local address"},
    {"ff00::/8", "multicast address"},
    {"::/0", "reserved address"},
};

/* Where clouds tell a machine its secrets. Some lie outside every special range, the others in
 * ranges that one may well want to allow. */
static const char metadata_services[] =
    "169.254.169.254 "    /* Amazon, Google, Azure, Oracle, OpenStack and most others */
    "fd00:ec2::254 "      /* Amazon EC2 */
    "169.254.170.2 "      /* Amazon ECS: credentials of a task */
    "169.254.170.23 "     /* Amazon EKS: credentials of a pod */
    "fd00:ec2::23 "       /* the same */
    "fd20:ce::254 "       /* Google */
    "168.63.129.16 "      /* Azure: WireServer, which hands out certificates */
    "fd00:c1::a9fe:a9fe " /* Oracle */
    "192.0.0.192 "        /* Oracle Classic */
    "100.100.100.200 "    /* Alibaba */
    "fd00:100::100:200 "  /* the same */
    "169.254.0.23 "       /* Tencent */
    "100.96.0.96 "        /* Volcano Engine, BytePlus */
    "169.254.42.42 "      /* Scaleway */
    "fd00:42::42 "        /* the same */
    "fd00:a9fe:a9fe::1 "  /* Akamai (Linode) */
    "fe80::a9fe:a9fe";    /* OpenStack, Akamai */

/* IPv6 addresses that carry an IPv4 address: which bytes, and with which bits flipped. NAT64 with a
 * prefix of the operator's own choice can't be told from the address. */
static const struct {
	const char *net;
	uint8_t at, flip;
	uint8_t zero_from; /* only where all bytes from here on are zero */
} carriers[] = {
    {"::/96", 12, 0, 16},           /* IPv4-compatible, RFC 4291 section 2.5.5.1 */
    {"::ffff:0:0:0/96", 12, 0, 16}, /* IPv4-translated, RFC 2765 section 2.1 */
    {"64:ff9b::/96", 12, 0, 16},    /* RFC 6052 section 2.1 */
    /* RFC 8215: the translator's prefix, somewhere in here, has a length that only its operator
     * knows. Of the forms in RFC 6052 section 2.2 these are /96 and /64; the shorter ones read as
     * 0.0.0.0, which is denied as any other of this network. */
    {"64:ff9b:1::/48", 12, 0, 16}, {"64:ff9b:1::/48", 9, 0, 13},
    {"2002::/16", 2, 0, 16},     /* 6to4, RFC 3056 section 2 */
    {"2001::/32", 4, 0, 16},     /* Teredo, RFC 4380 section 4: the server */
    {"2001::/32", 12, 0xff, 16}, /* and the client */
};

enum { N_SPECIALS = sizeof(specials) / sizeof(specials[0]) };
enum { N_CARRIERS = sizeof(carriers) / sizeof(carriers[0]) };

struct policy {
	struct nets allow, deny, metadata, own;
	struct net special[N_SPECIALS], carrier[N_CARRIERS]; /* the nets of the tables' rows */
	bool is_open[UINT16_MAX + 1];                        /* by port */
};

/* --- Networks --- */

static uint8_t full_length(const struct address *a)
{
	return a->is_v6 ? 128 : 32;
}

/* Return the IPv4 address that a mapped one is, other addresses as they are. */
static struct address unmap(const struct address *a)
{
	static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
	struct address v4 = {.is_v6 = false};

	if (a->is_v6 && memcmp(a->bytes, prefix, sizeof(prefix)) != 0)
		return *a;
	memcpy(v4.bytes, a->is_v6 ? a->bytes + sizeof(prefix) : a->bytes, 4);
	return v4;
}

static bool net_has(const struct net *net, const struct address *a)
{
	size_t n_bytes = net->bits / 8, n_rest = net->bits % 8;

	if (a->is_v6 != net->address.is_v6 || memcmp(a->bytes, net->address.bytes, n_bytes) != 0)
		return false;
	return n_rest == 0 ||
	       (a->bytes[n_bytes] ^ net->address.bytes[n_bytes]) >> (8 - n_rest) == 0;
}

/* Whether one of the networks, with a prefix of at least `least_bits`, has the address. */
static bool nets_have(const struct nets *nets, const struct address *a, uint8_t least_bits)
{
	for (size_t i = 0; i < nets->n; i++) {
		if (nets->items[i].bits >= least_bits && net_has(&nets->items[i], a))
			return true;
	}
	return false;
}

static void nets_add(struct nets *nets, const struct net *net)
{
	if ((nets->n & (nets->n - 1)) == 0) /* full: the room is a power of two, or none */
		nets->items = xrealloc(nets->items, (nets->n > 0 ? 2 * nets->n : 1) * sizeof(*net));
	nets->items[nets->n++] = *net;
}

/* --- Lists --- */

/* Cut the next element off a list: new text, or NULL behind the last. */
static char *next_element(const char **list)
{
	static const char separators[] = ", \t\n";
	const char *start = *list + strspn(*list, separators);
	size_t len = strcspn(start, separators);

	*list = start + len;
	return len > 0 ? xstrndup(start, len) : NULL;
}

static struct address clear_behind(const struct address *a, uint8_t bits)
{
	struct address cleared = *a;

	for (unsigned bit = bits; bit < full_length(a); bit++)
		cleared.bytes[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return cleared;
}

/* Read an address or CIDR. `text` is written to and is as before afterwards. */
static bool parse_net(char *text, struct net *ret_net, struct buf *why)
{
	char *slash = strchr(text, '/');
	struct address a = {.is_v6 = strchr(text, ':') != NULL};
	uint64_t bits = full_length(&a);

	if (slash != NULL)
		*slash = '\0';
	bool is_good = inet_pton(a.is_v6 ? AF_INET6 : AF_INET, text, a.bytes) == 1 &&
		       (slash == NULL || str_to_u64(slash + 1, full_length(&a), &bits) == OK);
	if (slash != NULL)
		*slash = '/';
	if (!is_good) {
		buf_addf(why, "\"%.80s\" is not an address or a network (ADDRESS/LENGTH)", text);
		return false;
	}
	struct address network = clear_behind(&a, (uint8_t)bits);
	if (memcmp(network.bytes, a.bytes, sizeof(a.bytes)) != 0) {
		char proper[ADDRESS_TEXT_SIZE];
		address_format(&network, proper);
		buf_addf(why, "\"%.80s\" has host bits set; the network is %s/%u", text, proper,
		    (unsigned)bits);
		return false;
	}
	*ret_net = (struct net){.address = unmap(&a)};
	/* a mapped network has 96 bits and more: with fewer, some would be set behind its prefix */
	ret_net->bits = (uint8_t)(a.is_v6 && !ret_net->address.is_v6 ? bits - 96 : bits);
	return true;
}

/* Read a list; NULL is an empty one. After a fault `ret_nets` has the items before it. */
static bool read_nets(const char *list, struct nets *ret_nets, struct buf *why)
{
	while (list != NULL) {
		AUTO_FREE char *element = next_element(&list);
		struct net net;
		if (element == NULL)
			break;
		if (!parse_net(element, &net, why))
			return false;
		nets_add(ret_nets, &net);
	}
	return true;
}

static bool parse_range(char *text, uint64_t *ret_first, uint64_t *ret_last)
{
	char *dash = strchr(text, '-');

	if (dash != NULL)
		*dash = '\0';
	bool is_good = str_to_u64(text, UINT16_MAX, ret_first) == OK &&
		       str_to_u64(dash != NULL ? dash + 1 : text, UINT16_MAX, ret_last) == OK;
	if (dash != NULL)
		*dash = '-';
	return is_good && *ret_first > 0 && *ret_first <= *ret_last;
}

/* Mark the ports of a list. */
static bool read_ports(const char *list, bool ret_is_open[static UINT16_MAX + 1], struct buf *why)
{
	bool has_any = false;

	for (;; has_any = true) {
		AUTO_FREE char *element = next_element(&list);
		uint64_t first, last;
		if (element == NULL)
			break;
		if (!parse_range(element, &first, &last)) {
			buf_addf(why,
			    "\"%.80s\" is not a port or a range of ports (FIRST-LAST), 1 to 65535",
			    element);
			return false;
		}
		memset(&ret_is_open[first], true, last - first + 1);
	}
	if (!has_any)
		buf_add_str(why, "no ports are given");
	return has_any;
}

bool policy_list_is_valid(const char *list, struct buf *why)
{
	struct nets nets = {NULL, 0};
	bool is_good = read_nets(list, &nets, why);

	free(nets.items);
	return is_good;
}

bool policy_ports_are_valid(const char *ports, struct buf *why)
{
	AUTO_FREE bool *is_open = xcalloc(UINT16_MAX + 1, sizeof(*is_open));

	return read_ports(ports, is_open, why);
}

/* --- The daemon's own listeners --- */

static bool is_zero(const struct address *a)
{
	static const uint8_t zero[sizeof(a->bytes)];

	return memcmp(a->bytes, zero, sizeof(zero)) == 0;
}

/* Add what a listener on every address of this machine is reached by. */
static void add_machine(struct nets *own, uint16_t port)
{
	const struct net loopback_v4 = {.address.bytes = {127}, .bits = 8, .port = port};
	const struct net loopback_v6 = {
	    .address = {.bytes = {[15] = 1}, .is_v6 = true}, .bits = 128, .port = port};
	const struct net all_v4 = {.port = port};
	const struct net all_v6 = {.address.is_v6 = true, .port = port};
	struct net net = {.port = port};
	struct ifaddrs *interfaces;

	nets_add(own, &loopback_v4);
	nets_add(own, &loopback_v6);
	if (getifaddrs(&interfaces) != 0) {
		nets_add(own, &all_v4);
		nets_add(own, &all_v6);
		return;
	}
	for (const struct ifaddrs *i = interfaces; i != NULL; i = i->ifa_next) {
		struct endpoint here;
		if (i->ifa_addr != NULL && endpoint_from_sockaddr(i->ifa_addr, &here)) {
			net.address = here.address;
			net.bits = full_length(&net.address);
			nets_add(own, &net);
		}
	}
	freeifaddrs(interfaces);
}

static void add_listener(struct nets *own, const struct endpoint *listener)
{
	struct net net = {.address = unmap(&listener->address), .port = listener->port};

	if (is_zero(&net.address)) {
		add_machine(own, net.port);
		return;
	}
	net.bits = full_length(&net.address);
	nets_add(own, &net);
}

static bool is_own(const struct nets *own, const struct address *a, uint16_t port)
{
	struct address to = *a;

	if (is_zero(a)) /* Linux connects to the loopback address instead */
		to = a->is_v6 ? (struct address){.bytes = {[15] = 1}, .is_v6 = true}
			      : (struct address){.bytes = {127, 0, 0, 1}};
	for (size_t i = 0; i < own->n; i++) {
		if (own->items[i].port == port && net_has(&own->items[i], &to))
			return true;
	}
	return false;
}

/* --- The policy --- */

static struct net read_row(const char *text)
{
	AUTO_FREE char *copy = xstrdup(text);
	struct net net = {.bits = 0};
	struct buf why;

	buf_init(&why, 0);
	bool is_good = parse_net(copy, &net, &why);
	assert(is_good);
	(void)is_good;
	return net;
}

struct policy *policy_new(const struct policy_opts *opts)
{
	struct policy *p = xcalloc(1, sizeof(*p));
	struct buf why;

	buf_init(&why, 0);
	bool is_good = read_nets(opts->allow, &p->allow, &why) &&
		       read_nets(opts->deny, &p->deny, &why) &&
		       read_nets(metadata_services, &p->metadata, &why) &&
		       read_ports(opts->ports, p->is_open, &why);
	assert(is_good);
	(void)is_good;
	for (size_t i = 0; i < N_SPECIALS; i++)
		p->special[i] = read_row(specials[i].net);
	for (size_t i = 0; i < N_CARRIERS; i++)
		p->carrier[i] = read_row(carriers[i].net);
	for (size_t i = 0; i < opts->n_listeners; i++)
		add_listener(&p->own, &opts->listeners[i]);
	return p;
}

void policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	FREE_ALL(p->allow.items, p->deny.items, p->metadata.items, p->own.items, p);
}

bool policy_allows_port(const struct policy *p, uint16_t port)
{
	return p->is_open[port];
}

static const char *judge_special(const struct policy *p, const struct address *a)
{
	size_t i = 0;

	while (!net_has(&p->special[i], a)) /* the last row of each family has every address */
		i++;
	return specials[i].reason;
}

/* Judge a single address by rules 2 to 6. */
static const char *judge(const struct policy *p, const struct address *a, uint16_t port)
{
	if (nets_have(&p->deny, a, 0))
		return "denied by configuration";
	if (!nets_have(&p->allow, a, full_length(a))) {
		if (nets_have(&p->metadata, a, 0))
			return "metadata address";
		if (is_own(&p->own, a, port))
			return "the daemon's own listener";
	}
	return nets_have(&p->allow, a, 0) ? NULL : judge_special(p, a);
}

static struct address cut_out(const struct address *a, uint8_t at, uint8_t flip)
{
	struct address v4 = {.is_v6 = false};

	for (size_t i = 0; i < 4; i++)
		v4.bytes[i] = a->bytes[at + i] ^ flip;
	return v4;
}

static bool is_carrier(const struct policy *p, size_t row, const struct address *a)
{
	static const uint8_t zero[16];
	size_t from = carriers[row].zero_from;

	if (!net_has(&p->carrier[row], a) || memcmp(a->bytes + from, zero, 16 - from) != 0)
		return false;
	/* :: and ::1 are themselves and not 0.0.0.0 and 0.0.0.1 */
	return memcmp(a->bytes, zero, 15) != 0 || a->bytes[15] > 1;
}

/* Whether the interface identifier is one of RFC 5214 section 6.1, whatever the prefix. */
static bool is_isatap(const struct address *a)
{
	static const uint8_t mark[] = {0x00, 0x5e, 0xfe};

	return a->is_v6 && (a->bytes[8] & ~0x02) == 0 && memcmp(a->bytes + 9, mark, 3) == 0;
}

const char *policy_judge_address(const struct policy *p, const struct endpoint *target)
{
	const struct address a = unmap(&target->address);
	struct address carried;
	const char *reason = NULL;

	for (size_t i = 0; reason == NULL && i < N_CARRIERS; i++) {
		if (is_carrier(p, i, &a)) {
			carried = cut_out(&a, carriers[i].at, carriers[i].flip);
			reason = judge(p, &carried, target->port);
		}
	}
	if (reason == NULL && is_isatap(&a)) {
		carried = cut_out(&a, 12, 0);
		reason = judge(p, &carried, target->port);
	}
	return reason != NULL ? reason : judge(p, &a, target->port);
}

const char *policy_judge(const struct policy *p, const struct endpoint *target)
{
	return policy_allows_port(p, target->port) ? policy_judge_address(p, target)
						   : "port not allowed";
}

const char *policy_judge_name_server(const struct policy *p, const struct endpoint *server)
{
	return server->port == 53 ? policy_judge_address(p, server) : policy_judge(p, server);
}
