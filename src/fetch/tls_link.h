/* State of a connection's TLS that libcurl 7.88 does not check. Private to this
 * room. Thread: loop. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

struct tls_link {
	const void *connection; /* tells it from others; NULL: without TLS, or it can't be told */
	bool is_http2;          /* as it was agreed on (RFC 7301) */
};

/* Ask about the connection of a transfer that is running. It can be told where libcurl's TLS is
 * OpenSSL's. */
struct tls_link tls_link_find(CURL *easy);

/* Whom to tell of connections whose peer has closed them well (close_notify). */
struct tls_link_watch {
	void (*on_closed)(const void *connection, void *arg);
	void *arg;
};

/* Watch the connection that this transfer makes; the watch must outlive it. */
void tls_link_watch(CURL *easy, struct tls_link_watch *watch);
