/* libcurl's multi interface and libevent.
 *
 * A descriptor stays registered from one transfer to the next: libcurl lets go of it at a
 * transfer's end, only to ask for it again at the start of the next one on that connection. So its
 * letting go is only noted, and the event is deleted when the descriptor is closed, or when it
 * fires while nobody wants it.
 *
 * libcurl 7.88 takes what a server sends unasked behind an answer for the answer to the next
 * request. So connections of HTTP/1.1 that nobody uses are remembered by their local port, which is
 * what libcurl tells before it uses one again. */
#include "fetch/curl_loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "loop/loop.h"

struct socket {
	struct curl_loop *owner;
	struct event event;
	int fd;
	short mask;     /* for which the event is registered */
	bool wanted;    /* libcurl wants to hear of it */
	bool is_silent; /* nothing may come between transfers */
	bool is_idle;   /* between transfers, and in `idle` */
	long local_port;
	TAILQ_ENTRY(socket) idle;
};

struct curl_loop {
	struct loop *loop;
	CURLM *multi;
	struct socket **sockets; /* owned; by descriptor, NULL: not watched */
	int n_sockets;
	struct event kick; /* a timer that is due at once */
	struct timer timer;
	TAILQ_HEAD(, socket) idle; /* silent ones */
	curl_loop_fn *on_done;
	void *arg;
	size_t n;
};

static void set_idle(struct socket *s, bool is_idle)
{
	if (s->is_idle == is_idle)
		return;
	s->is_idle = is_idle;
	if (is_idle)
		TAILQ_INSERT_HEAD(&s->owner->idle, s, idle);
	else
		TAILQ_REMOVE(&s->owner->idle, s, idle);
}

/* The transfer has ended; its connection may have been kept. */
static void note_idle(struct curl_loop *c, CURL *easy)
{
	curl_socket_t fd = CURL_SOCKET_BAD;

	curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd);
	if (fd < 0 || fd >= c->n_sockets || c->sockets[fd] == NULL || !c->sockets[fd]->is_silent)
		return;
	curl_easy_getinfo(easy, CURLINFO_LOCAL_PORT, &c->sockets[fd]->local_port);
	set_idle(c->sockets[fd], true);
}

static void drain(struct curl_loop *c)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(c->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE)
			continue;
		CURL *easy = message->easy_handle;
		CURLcode code = message->data.result;
		note_idle(c, easy);
		curl_multi_remove_handle(c->multi, easy); /* the message is dead now */
		c->n--;
		c->on_done(easy, code, c->arg);
	}
}

static void act(struct curl_loop *c, curl_socket_t fd, int what)
{
	int running;

	curl_multi_socket_action(c->multi, fd, what, &running);
	drain(c);
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct socket *s = arg;

	if (!s->wanted) { /* the server closed an idle connection: libcurl will see it later */
		event_del(&s->event);
		s->mask = 0;
		return;
	}
	act(s->owner, fd,
	    ((what & EV_READ) != 0 ? CURL_CSELECT_IN : 0) |
		((what & EV_WRITE) != 0 ? CURL_CSELECT_OUT : 0));
}

static struct socket *socket_of(struct curl_loop *c, int fd)
{
	if (fd >= c->n_sockets) {
		int n = fd + 64;
		c->sockets = xrealloc(c->sockets, (size_t)n * sizeof(struct socket *));
		while (c->n_sockets < n)
			c->sockets[c->n_sockets++] = NULL;
	}
	if (c->sockets[fd] == NULL) {
		c->sockets[fd] = xcalloc(1, sizeof(struct socket));
		c->sockets[fd]->owner = c;
		c->sockets[fd]->fd = fd;
	}
	return c->sockets[fd];
}

