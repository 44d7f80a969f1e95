/* Connected UDP sockets. */
#include "dns/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"

/* As much as an unprivileged process may have where the kernel's defaults stand. */
enum { WANTED_BUFFER = 212992, RUN_LEAST = 4, UDP_SEGMENTS = 60, UDP_IN_SIZE = 4096 };

struct udp_batch {
	bool has_no_gso; /* the kernel refused UDP_SEGMENT */
	struct mmsghdr in[UDP_IN], out[UDP_OUT];
	struct iovec in_iov[UDP_IN], out_iov[UDP_OUT];
	union {
		char bytes[CMSG_SPACE(sizeof(uint16_t))];
		struct cmsghdr align;
	} control[UDP_OUT];
	uint8_t packets[UDP_IN][UDP_IN_SIZE];
};

struct udp_batch *udp_batch_new(void)
{
	struct udp_batch *batch = xcalloc(1, sizeof(*batch));

	for (int i = 0; i < UDP_IN; i++) {
		batch->in_iov[i] = (struct iovec){batch->packets[i], UDP_IN_SIZE};
		batch->in[i].msg_hdr.msg_iov = &batch->in_iov[i];
		batch->in[i].msg_hdr.msg_iovlen = 1;
	}
	return batch;
}

void udp_batch_free(struct udp_batch *batch)
{
	free(batch);
}

int udp_open(const struct endpoint *server, int *ret_n_bytes)
{
	struct sockaddr_storage address;
	socklen_t len = endpoint_to_sockaddr(server, &address), size = sizeof(int);
	int fd = socket(address.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int wanted = WANTED_BUFFER, error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &wanted, sizeof(wanted));
	if (connect(fd, (struct sockaddr *)&address, len) == 0 &&
	    getsockopt(fd, SOL_SOCKET, SO_RCVBUF, ret_n_bytes, &size) == 0)
		return fd;
	error = errno;
	close(fd);
	return -error;
}

int udp_receive(int fd, struct udp_batch *batch)
{
	int n;

	do
		n = recvmmsg(fd, batch->in, UDP_IN, MSG_DONTWAIT, NULL);
	while (n < 0 && errno == EINTR);
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK ? 0 : -errno;
}

const uint8_t *udp_packet(const struct udp_batch *batch, int i, size_t *ret_len, bool *ret_is_cut)
{
	*ret_len = batch->in[i].msg_len;
	*ret_is_cut = (batch->in[i].msg_hdr.msg_flags & MSG_TRUNC) != 0;
	return batch->packets[i];
}

void udp_put(struct udp_batch *batch, int i, const uint8_t *bytes, size_t len)
{
	batch->out_iov[i] = (struct iovec){(void *)(uintptr_t)bytes, len};
}

/* How many packets from `first` on have the same length and go in one message. */
static int run_length(const struct udp_batch *batch, int first, int n)
{
	int end = first + 1;

	while (end < n && end - first < UDP_SEGMENTS &&
	       batch->out_iov[end].iov_len == batch->out_iov[first].iov_len)
		end++;
	return batch->has_no_gso || end - first < RUN_LEAST ? 1 : end - first;
}

static void set_message(struct udp_batch *batch, int i, int first, int n_packets)
{
	struct msghdr *m = &batch->out[i].msg_hdr;

	*m = (struct msghdr){.msg_iov = &batch->out_iov[first], .msg_iovlen = (size_t)n_packets};
	if (n_packets == 1)
		return;
	m->msg_control = batch->control[i].bytes;
	m->msg_controllen = sizeof(batch->control[i].bytes);
	struct cmsghdr *c = CMSG_FIRSTHDR(m);
	uint16_t size = (uint16_t)batch->out_iov[first].iov_len;
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(size));
	memcpy(CMSG_DATA(c), &size, sizeof(size));
}

static bool is_gso_refused(const struct udp_batch *batch, int error)
{
	return !batch->has_no_gso && batch->out[0].msg_hdr.msg_iovlen > 1 &&
	       (error == EINVAL || error == EIO || error == EMSGSIZE || error == ENOPROTOOPT);
}

int udp_send(int fd, struct udp_batch *batch, int n)
{
	int n_messages = 0, n_sent;

	for (int first = 0; first < n;) {
		int run = run_length(batch, first, n);
		set_message(batch, n_messages++, first, run);
		first += run;
	}
	do
		n_sent = sendmmsg(fd, batch->out, (unsigned)n_messages, MSG_DONTWAIT);
	while (n_sent < 0 && errno == EINTR);
	if (n_sent < 0) {
		if (!is_gso_refused(batch, errno))
			return -errno;
		batch->has_no_gso = true;
		return udp_send(fd, batch, n);
	}
	int n_packets = 0;
	for (int i = 0; i < n_sent; i++)
		n_packets += (int)batch->out[i].msg_hdr.msg_iovlen;
	return n_packets;
}
