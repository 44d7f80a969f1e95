/*
 * A TCP proxy on loopback that adds a delay each way, for measuring what distance costs. What comes
 * is passed on when its time has come, as fast as it can be written: the rate is not limited.
 *
 *     delay_proxy TARGET-PORT DELAY-MS      serves 127.0.0.1 until it is killed
 *     port=N
 *
 * All delays are the same, so that pieces are due in the order of their arrival: one queue serves
 * all connections.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 64 << 10, MOST_HELD = 16 << 20, MAX_EVENTS = 64 };

struct link;

struct piece {
	STAILQ_ENTRY(piece) next;
	struct link *link;
	int64_t due;  /* ns */
	size_t n, at; /* n 0: the end */
	char bytes[];
};

STAILQ_HEAD(pieces, piece);

/* One way of a connection. */
struct way {
	struct link *link;
	int fd;            /* it is read from, and the other way's is written to */
	struct pieces out; /* due, to be written to this descriptor */
	size_t n_held;     /* bytes read here that were not written yet */
	uint32_t mask;
	bool is_over;  /* its end was read */
	bool is_ended; /* the other way's end was written to it */
};

struct link {
	SLIST_ENTRY(link) next; /* in `dead` */
	struct way ways[2];
	unsigned n_queued; /* pieces that point here */
	bool is_dead;
};

static int poll_fd;
static int64_t delay;
static struct pieces queue = STAILQ_HEAD_INITIALIZER(queue);
static SLIST_HEAD(, link) dead = SLIST_HEAD_INITIALIZER(dead);

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static struct way *other(struct way *w)
{
	return w == &w->link->ways[0] ? &w->link->ways[1] : &w->link->ways[0];
}

static void set_mask(struct way *w, uint32_t mask)
{
	struct epoll_event e = {.events = mask, .data.ptr = w};

	if (w->mask != mask)
		epoll_ctl(poll_fd, EPOLL_CTL_MOD, w->fd, &e);
	w->mask = mask;
}

/* Close it; it is freed by reap. */
static void kill_link(struct link *l)
{
	if (l->is_dead)
		return;
	l->is_dead = true;
	SLIST_INSERT_HEAD(&dead, l, next);
	for (int i = 0; i < 2; i++) {
		struct piece *p;
		close(l->ways[i].fd);
		while ((p = STAILQ_FIRST(&l->ways[i].out)) != NULL) {
			STAILQ_REMOVE_HEAD(&l->ways[i].out, next);
			l->n_queued--;
			free(p);
		}
	}
}

static void update(struct way *w)
{
	bool may_read = w->n_held < MOST_HELD && !w->is_over;

	set_mask(w, (may_read ? EPOLLIN : 0) | (STAILQ_EMPTY(&w->out) ? 0 : EPOLLOUT));
}

/* Write what is due; false when the link is dead. */
static bool flush(struct way *w)
{
	struct piece *p;

	while ((p = STAILQ_FIRST(&w->out)) != NULL) {
		ssize_t n = p->n > 0 ? send(w->fd, p->bytes + p->at, p->n - p->at,
					   MSG_NOSIGNAL | MSG_DONTWAIT)
				     : 0;
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0) {
			kill_link(w->link);
			return false;
		}
		p->at += (size_t)n;
		other(w)->n_held -= (size_t)n;
		if (p->at < p->n)
			continue;
		w->is_ended = p->n == 0;
		if (w->is_ended)
			shutdown(w->fd, SHUT_WR);
		STAILQ_REMOVE_HEAD(&w->out, next);
		w->link->n_queued--;
		free(p);
	}
	if (w->is_ended && other(w)->is_ended) {
		kill_link(w->link);
		return false;
	}
	update(w);
	update(other(w));
	return true;
}

/* Read what is there. */
static void take(struct way *w)
{
	static char bytes[PIECE];
	ssize_t n = recv(w->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		kill_link(w->link);
		return;
	}
	struct piece *p = malloc(sizeof(*p) + (size_t)n);
	if (p == NULL)
		abort();
	*p = (struct piece){.link = w->link, .due = now() + delay, .n = (size_t)n};
	memcpy(p->bytes, bytes, (size_t)n);
	p->at = w == &w->link->ways[0]; /* where it goes, until it is due */
	STAILQ_INSERT_TAIL(&queue, p, next);
	w->link->n_queued++;
	w->n_held += (size_t)n;
	w->is_over = n == 0;
	update(w);
}

static void pass_on(void)
{
	int64_t time = now();
	struct piece *p;

	while ((p = STAILQ_FIRST(&queue)) != NULL && p->due <= time) {
		struct link *l = p->link;
		struct way *to = &l->ways[p->at];
		STAILQ_REMOVE_HEAD(&queue, next);
		p->at = 0;
		if (l->is_dead) {
			free(p);
			l->n_queued--;
			continue;
		}
		STAILQ_INSERT_TAIL(&to->out, p, next);
		(void)flush(to);
	}
}

/* Free the dead ones that nothing points to. */
static void reap(void)
{
	struct link *l, *next;

	for (l = SLIST_FIRST(&dead); l != NULL; l = next) {
		next = SLIST_NEXT(l, next);
		if (l->n_queued > 0)
			continue;
		SLIST_REMOVE(&dead, l, link, next);
		free(l);
	}
}

static void add(struct link *l, int i, int fd)
{
	struct way *w = &l->ways[i];
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = w};
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*w = (struct way){.link = l, .fd = fd, .mask = EPOLLIN};
	STAILQ_INIT(&w->out);
	epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e);
}

static void accept_one(int listener, const struct sockaddr_in *target)
{
	int from = accept4(listener, NULL, NULL, SOCK_CLOEXEC),
	    to = from >= 0 ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
	struct link *l = calloc(1, sizeof(*l));

	if (to < 0 || l == NULL ||
	    connect(to, (const struct sockaddr *)target, sizeof(*target)) < 0) {
		if (from >= 0)
			close(from);
		if (to >= 0)
			close(to);
		free(l);
		return;
	}
	add(l, 0, from);
	add(l, 1, to);
}

static void serve(int listener, const struct sockaddr_in *target)
{
	struct epoll_event events[MAX_EVENTS];

	for (;;) {
		const struct piece *first = STAILQ_FIRST(&queue);
		int64_t wait = first != NULL ? first->due - now() : 0;
		struct timespec t = {.tv_sec = wait > 0 ? wait / 1000000000 : 0,
		    .tv_nsec = wait > 0 ? wait % 1000000000 : 0};
		int n = epoll_pwait2(poll_fd, events, MAX_EVENTS, first != NULL ? &t : NULL, NULL);
		for (int i = 0; i < n; i++) {
			struct way *w = events[i].data.ptr;
			if (w == NULL) {
				accept_one(listener, target);
				continue;
			}
			if (w->link->is_dead)
				continue;
			if ((events[i].events & EPOLLOUT) != 0 && !flush(w))
				continue;
			if ((events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 &&
			    !w->is_over)
				take(w);
		}
		pass_on();
		reap();
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
			   target = at;
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct epoll_event e = {.events = EPOLLIN};

	if (argc != 3) {
		fprintf(stderr, "usage: delay_proxy TARGET-PORT DELAY-MS\n");
		return 2;
	}
	target.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	delay = strtol(argv[2], NULL, 10) * 1000000L;
	poll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 1024) < 0 ||
	    getsockname(listener, (struct sockaddr *)&at, &len) < 0 ||
	    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &e) < 0) {
		perror("delay_proxy");
		return 1;
	}
	printf("port=%u\n", ntohs(at.sin_port));
	fflush(stdout);
	serve(listener, &target);
}
