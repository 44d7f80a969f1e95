/* A DNS server that does what a test tells it. Messages: RFC 1035 section 4. */
#include "dns.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/alloc.h"

enum { MAX_MESSAGE = 512, HEADER = 12, TYPE_A = 1, TYPE_AAAA = 28, MAX_ASKED = 256 };
enum {
	RCODE_BITS_FORMERR = 1,
	RCODE_BITS_SERVFAIL = 2,
	RCODE_BITS_NXDOMAIN = 3,
	RCODE_BITS_NOTIMP = 4,
	RCODE_BITS_REFUSED = 5,
	RCODE_BITS_YXDOMAIN = 6
};

struct asked {
	char name[256];
	enum rrtype type;
	unsigned n;
};

/* A reply that waits for its time. */
struct reply {
	LIST_ENTRY(reply) link;
	struct fake_dns *dns;
	struct timer timer;
	int fd;
	struct sockaddr_in to;
	size_t len;
	uint8_t bytes[MAX_MESSAGE];
};

struct fake_dns {
	struct loop *loop; /* borrowed */
	int fd, other_fd;  /* owned */
	struct watch watch;
	const struct dns_rule *rules; /* borrowed */
	size_t n_asked;
	unsigned n_rotated;
	struct asked asked[MAX_ASKED];
	LIST_HEAD(, reply) replies;
};

static int bind_socket(void)
{
	struct sockaddr_in address = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

struct fake_dns *fake_dns_new(const struct dns_rule *rules)
{
	struct fake_dns *dns = xcalloc(1, sizeof(*dns));

	dns->fd = bind_socket();
	dns->other_fd = bind_socket();
	dns->rules = rules;
	LIST_INIT(&dns->replies);
	return dns;
}

static void free_reply(struct reply *reply)
{
	timer_cancel(&reply->timer);
	LIST_REMOVE(reply, link);
	free(reply);
}

void fake_dns_free(struct fake_dns *dns)
{
	struct reply *reply;

	while ((reply = LIST_FIRST(&dns->replies)) != NULL)
		free_reply(reply);
	watch_cancel(&dns->watch);
	close(dns->fd);
	close(dns->other_fd);
	free(dns);
}

struct endpoint fake_dns_endpoint(const struct fake_dns *dns)
{
	struct sockaddr_in address;
	socklen_t len = sizeof(address);

	ck_assert_int_eq(getsockname(dns->fd, (struct sockaddr *)&address, &len), 0);
	struct endpoint endpoint = {.port = ntohs(address.sin_port)};
	memcpy(endpoint.address.bytes, &address.sin_addr, sizeof(address.sin_addr));
	return endpoint;
}

unsigned fake_dns_count(const struct fake_dns *dns, const char *name, enum rrtype type)
{
	unsigned n = 0;

	for (size_t i = 0; i < dns->n_asked; i++) {
		const struct asked *a = &dns->asked[i];
		if (name == NULL || (strcasecmp(a->name, name) == 0 && a->type == type))
			n += a->n;
	}
	return n;
}

/* Count the query; returns how often this was asked now. */
static unsigned note(struct fake_dns *dns, const char *name, enum rrtype type)
{
	for (size_t i = 0; i < dns->n_asked; i++) {
		if (strcasecmp(dns->asked[i].name, name) == 0 && dns->asked[i].type == type)
			return ++dns->asked[i].n;
	}
	ck_assert_uint_lt(dns->n_asked, MAX_ASKED);
	struct asked *a = &dns->asked[dns->n_asked++];
	snprintf(a->name, sizeof(a->name), "%s", name);
	a->type = type;
	return a->n = 1;
}

static bool fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern), n_name = strlen(name);

	if (strncmp(pattern, "*.", 2) != 0)
		return strcasecmp(pattern, name) == 0;
	return n_name >= n && strcasecmp(pattern + 1, name + n_name - (n - 1)) == 0;
}

static struct dns_rule find_rule(
    const struct fake_dns *dns, const char *name, enum rrtype type, unsigned nth)
{
	for (const struct dns_rule *r = dns->rules; r != NULL && r->name != NULL; r++) {
		if (fits(r->name, name) && r->type == type && nth >= r->from &&
		    (r->to == 0 || nth <= r->to))
			return *r;
	}
	return (struct dns_rule){.act = DNS_NXDOMAIN};
}

static void send_reply(void *arg)
{
	struct reply *reply = arg;

	sendto(reply->fd, reply->bytes, reply->len, 0, (struct sockaddr *)&reply->to,
	    sizeof(reply->to));
	free_reply(reply);
}

