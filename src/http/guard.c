/* Checks before a handler runs: host name, web page, token, client certificate. A browser sends
 * requests of any page to any address. A page must not be able to use the name of the daemon
 * (Host), to change anything (Origin, Sec-Fetch-Site, and the content types of POST /jobs), or to
 * read responses (CORS only for api.origins). */
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "http/access.h"
#include "http/request_private.h"
#include "http/tls.h"
#include "base/alloc.h"
#include "base/log.h"

/* The secret of `Authorization: Bearer SECRET`, or NULL. */
static const char *get_secret(const struct request *rq)
{
	static const char scheme[] = "Bearer";
	const char *header = request_header(rq, "Authorization");

	if (header == NULL || strncasecmp(header, scheme, strlen(scheme)) != 0)
		return NULL;
	header += strlen(scheme);
	size_t n_blanks = strspn(header, " ");
	return n_blanks > 0 && header[n_blanks] != '\0' ? header + n_blanks : NULL;
}

/* The WWW-Authenticate header (RFC 6750 section 3). */
static void challenge(struct request *rq, const char *error)
{
	char text[128];

	snprintf(text, sizeof(text), "Bearer realm=\"asyncprobed\"%s%s%s",
	    error != NULL ? ", error=\"" : "", error != NULL ? error : "",
	    error != NULL ? "\"" : "");
	request_add_header(rq, "WWW-Authenticate", text);
}

static void refuse_scope(struct request *rq)
{
	unsigned first = rq->route->scopes & -rq->route->scopes;

	challenge(rq, "insufficient_scope");
	request_refuse(rq, 403, "This request needs a token with the scope %s.", scope_name(first));
}

static void refuse_rate(struct request *rq, struct token *token)
{
	usec_t wait = bucket_wait(&token->bucket, clock_mono());
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)((wait + USEC_PER_SEC - 1) / USEC_PER_SEC));
	request_add_header(rq, "Retry-After", text);
	request_refuse(rq, 429, "Too many requests with this token.");
}

static void check_token(struct request *rq, struct tokens *tokens)
{
	const char *secret = get_secret(rq);
	struct token *token = secret != NULL ? tokens_find(tokens, secret) : NULL;

	if (secret == NULL) {
		challenge(rq, NULL);
		request_refuse(
		    rq, 401, "This request needs a token (Authorization: Bearer TOKEN).");
	} else if (token == NULL) {
		challenge(rq, "invalid_token");
		request_refuse(rq, 401, "Unknown token.");
	} else if (!bucket_take(&token->bucket, clock_mono())) {
		refuse_rate(rq, token);
	} else if (rq->route != NULL && (token->scopes & (rq->route->scopes | SCOPE_ADMIN)) == 0) {
		refuse_scope(rq);
	} else {
		rq->token_name = xstrdup(token->name);
	}
}

/* --- Names and web pages --- */

/* The address that the client connected to. */
static struct address get_local_address(const struct request *rq)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);
	struct endpoint e = {.port = 0};
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (getsockname(rq->client->transport.fd, (struct sockaddr *)&address, &len) == 0)
		(void)endpoint_from_sockaddr((struct sockaddr *)&address, &e);
	if (e.address.is_v6 && memcmp(e.address.bytes, mapped, sizeof(mapped)) == 0) {
		struct address v4 = {.is_v6 = false};
		memcpy(v4.bytes, &e.address.bytes[12], 4);
		return v4;
	}
	return e.address;
}

static void check_host(struct request *rq, const struct access *access)
{
	const char *host = request_header(rq, "Host");

	/* browsers always send it and can't use Unix sockets */
	if (host == NULL || rq->client->share == NULL)
		return;
	struct address local = get_local_address(rq);
	if (!access_allows_host(access, host, &local))
		request_refuse(rq, 421, "Unknown Host header; allowed names are set by api.hosts.");
}

/* TLS accepts clients without a certificate, so that they get an HTTP error here. */
static void check_certificate(struct request *rq)
{
	const struct tls *tls = rq->server->opts.tls;

	if (tls != NULL && tls->asks_clients && rq->client->transport.ssl != NULL &&
	    !tls_client_is_trusted(rq->client->transport.ssl)) {
		request_add_header(rq, "Connection", "close");
		request_refuse(rq, 403,
		    "This request needs a client certificate from an authority in "
		    "api.tls_client_ca.");
	}
}

static bool is_change(const struct request *rq)
{
	return strcmp(rq->method, "GET") != 0 && strcmp(rq->method, "HEAD") != 0 &&
	       strcmp(rq->method, "OPTIONS") != 0;
}

/* What a page may read of an answer, and what it may send: test_hosts.py holds both against the
 * OpenAPI document and the sources. */
static const char answer_headers[] =
    "Accept-Encoding, Accept-Patch, Accept-Post, Accept-Ranges, Allow, Content-Disposition, "
    "Content-Range, ETag, Idempotency-Replayed, Location, Retry-After, WWW-Authenticate";
static const char request_headers[] =
    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, "
    "Last-Event-ID, Range";

