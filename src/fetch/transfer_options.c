/* HTTP requests. Every option that keeps libcurl from doing something of its own accord is set
 * here or by curl_restrict: it resolves no name, follows no redirect, reads no proxy, password or
 * cookie, and speaks only HTTP.
 *
 * Between two requests nothing is kept but connections, and the CAs that were read. A handle serves
 * one request, since libcurl 7.88 keeps pointers into the headers of the one before, the challenges
 * of its server, and TLS sessions. Cookies, HSTS, Alt-Svc and pushes of HTTP/2 are off unless they
 * are asked for. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "fetch/transfer_private.h"

enum { STALL_SECONDS = 30 };

static void set_common(struct transfer *t)
{
	const struct transfers *transfers = t->transfers;
	CURL *easy = t->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
	curl_restrict(easy, "http,https", transfers->ca_file);
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, 60L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, (long)STALL_SECONDS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, transfers->user_agent);
}

static struct curl_slist *list_headers(struct curl_slist *list, struct span headers)
{
	while (headers.len > 0) {
		const char *end = memchr(headers.bytes, '\n', headers.len);
		size_t len = end != NULL ? (size_t)(end - headers.bytes) : headers.len;
		AUTO_FREE char *line = xstrndup(headers.bytes, len);
		list = curl_slist_append(list, line);
		len += end != NULL;
		headers.bytes += len;
		headers.len -= len;
	}
	return list;
}

/* GET, or POST with its body. */
static void set_method(struct transfer *t, const struct transfer_request *rq)
{
	if (rq->body.bytes == NULL)
		return;
	/* send the body at once, without waiting for 100 (Continue) */
	t->headers = curl_slist_append(t->headers, "Expect:");
	curl_easy_setopt(t->easy, CURLOPT_POST, 1L);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)rq->body.len);
	curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, rq->body.bytes);
}

/* A text alone libcurl would take apart, and put together again: that costs 4 % of a small file. */
static void set_url(struct transfer *t, const char *text)
{
	t->url = curl_url();
	if (t->url != NULL && curl_url_set(t->url, CURLUPART_URL, text, 0) == CURLUE_OK)
		curl_easy_setopt(t->easy, CURLOPT_CURLU, t->url);
	curl_easy_setopt(t->easy, CURLOPT_URL, text);
}

void transfer_set_options(struct transfer *t, const struct transfer_request *rq)
{
	char address[ADDRESS_TEXT_SIZE], connect_to[ADDRESS_TEXT_SIZE + 8];
	long timeout_ms = (long)(rq->timeout / USEC_PER_MSEC),
	     connect_ms = (long)(t->transfers->opts.connect_timeout / USEC_PER_MSEC);

	set_common(t);
	/* any host and port of the URL are looked for at this address, same port: libcurl resolves
	 * nothing, while Host header, SNI and the check of the certificate keep the URL's host */
	address_format(&rq->address, address);
	snprintf(connect_to, sizeof(connect_to), rq->address.is_v6 ? "::[%s]:" : "::%s:", address);
	t->connect_to = curl_slist_append(NULL, connect_to);
	t->headers = list_headers(list_headers(NULL, rq->headers), rq->more);
	if (rq->is_decoded)
		curl_easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "");
	else /* as a header line: with its option libcurl would decode the body */
		t->headers = curl_slist_append(t->headers, "Accept-Encoding: identity");
	set_method(t, rq);
	set_url(t, rq->url->text);
	curl_easy_setopt(t->easy, CURLOPT_CONNECT_TO, t->connect_to);
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->headers);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, timeout_ms > 0 ? timeout_ms : 1);
	curl_easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    connect_ms < timeout_ms && connect_ms > 0 ? connect_ms : timeout_ms);
	curl_easy_setopt(t->easy, CURLOPT_FORBID_REUSE, rq->keeps_connection ? 0L : 1L);
	/* sharing a connection, and waiting for one to share, makes sense where HTTP/2 can be
	 * spoken */
	curl_easy_setopt(t->easy, CURLOPT_HTTP_VERSION,
	    rq->url->is_tls ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(t->easy, CURLOPT_PIPEWAIT, rq->url->is_tls ? 1L : 0L);
	if (rq->url->is_tls)
		tls_link_watch(t->easy, &t->transfers->watch);
}
