/* A TCP connection to a server (RFC 7766): kept open while it is used, many questions at a time,
 * each message with its length in front. Inside the engine. Thread: loop. */
#pragma once

#include "dns/private.h"

enum { TCP_MAX_ASKS = 100, TCP_MESSAGE_MAX = 65535 };

/* Whether the server's connection takes another question now. */
bool tcp_has_room(const struct server *s);

/* What is asked on the server's connection, which is made if need be. NULL: that fails at once. */
struct asks *tcp_asks(struct server *s, usec_t now);

/* Send a message on the connection that tcp_asks has just found. False: the connection is gone, and
 * so are its asks. */
bool tcp_send(struct server *s, const uint8_t *message, size_t len) MUST_CHECK;

/* An answer to what was asked at `sent_at` didn't come: a connection that has been silent since is
 * given up. */
void tcp_on_timeout(struct server *s, usec_t sent_at);

void tcp_close(struct server *s); /* its asks are taken off the wire */

/* Cut messages out of a stream. Calls `on_message` for each whole one, until it says false. Returns
 * how many octets are used up; *ret_is_bad is set when a message is shorter than its header. */
typedef bool tcp_message_fn(const uint8_t *message, size_t len, void *arg);
size_t tcp_cut(
    const uint8_t *bytes, size_t len, tcp_message_fn *on_message, void *arg, bool *ret_is_bad);
