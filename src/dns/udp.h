/* Connected UDP sockets, read and written many packets at a time: recvmmsg, sendmmsg, and for
 * packets of one length UDP_SEGMENT where the kernel has it. The socket is connected, so that the
 * kernel lets in nothing but what comes from the server's address and port, and reports a closed
 * port. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/address.h"

enum { UDP_IN = 16, UDP_OUT = 128 };

/* The memory for one batch in each direction; shared by all sockets of an engine. */
struct udp_batch;

struct udp_batch *udp_batch_new(void);
void udp_batch_free(struct udp_batch *batch);

/* Open a socket to the server, from a port that the kernel chooses. Returns the descriptor, or the
 * negative error number. `ret_n_bytes` is what its receive buffer holds. */
int udp_open(const struct endpoint *server, int *ret_n_bytes);

/* Receive at most UDP_IN packets. Returns how many (0: none is there), or a negative error number:
 * -ECONNREFUSED when the server's port is closed. */
int udp_receive(int fd, struct udp_batch *batch);

/* One of the packets that were received; borrowed until the next call. `ret_is_cut`: it had more
 * octets than fit. */
const uint8_t *udp_packet(const struct udp_batch *batch, int i, size_t *ret_len, bool *ret_is_cut);

/* Set packet `i` (below UDP_OUT) of those to be sent; borrowed until udp_send. */
void udp_put(struct udp_batch *batch, int i, const uint8_t *bytes, size_t len);

/* Send the first `n` packets, which are sorted by length. Returns how many were sent, or a negative
 * error number when none was. */
int udp_send(int fd, struct udp_batch *batch, int n);
