/* TLS of the listeners: the files that say who the daemon is and whom it trusts, and the client at
 * the other end of a session. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

struct tls {
	char *cert, *key; /* owned; PEM; NULL: no TLS */
	char *client_ca;  /* owned; PEM; NULL: clients need no certificate */
};

/* Read the files and see that they fit each other; `client_ca` may be empty. The key must not be
 * open to everyone. On an error *ret_why is new text that says which file is wrong and why. ERR_IO:
 * one can't be read; ERR_INVALID: one is wrong. */
enum err tls_load(const char *cert, const char *key, const char *client_ca, struct tls *ret_tls,
    char **ret_why) MUST_CHECK;
void tls_done(struct tls *tls); /* frees the inside; a zeroed one is fine */

/* Present certificate and key, which are copied, in all handshakes from now on; false, and nothing
 * has changed, when GnuTLS refuses them. */
bool tls_present(const struct tls *tls) MUST_CHECK;
void tls_forget(void); /* all of them, when no connection is left */

/* For MHD_OPTION_HTTPS_CERT_CALLBACK: the function that finds what to present. */
void *tls_retriever(void);

/* The versions and ciphers that are spoken, in GnuTLS's words. */
const char *tls_priorities(void);

/* Has the client of a GnuTLS session shown a good certificate of the authority that was set? */
bool tls_client_is_trusted(void *session);

/* Add the subject of its certificate as text; nothing when it has shown none. */
void tls_add_client_name(void *session, struct buf *text);