static void add_record(struct reply *reply, enum rrtype type)
{
	static const uint8_t v4[] = {192, 0, 2, 1},
			     v6[] = {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
	size_t size = type == RR_A ? sizeof(v4) : sizeof(v6);
	const uint8_t head[] = {0xc0, HEADER, 0, type == RR_A ? TYPE_A : TYPE_AAAA, 0, 1, 0, 0,
	    DNS_TTL >> 8, DNS_TTL & 0xff, 0, (uint8_t)size};

	reply->bytes[7] = 1;
	memcpy(reply->bytes + reply->len, head, sizeof(head));
	memcpy(reply->bytes + reply->len + sizeof(head), type == RR_A ? v4 : v6, size);
	reply->len += sizeof(head) + size;
}

/* Turn the query, of which `reply` has a copy, into what the rule says. */
static void make_reply(struct reply *reply, const struct dns_rule *rule, enum rrtype type)
{
	uint8_t *b = reply->bytes;

	b[2] = (uint8_t)(0x84 | (b[2] & 1)); /* a response, authoritative */
	b[3] = 0x80;
	switch (rule->act) {
	case DNS_OTHER:
		add_record(reply, type);
		b[reply->len - 1] = 77;
		break;
	case DNS_ROTATING:
		add_record(reply, type);
		b[reply->len - 1] = (uint8_t)(100 + reply->dns->n_rotated++ % 6);
		break;
	case DNS_FOUND:
	case DNS_FORGED:
		add_record(reply, type);
		break;
	case DNS_STRAY:
		b[HEADER + 1] ^= 1; /* the first letter of the name */
		b[3] |= RCODE_BITS_NXDOMAIN;
		break;
	case DNS_NXDOMAIN:
		b[3] |= RCODE_BITS_NXDOMAIN;
		break;
	case DNS_SERVFAIL:
		b[3] |= RCODE_BITS_SERVFAIL;
		break;
	case DNS_REFUSED:
		b[3] |= RCODE_BITS_REFUSED;
		break;
	case DNS_NOTIMP:
		b[3] |= RCODE_BITS_NOTIMP;
		break;
	case DNS_FORMERR:
		b[3] |= RCODE_BITS_FORMERR;
		break;
	case DNS_YXDOMAIN:
		b[3] |= RCODE_BITS_YXDOMAIN;
		break;
	case DNS_TRUNCATED:
		b[2] |= 2;
		break;
	case DNS_NODATA:
	case DNS_SILENT:
		break;
	}
}

/* Read the question: its name as text (256 bytes), its type. Returns where it ends, 0 when it is
 * none. */
static size_t read_question(const uint8_t *bytes, size_t n, char *ret_name, enum rrtype *ret_type)
{
	size_t at = HEADER, len = 0;

	while (at < n && bytes[at] != 0) {
		size_t label = bytes[at++];
		if (label > 63 || at + label > n || len + label + 1 > 255)
			return 0;
		if (len > 0)
			ret_name[len++] = '.';
		memcpy(ret_name + len, bytes + at, label);
		len += label;
		at += label;
	}
	ret_name[len] = '\0';
	if (at + 5 > n)
		return 0;
	*ret_type = bytes[at + 2] == TYPE_AAAA ? RR_AAAA : RR_A;
	return at + 5;
}

static void answer(
    struct fake_dns *dns, const uint8_t *bytes, size_t n, const struct sockaddr_in *from)
{
	char name[256];
	enum rrtype type;
	size_t end = n > HEADER ? read_question(bytes, n, name, &type) : 0;

	ck_assert_uint_gt(end, 0);
	struct dns_rule rule = find_rule(dns, name, type, note(dns, name, type));
	if (rule.act == DNS_SILENT)
		return;
	struct reply *reply = xcalloc(1, sizeof(*reply));
	reply->dns = dns;
	reply->fd = rule.act == DNS_FORGED ? dns->other_fd : dns->fd;
	reply->to = *from;
	reply->len = end;
	memcpy(reply->bytes, bytes, end);
	reply->bytes[11] = 0; /* no additional records */
	make_reply(reply, &rule, type);
	LIST_INSERT_HEAD(&dns->replies, reply, link);
	timer_init(&reply->timer, dns->loop, send_reply, reply);
	if (rule.delay > 0)
		timer_start(&reply->timer, rule.delay);
	else
		send_reply(reply);
}

static void on_readable(void *arg)
{
	struct fake_dns *dns = arg;
	uint8_t bytes[MAX_MESSAGE];
	struct sockaddr_in from;

	for (int i = 0; i < 64; i++) {
		socklen_t len = sizeof(from);
		ssize_t n =
		    recvfrom(dns->fd, bytes, sizeof(bytes), 0, (struct sockaddr *)&from, &len);
		if (n < 0)
			return;
		answer(dns, bytes, (size_t)n, &from);
	}
}

void fake_dns_start(struct fake_dns *dns, struct loop *loop)
{
	dns->loop = loop;
	ck_assert_int_eq(watch_start_read(&dns->watch, loop, dns->fd, on_readable, dns), OK);
}
