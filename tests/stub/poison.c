/* Kills the program that it is preloaded into (LD_PRELOAD) when that sends a DNS query or the head
 * of an HTTP request in which one of the words of POISON stands, which are separated by colons. So
 * a test has a daemon that dies from inside at one item. What is sent otherwise, such as answers of
 * the program's own server, passes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static bool has_option(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t size = sizeof(value);

	return getsockopt(fd, SOL_SOCKET, option, &value, &size) == 0 && value == wanted;
}

/* The daemon hands requests of its clients to its own server by Unix sockets. */
static bool is_asking(int fd, const char *bytes, size_t len)
{
	if (has_option(fd, SO_DOMAIN, AF_UNIX))
		return false;
	if (has_option(fd, SO_TYPE, SOCK_DGRAM))
		return true;
	return len > 5 && (memcmp(bytes, "GET /", 5) == 0 || memcmp(bytes, "POST ", 5) == 0);
}

static void look_at(int fd, const void *bytes, size_t len)
{
	const char *word = getenv("POISON");

	if (word == NULL || !is_asking(fd, bytes, len))
		return;
	while (*word != '\0') {
		size_t n = strcspn(word, ":");
		if (n > 0 && memmem(bytes, len, word, n) != NULL)
			kill(getpid(), SIGKILL);
		word += n + (word[n] == ':');
	}
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	ssize_t (*next)(int, const void *, size_t, int) = dlsym(RTLD_NEXT, "send");

	look_at(fd, bytes, len);
	return next(fd, bytes, len, flags);
}

ssize_t sendto(
    int fd, const void *bytes, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
{
	ssize_t (*next)(int, const void *, size_t, int, const struct sockaddr *, socklen_t) =
	    dlsym(RTLD_NEXT, "sendto");

	look_at(fd, bytes, len);
	return next(fd, bytes, len, flags, to, to_len);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	int (*next)(int, struct mmsghdr *, unsigned, int) = dlsym(RTLD_NEXT, "sendmmsg");

	for (unsigned i = 0; i < n; i++) {
		const struct msghdr *m = &messages[i].msg_hdr;
		for (size_t k = 0; k < m->msg_iovlen; k++)
			look_at(fd, m->msg_iov[k].iov_base, m->msg_iov[k].iov_len);
	}
	return next(fd, messages, n, flags);
}