/* CURLMOPT_SOCKETFUNCTION. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *unused)
{
	struct curl_loop *c = arg;
	struct socket *s = socket_of(c, fd);
	short mask = (short)(((what & CURL_POLL_IN) != 0 ? EV_READ : 0) |
			     ((what & CURL_POLL_OUT) != 0 ? EV_WRITE : 0));

	(void)easy, (void)unused;
	s->wanted = what != CURL_POLL_REMOVE;
	if (!s->wanted || s->mask == mask)
		return 0;
	if (s->mask != 0)
		event_del(&s->event);
	event_assign(
	    &s->event, loop_event_base(c->loop), fd, (short)(mask | EV_PERSIST), on_event, s);
	s->mask = event_add(&s->event, NULL) == 0 ? mask : 0;
	return 0;
}

/* CURLOPT_CLOSESOCKETFUNCTION: connections outlive transfers. */
static int on_close(void *arg, curl_socket_t fd)
{
	struct curl_loop *c = arg;

	if (fd < c->n_sockets && c->sockets[fd] != NULL) {
		set_idle(c->sockets[fd], false);
		if (c->sockets[fd]->mask != 0)
			event_del(&c->sockets[fd]->event);
		free(c->sockets[fd]);
		c->sockets[fd] = NULL;
	}
	return close(fd);
}

static void on_kick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

static void on_time(void *arg)
{
	act(arg, CURL_SOCKET_TIMEOUT, 0);
}

/* CURLMOPT_TIMERFUNCTION: may not call libcurl. */
static int on_timer(CURLM *multi, long msec, void *arg)
{
	struct curl_loop *c = arg;

	(void)multi;
	timer_cancel(&c->timer);
	if (msec == 0)
		event_active(&c->kick, EV_TIMEOUT, 0);
	else if (msec > 0)
		timer_start(&c->timer, (usec_t)msec * USEC_PER_MSEC);
	return 0;
}

struct curl_loop *curl_loop_new(struct loop *loop, long max_idle, curl_loop_fn *on_done, void *arg)
{
	struct curl_loop *c = xcalloc(1, sizeof(*c));

	c->loop = loop;
	TAILQ_INIT(&c->idle);
	c->on_done = on_done;
	c->arg = arg;
	event_assign(&c->kick, loop_event_base(loop), -1, 0, on_kick, c);
	timer_init(&c->timer, loop, on_time, c);
	c->multi = curl_multi_init();
	if (c->multi == NULL) {
		free(c);
		return NULL;
	}
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(c->multi, CURLMOPT_SOCKETDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERFUNCTION, on_timer);
	curl_multi_setopt(c->multi, CURLMOPT_TIMERDATA, c);
	curl_multi_setopt(c->multi, CURLMOPT_MAXCONNECTS, max_idle);
	return c;
}

void curl_loop_free(struct curl_loop *c)
{
	if (c == NULL)
		return;
	curl_multi_cleanup(c->multi); /* closes what is open by on_close */
	event_del(&c->kick);
	timer_cancel(&c->timer);
	for (int i = 0; i < c->n_sockets; i++)
		free(c->sockets[i]);
	free(c->sockets);
	free(c);
}

bool curl_loop_add(struct curl_loop *c, CURL *easy)
{
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
	curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, c);
	if (curl_multi_add_handle(c->multi, easy) != CURLM_OK)
		return false;
	c->n++;
	return true;
}

void curl_loop_remove(struct curl_loop *c, CURL *easy)
{
	curl_multi_remove_handle(c->multi, easy);
	c->n--;
}

void curl_loop_expect_silence(struct curl_loop *c, int fd)
{
	socket_of(c, fd)->is_silent = true;
}

bool curl_loop_use(struct curl_loop *c, long local_port)
{
	struct socket *s, *next;
	bool has_spoken = false;
	char byte;

	for (s = TAILQ_FIRST(&c->idle); s != NULL; s = next) {
		next = TAILQ_NEXT(s, idle);
		if (s->local_port != local_port) /* two may have it, at two addresses */
			continue;
		set_idle(s, false);
		has_spoken = has_spoken || recv(s->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
	}
	return !has_spoken;
}

size_t curl_loop_count(const struct curl_loop *c)
{
	return c->n;
}

void curl_restrict(CURL *easy, const char *protocols, const char *ca_file)
{
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, protocols);
	curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
	/* with a directory of CAs libcurl reads all of them anew for each connection, 42 ms of CPU
	 * time; the bundle alone is cached */
	curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
}
