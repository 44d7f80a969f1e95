/* TLS of the listeners: certificates, sessions, and the identity of clients. TLS 1.2 and 1.3; only
 * ciphers with forward secrecy and authenticated encryption (RFC 9325). Thread: loop. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct ssl_ctx_st;
struct ssl_st;

struct tls {
	struct ssl_ctx_st *context; /* owned (shared with its sessions); NULL: no TLS */
	bool asks_clients;          /* clients need a certificate of an authority that is trusted */
};

/* Load the files and check that they match; `client_ca` may be empty. The key must not be
 * accessible to others. On an error *ret_why is new text with the file and the reason. ERR_IO: a
 * file can't be read; ERR_INVALID: it is invalid. */
enum err tls_load(const char *cert, const char *key, const char *client_ca, struct tls *ret_tls,
    char **ret_why) MUST_CHECK;
void tls_done(struct tls *tls); /* frees the members; may be zeroed */

/* Say that both present the same certificate, with the same key. */
bool tls_is_same(const struct tls *a, const struct tls *b);

/* Make the server's side of a session over a socket, which stays the caller's; the caller frees it
 * with SSL_free. NULL: no memory. */
struct ssl_st *tls_session_new(const struct tls *tls, int fd);

/* Has the client shown a good certificate of the authority that was set? */
bool tls_client_is_trusted(const struct ssl_st *session);

/* Add the subject of the client's certificate as text (RFC 2253); nothing when it has shown none.
 */
void tls_add_client_name(const struct ssl_st *session, struct buf *text);
