/* OpenSSL works on the socket itself. Its queue of errors belongs to the thread, so each call
 * begins with an empty one. */
#include "http/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/tls.h"

enum { MAX_PIECE = 1 << 20 }; /* bytes of one call; OpenSSL counts in int */

bool transport_init(struct transport *t, int fd, const struct tls *tls)
{
	*t = (struct transport){.fd = fd};
	if (tls == NULL)
		return true;
	t->ssl = tls_session_new(tls, fd);
	if (t->ssl == NULL)
		close(fd);
	return t->ssl != NULL;
}

void transport_done(struct transport *t)
{
	SSL_free(t->ssl);
	close(t->fd);
	*t = (struct transport){.fd = -1};
}

/* What a call on the socket has brought. */
static ssize_t judge_call(ssize_t n)
{
	if (n >= 0)
		return n;
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? TRANSPORT_WAIT
									 : TRANSPORT_FAILED;
}

/* What a call on the session has brought that moved no bytes. */
static ssize_t judge_session(struct transport *t, int n)
{
	switch (SSL_get_error(t->ssl, n)) {
	case SSL_ERROR_WANT_READ:
		return TRANSPORT_WAIT;
	case SSL_ERROR_WANT_WRITE:
		t->wants_write = true;
		return TRANSPORT_WAIT;
	case SSL_ERROR_ZERO_RETURN:
		return TRANSPORT_END;
	default:
		return TRANSPORT_FAILED;
	}
}

ssize_t transport_read(struct transport *t, void *bytes, size_t max)
{
	t->wants_write = false;
	if (t->ssl == NULL)
		return judge_call(recv(t->fd, bytes, max, MSG_DONTWAIT));
	ERR_clear_error();
	int n = SSL_read(t->ssl, bytes, max < MAX_PIECE ? (int)max : MAX_PIECE);
	return n > 0 ? n : judge_session(t, n);
}

ssize_t transport_write(struct transport *t, const void *bytes, size_t n_bytes)
{
	if (t->ssl == NULL)
		return judge_call(send(t->fd, bytes, n_bytes, MSG_DONTWAIT | MSG_NOSIGNAL));
	ERR_clear_error();
	int n = SSL_write(t->ssl, bytes, n_bytes < MAX_PIECE ? (int)n_bytes : MAX_PIECE);
	if (n > 0)
		return n;
	ssize_t result = judge_session(t, n);
	return result == TRANSPORT_END ? TRANSPORT_FAILED : result;
}

void transport_shut(struct transport *t)
{
	if (t->ssl != NULL && SSL_is_init_finished(t->ssl)) {
		ERR_clear_error();
		SSL_shutdown(t->ssl);
	}
	shutdown(t->fd, SHUT_WR);
}

void transport_break(struct transport *t)
{
	static const struct linger at_once = {.l_onoff = 1};

	setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}
