/*
 * A DNS server that costs as little as one can: for measuring clients, not for anything else. It
 * reads and writes 64 packets at a time and looks at one thing: a name whose first label ends in an
 * even digit or letter has the address 192.0.2.1, any other one is NXDOMAIN with an SOA.
 *
 * With a LIMIT it answers so many queries a second, counted by twentieths, and is silent beyond,
 * until SIGUSR1.
 *
 *     responder PORT [LIMIT]      serves 127.0.0.1 until it is killed; PORT 0: one that is free
 *     port=N
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

enum { BATCH = 64, PACKET = 600, HEADER = 12 };

static struct mmsghdr messages[BATCH];
static struct iovec parts[BATCH];
static struct sockaddr_in peers[BATCH];
static uint8_t packets[BATCH][PACKET];

static const uint8_t address[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
static const uint8_t authority[] = {0, 0, 6, 0, 1, 0, 0, 1, 44, 0, 22, 0, 0, 0, 0, 0, 1, 0, 0, 14,
    16, 0, 0, 3, 132, 0, 9, 58, 128, 0, 0, 1, 44};

/* Make an answer of the query; returns its length, or 0 for what is no query. */
static size_t answer(uint8_t *p, size_t len)
{
	size_t at = HEADER;

	if (len < HEADER + 5 || (p[2] & 0x80) != 0 || p[4] != 0 || p[5] != 1)
		return 0;
	while (at < len && p[at] != 0)
		at += 1U + p[at];
	at += 5;
	if (at > len)
		return 0;
	int exists = p[HEADER + p[HEADER]] % 2 == 0;
	const uint8_t *record = exists ? address : authority;
	size_t n = exists ? sizeof(address) : sizeof(authority);
	memcpy(p + at, record, n);
	p[2] = (uint8_t)(0x84 | (p[2] & 1));
	p[3] = exists ? 0 : 3;
	memset(p + 6, 0, 6);
	p[exists ? 7 : 9] = 1;
	return at + n;
}

static unsigned long limit; /* answers a second; 0: none */
static volatile sig_atomic_t is_lifted;

static void on_signal(int number)
{
	(void)number;
	is_lifted = 1;
}

/* Whether the limit allows one more answer in this twentieth of a second. */
static int is_allowed(void)
{
	static long slice;
	static unsigned long n;
	struct timespec now;

	if (limit == 0 || is_lifted)
		return 1;
	clock_gettime(CLOCK_MONOTONIC, &now);
	long current = now.tv_sec * 20 + now.tv_nsec / 50000000;
	if (current != slice)
		n = 0;
	slice = current;
	return n++ < limit / 20;
}

static void serve(int fd)
{
	for (;;) {
		for (int i = 0; i < BATCH; i++) {
			parts[i] = (struct iovec){packets[i], PACKET - sizeof(authority)};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
			    .msg_namelen = sizeof(peers[i]),
			    .msg_iov = &parts[i],
			    .msg_iovlen = 1};
		}
		int n = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL), n_answers = 0;
		for (int i = 0; i < n; i++) {
			size_t len = answer(packets[i], messages[i].msg_len);
			if (len == 0 || !is_allowed())
				continue;
			parts[i].iov_len = len;
			messages[n_answers++].msg_hdr = messages[i].msg_hdr;
		}
		for (int sent = 0; sent < n_answers;) {
			int done = sendmmsg(fd, messages + sent, (unsigned)(n_answers - sent), 0);
			sent += done > 0 ? done : 1;
		}
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in self = {
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(self);
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;

	if (argc < 2 || argc > 3) {
		fputs("usage: responder PORT [LIMIT]\n", stderr);
		return 2;
	}
	limit = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
	signal(SIGUSR1, on_signal);
	self.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (fd < 0 || bind(fd, (struct sockaddr *)&self, len) != 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &len) != 0) {
		perror("responder");
		return 1;
	}
	printf("port=%u\n", ntohs(self.sin_port));
	fflush(stdout);
	serve(fd);
	return 0;
}
