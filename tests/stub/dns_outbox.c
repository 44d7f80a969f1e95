/*
 * Datagrams leave in the order in which they were put in; one sendmmsg call takes a run of the same
 * socket. Every reply of a delay line waits equally long, so a line is a plain queue with one
 * timer.
 */
#include "dns_outbox.h"

#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	MAX_DELAYED = 1 << 18, /* datagrams in one line; further ones are dropped */
	MAX_BATCHES_PER_TURN = 16,
	SEND_WAIT_MS = 20,
};

struct delayed {
	struct delayed *next; /* owned */
	uint64_t due_us;
	struct dns_outgoing out; /* its bytes are those below */
	uint8_t bytes[];
};

struct delay_line {
	struct dns_outbox *outbox; /* borrowed: the owner */
	uint64_t delay_us;
	struct event *timer;   /* owned */
	struct delayed *first; /* owned */
	struct delayed **end;
	size_t n;
};

struct dns_outbox {
	struct dns_outgoing items[DNS_OUTBOX_BATCH];
	size_t n;
	struct delay_line prompt;
	struct delay_line slow;
	uint64_t n_answered;
	uint64_t n_dropped;
};

uint64_t dns_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static bool wait_for_room(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};

	return poll(&poll_fd, 1, SEND_WAIT_MS) == 1;
}

/* Sends datagrams of one socket, in order; what can't be sent is counted as dropped. */
static void send_run(struct dns_outbox *outbox, struct dns_outgoing *items, size_t n)
{
	struct mmsghdr headers[DNS_OUTBOX_BATCH];
	struct iovec vectors[DNS_OUTBOX_BATCH];
	size_t n_sent = 0;

	for (size_t i = 0; i < n; i++) {
		vectors[i] = (struct iovec){(void *)items[i].bytes, items[i].n};
		headers[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &items[i].to}};
		headers[i].msg_hdr.msg_namelen = dns_address_size(&items[i].to);
		headers[i].msg_hdr.msg_iov = &vectors[i];
		headers[i].msg_hdr.msg_iovlen = 1;
	}
	while (n_sent < n) {
		int done = sendmmsg(items[0].fd, headers + n_sent, (unsigned)(n - n_sent), 0);

		if (done > 0)
			n_sent += (size_t)done;
		else if (errno == EAGAIN && !wait_for_room(items[0].fd))
			break;
		else if (errno != EAGAIN && errno != EINTR)
			break;
	}
	for (size_t i = 0; i < n; i++) {
		outbox->n_answered += i < n_sent && items[i].is_last;
		outbox->n_dropped += i >= n_sent && items[i].is_last;
	}
}

void dns_outbox_flush(struct dns_outbox *outbox)
{
	struct dns_outgoing *items = outbox->items;
	size_t n_run;

	for (size_t i = 0; i < outbox->n; i += n_run) {
		n_run = 1;
		while (i + n_run < outbox->n && items[i + n_run].fd == items[i].fd)
			n_run++;
		send_run(outbox, &items[i], n_run);
	}
	outbox->n = 0;
}

/* Removes the head of a line; the caller owns it. */
static struct delayed *take_head(struct delay_line *line)
{
	struct delayed *head = line->first;

	line->first = head->next;
	if (line->first == NULL)
		line->end = &line->first;
	line->n--;
	return head;
}

/* Sleeps until the head is due, and a whole millisecond at least, so that replies gather. */
static void arm_timer(struct delay_line *line, uint64_t now_us)
{
	uint64_t due_us = line->first->due_us;
	uint64_t wait_us = due_us > now_us + 1000 ? due_us - now_us : 1000;
	struct timeval wait = {(time_t)(wait_us / 1000000), (suseconds_t)(wait_us % 1000000)};

	evtimer_add(line->timer, &wait);
}

static void on_due(evutil_socket_t fd, short what, void *arg)
{
	struct delay_line *line = arg;
	struct dns_outbox *outbox = line->outbox;
	struct delayed *sent[DNS_OUTBOX_BATCH];
	uint64_t now_us = dns_now_us();

	(void)fd;
	(void)what;
	for (int turn = 0; turn < MAX_BATCHES_PER_TURN; turn++) {
		size_t n = 0;

		while (
		    n < DNS_OUTBOX_BATCH && line->first != NULL && line->first->due_us <= now_us) {
			sent[n] = take_head(line);
			outbox->items[outbox->n++] = sent[n++]->out;
		}
		dns_outbox_flush(outbox);
		for (size_t i = 0; i < n; i++)
			free(sent[i]);
		if (n < DNS_OUTBOX_BATCH)
			break;
	}
	if (line->first != NULL)
		arm_timer(line, now_us);
}

static void delay(struct delay_line *line, const struct dns_outgoing *out, uint64_t now_us)
{
	struct delayed *delayed = NULL;

	if (line->n < MAX_DELAYED)
		delayed = malloc(sizeof(*delayed) + out->n);
	if (delayed == NULL) {
		line->outbox->n_dropped += out->is_last;
		return;
	}
	memcpy(delayed->bytes, out->bytes, out->n);
	delayed->out = *out;
	delayed->out.bytes = delayed->bytes;
	delayed->due_us = now_us + line->delay_us;
	delayed->next = NULL;
	*line->end = delayed;
	line->end = &delayed->next;
	if (line->n++ == 0)
		arm_timer(line, now_us);
}

void dns_outbox_put(
    struct dns_outbox *outbox, const struct dns_outgoing *out, bool is_slow, uint64_t now_us)
{
	struct delay_line *line = is_slow ? &outbox->slow : &outbox->prompt;

	if (line->delay_us > 0) {
		delay(line, out, now_us);
		return;
	}
	assert(outbox->n < DNS_OUTBOX_BATCH);
	outbox->items[outbox->n++] = *out;
}

static bool init_line(struct dns_outbox *outbox, struct delay_line *line, struct event_base *base,
    unsigned long delay_ms)
{
	line->outbox = outbox;
	line->delay_us = (uint64_t)delay_ms * 1000;
	line->end = &line->first;
	line->timer = evtimer_new(base, on_due, line);
	return line->timer != NULL;
}

struct dns_outbox *dns_outbox_new(
    struct event_base *base, unsigned long latency_ms, unsigned long slow_ms)
{
	struct dns_outbox *outbox = calloc(1, sizeof(*outbox));

	if (outbox == NULL)
		return NULL;
	if (!init_line(outbox, &outbox->prompt, base, latency_ms) ||
	    !init_line(outbox, &outbox->slow, base, latency_ms + slow_ms)) {
		dns_outbox_free(outbox);
		return NULL;
	}
	return outbox;
}

static void empty_line(struct delay_line *line)
{
	while (line->first != NULL) {
		struct delayed *head = take_head(line);

		line->outbox->n_dropped += head->out.is_last;
		free(head);
	}
}

void dns_outbox_drop_delayed(struct dns_outbox *outbox)
{
	empty_line(&outbox->prompt);
	empty_line(&outbox->slow);
}

void dns_outbox_free(struct dns_outbox *outbox)
{
	if (outbox == NULL)
		return;
	dns_outbox_drop_delayed(outbox);
	if (outbox->prompt.timer != NULL)
		event_free(outbox->prompt.timer);
	if (outbox->slow.timer != NULL)
		event_free(outbox->slow.timer);
	free(outbox);
}

uint64_t dns_outbox_answered(const struct dns_outbox *outbox)
{
	return outbox->n_answered;
}

uint64_t dns_outbox_dropped(const struct dns_outbox *outbox)
{
	return outbox->n_dropped;
}