/* Add the CORS headers for an allowed origin. */
static void add_cors(struct request *rq, const char *origin)
{
	request_add_header(rq, "Access-Control-Allow-Origin", origin);
	request_add_header(rq, "Access-Control-Expose-Headers", answer_headers);
}

/* Add the methods of all routes, each once. */
static void add_methods(const struct server *server, struct buf *text)
{
	buf_add_str(text, "HEAD");
	for (size_t i = 0; i < server->opts.n_routes; i++) {
		const char *method = server->opts.routes[i].method;
		if (strstr(text->data, method) == NULL) /* no method is part of another */
			buf_addf(text, ", %s", method);
	}
}

/* Answer a CORS preflight request. */
static void answer_preflight(struct request *rq)
{
	struct buf methods;

	buf_init(&methods, 256);
	add_methods(rq->server, &methods);
	request_add_header(rq, "Access-Control-Allow-Methods", methods.data);
	request_add_header(rq, "Access-Control-Allow-Headers", request_headers);
	request_add_header(rq, "Access-Control-Max-Age", "600");
	buf_done(&methods);
	request_respond(rq, 204, NULL, NULL);
}

/* Whether a page of this server sends the request: its origin is the host that it asks. The host
 * must be an allowed one on Unix sockets too: a proxy may pass on any name. A proxy that changes
 * Host hides which page it was, so its origin must be one of api.origins. */
static bool is_own_page(struct request *rq, const struct access *access, const char *origin)
{
	const char *host = request_header(rq, "Host"), *site = request_header(rq, "Sec-Fetch-Site");
	bool is_tls = rq->client->transport.ssl != NULL;
	struct address local = get_local_address(rq);

	if (host == NULL || (site != NULL && strcmp(site, "same-origin") != 0))
		return false;
	if (strncmp(origin, "https://", 8) == 0)
		origin += 8;
	else if (!is_tls && strncmp(origin, "http://", 7) == 0)
		origin += 7;
	else
		return false;
	return strcasecmp(origin, host) == 0 && access_allows_host(access, host, &local);
}

static void check_page(struct request *rq, const struct access *access)
{
	const char *origin = request_header(rq, "Origin"),
		   *site = request_header(rq, "Sec-Fetch-Site");
	bool is_known = origin != NULL && access_allows_origin(access, origin);
	bool is_foreign =
	    site != NULL && strcmp(site, "same-origin") != 0 && strcmp(site, "none") != 0;

	if (access->n_origins > 0)
		request_add_header(rq, "Vary", "Origin");
	if (is_known)
		add_cors(rq, origin);
	if (is_known && strcmp(rq->method, "OPTIONS") == 0)
		answer_preflight(rq);
	else if (is_change(rq) && !is_known && (origin != NULL || is_foreign) &&
		 (origin == NULL || !is_own_page(rq, access, origin)))
		request_refuse(rq, 403,
		    "Requests from web pages are not allowed; allowed origins are set by "
		    "api.origins.");
}

/* --- All together --- */

static void add_certificate(const struct ssl_st *session, struct buf *text)
{
	struct buf name;

	buf_init(&name, 256);
	tls_add_client_name(session, &name);
	if (name.len > 0)
		buf_addf(text, " certificate=%s", log_quote(name.data));
	buf_done(&name);
}

void request_describe_client(const struct request *rq, struct buf *text)
{
	const struct connection *client = rq->client;
	char address[ENDPOINT_TEXT_SIZE];
	struct ucred credentials;
	socklen_t len = sizeof(credentials);

	buf_addf(text, "token=%s peer=", rq->token_name != NULL ? rq->token_name : "-");
	if (client == NULL) {
		buf_add_str(text, "gone");
	} else if (client->share != NULL) {
		endpoint_format(&client->endpoint, address);
		buf_add_str(text, address);
		if (client->transport.ssl != NULL)
			add_certificate(client->transport.ssl, text);
	} else {
		buf_add_str(text, "unix");
		if (getsockopt(client->transport.fd, SOL_SOCKET, SO_PEERCRED, &credentials, &len) ==
		    0)
			buf_addf(text, " uid=%lu", (unsigned long)credentials.uid);
	}
}

/* Log the refusal, with a rate limit. */
static void log_refusal(struct request *rq)
{
	struct buf client;

	if (!bucket_take(&rq->server->refusals, clock_mono()))
		return;
	buf_init(&client, 1024);
	request_describe_client(rq, &client);
	log_info("request_refused", "status=%d method=%s route=%s %s", rq->status,
	    log_quote(rq->method), log_quote(rq->route != NULL ? rq->route->pattern : "unknown"),
	    client.data);
	buf_done(&client);
}

void server_check_access(struct request *rq)
{
	const struct access *access = rq->server->opts.access;
	bool is_open = rq->route != NULL && rq->route->scopes == 0;

	if (access == NULL || is_open)
		return;
	check_certificate(rq);
	if (rq->response == NULL)
		check_host(rq, access);
	if (rq->response == NULL)
		check_page(rq, access);
	if (rq->response == NULL && access->tokens != NULL)
		check_token(rq, access->tokens);
	if (rq->response != NULL && rq->status >= 400)
		log_refusal(rq);
}
