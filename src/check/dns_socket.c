/* Find a library's socket, and connect it. */
#include "check/dns_socket.h"

#include <errno.h>

#include "loop/loop.h"

struct connecting {
	const struct sockaddr *address;
	socklen_t len;
	int error;
};

/* Whether to go on looking. */
static bool connect_without_peer(int fd, void *arg)
{
	struct connecting *c = arg;
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer), type_len = sizeof(int);
	int type = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_len) != 0 || type != SOCK_DGRAM ||
	    getpeername(fd, (struct sockaddr *)&peer, &len) == 0 || errno != ENOTCONN)
		return true;
	c->error = connect(fd, c->address, c->len) == 0 ? 0 : errno;
	return false;
}

int dns_socket_connect(struct loop *loop, const struct sockaddr *address, socklen_t len)
{
	struct connecting c = {.address = address, .len = len, .error = ENOTSOCK};

	loop_each_fd(loop, connect_without_peer, &c);
	return c.error;
}
