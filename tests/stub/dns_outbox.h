/* The way out: batches of datagrams for sendmmsg, and lines of delayed ones. Loop thread only. */
#pragma once

#include "dns_socket.h"

#include <stddef.h>
#include <stdint.h>

struct event_base;

/* Datagrams that wait at most for dns_outbox_flush(). */
#define DNS_OUTBOX_BATCH 128

struct dns_outbox; /* opaque */

struct dns_outgoing {
	int fd;
	bool is_last; /* the last datagram for its query: the one that counts */
	union dns_address to;
	size_t n;
	const uint8_t *bytes; /* borrowed until the next flush */
};

/*
 * Create an outbox whose replies wait `latency_ms` before they leave, slow ones `slow_ms` more.
 * The caller owns it; NULL when memory is short. Borrows the loop, which must outlive it.
 */
struct dns_outbox *dns_outbox_new(
    struct event_base *base, unsigned long latency_ms, unsigned long slow_ms);

/* Drop what is delayed and free the outbox; NULL is fine. */
void dns_outbox_free(struct dns_outbox *outbox);

/* Put a datagram in; at most DNS_OUTBOX_BATCH between two flushes. `now_us` is monotonic time. */
void dns_outbox_put(
    struct dns_outbox *outbox, const struct dns_outgoing *out, bool is_slow, uint64_t now_us);

/* Send what need not wait, in order. What the system does not take within 20 ms is dropped. */
void dns_outbox_flush(struct dns_outbox *outbox);

/* Drop all that is delayed, so that every query is answered or dropped. */
void dns_outbox_drop_delayed(struct dns_outbox *outbox);

/* How many queries got their reply, and how many replies were dropped here. */
uint64_t dns_outbox_answered(const struct dns_outbox *outbox);
uint64_t dns_outbox_dropped(const struct dns_outbox *outbox);

/* Monotonic time in microseconds. */
uint64_t dns_now_us(void);
