/* What a connection of libcurl speaks, as it was agreed on with TLS (RFC 7301). Inside the engine.
 * Thread: loop. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>

/* The connection of a transfer that is running. */
struct alpn {
	const void *connection; /* tells it from others; NULL: without TLS, or it can't be told */
	bool is_http2;
};

/* Ask what it is. It can be told where libcurl's TLS is OpenSSL's. */
struct alpn alpn_find(CURL *easy);
