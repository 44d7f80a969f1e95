/* HTTP with libcurl's multi interface, which no other file uses. Proxies of the environment are
 * ignored, as the daemon usually listens on this machine. What an answer may take in memory is
 * bounded, its head too. Thread: main. */
#include "ctl/http.h"

#include "config.h"

#include <assert.h>
#include <curl/curl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

enum { CONNECT_SECONDS = 10, PLAIN_SECONDS = 60, KEEPALIVE_SECONDS = 30 };
enum { MAX_PATH_BYTES = 1 << 20, MAX_HEAD_BYTES = 1 << 18 };

struct http {
	CURLM *multi;               /* owned */
	char *base;                 /* owned; URL without a slash at its end */
	char *socket_path;          /* owned; NULL: TCP */
	char *token;                /* owned; NULL: none */
	const char *ca_file, *cert; /* borrowed; NULL: none */
};

struct http_call {
	struct http *http;          /* borrowed */
	CURL *easy;                 /* owned; in http->multi */
	struct curl_slist *headers; /* owned */
	http_body_fn *on_body;
	http_read_fn *read_body;
	void *arg;
	size_t n_head_bytes; /* received, with informational answers and trailers */
	bool is_stopped, is_done;
	char why[CURL_ERROR_SIZE];
	struct http_answer answer;
};

/* --- The daemon's address --- */

static bool is_url(const char *text)
{
	CURLU *url = curl_url();
	bool is_http = strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0;
	bool is_good = is_http && curl_url_set(url, CURLUPART_URL, text, 0) == CURLUE_OK;

	curl_url_cleanup(url);
	return is_good;
}

struct http *http_new(const char *url)
{
	bool is_unix = strncmp(url, "unix:", 5) == 0;
	struct buf base;

	if (is_unix && url[5] != '/')
		return NULL;
	buf_init(&base, MAX_PATH_BYTES);
	if (is_unix)
		buf_add_str(&base, "http://localhost");
	else
		buf_addf(&base, "%s%s", strstr(url, "://") == NULL ? "http://" : "", url);
	while (base.len > 0 && base.data[base.len - 1] == '/')
		base.data[--base.len] = '\0';
	if (base.len == 0 || !is_url(base.data)) {
		buf_done(&base);
		return NULL;
	}
	struct http *http = xcalloc(1, sizeof(*http));
	http->base = buf_take(&base, NULL);
	http->socket_path = is_unix ? xstrdup(url + 5) : NULL;
	http->multi = curl_multi_init();
	assert(http->multi != NULL);
	return http;
}

void http_free(struct http *http)
{
	if (http == NULL)
		return;
	curl_multi_cleanup(http->multi);
	FREE_ALL(http->base, http->socket_path, http->token, http);
}

bool http_set_token(struct http *http, const char *token)
{
	if (*token == '\0')
		return false;
	for (const char *c = token; *c != '\0'; c++) {
		if (*c <= ' ' || *c == 0x7f) /* not allowed in a header */
			return false;
	}
	free(http->token);
	http->token = xstrdup(token);
	return true;
}

void http_set_tls(struct http *http, const char *ca_file, const char *cert)
{
	http->ca_file = ca_file;
	http->cert = cert;
}

/* All bytes are encoded but those that RFC 3986 section 2.3 does not reserve, and the comma. */
void http_add_segment(struct buf *path, const char *segment)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~,";

	buf_add_percent(path, segment, plain);
}

void http_add_query(struct buf *path, const char *name, const char *value)
{
	bool is_first = path->data == NULL || strchr(path->data, '?') == NULL;

	buf_addf(path, "%c%s=", is_first ? '?' : '&', name);
	http_add_segment(path, value);
}

/* --- A call --- */

static size_t on_write(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	long status = 0;

	(void)size; /* always 1 */
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	if (call->on_body != NULL && status == 200) {
		call->is_stopped = !call->on_body(bytes, n, call->arg);
		return call->is_stopped ? CURL_WRITEFUNC_ERROR : n;
	}
	buf_add(&call->answer.body, bytes, n);
	return call->answer.body.overflow ? CURL_WRITEFUNC_ERROR : n;
}

/* libcurl keeps all headers for curl_easy_header, however many there are. */
static size_t on_header(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;

	(void)bytes;
	call->n_head_bytes += size * n;
	return call->n_head_bytes <= MAX_HEAD_BYTES ? size * n : 0;
}

static size_t on_read(char *bytes, size_t size, size_t n, void *arg)
{
	struct http_call *call = arg;
	ssize_t got = call->read_body(bytes, size * n, call->arg);

	call->is_stopped = got < 0;
	return got < 0 ? CURL_READFUNC_ABORT : (size_t)got;
}

/* Add a header, `Name: ` and its value, unless that is NULL. */
static void add_header(struct http_call *call, const char *name, const char *value)
{
	struct buf line;

	if (value == NULL)
		return;
	buf_init(&line, MAX_PATH_BYTES);
	buf_addf(&line, "%s%s", name, value);
	struct curl_slist *headers = curl_slist_append(call->headers, line.data);
	assert(headers != NULL);
	call->headers = headers;
	buf_done(&line);
}

static void set_method(struct http_call *call, const struct http_request *request)
{
	CURL *easy = call->easy;

	if (strcmp(request->method, "POST") != 0)
		curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method);
	if (strcmp(request->method, "POST") != 0 && strcmp(request->method, "PATCH") != 0)
		return;
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	if (request->read_body != NULL) {
		add_header(call, "Transfer-Encoding: ", "chunked");
		curl_easy_setopt(easy, CURLOPT_READFUNCTION, on_read);
		curl_easy_setopt(easy, CURLOPT_READDATA, call);
	} else {
		curl_easy_setopt(
		    easy, CURLOPT_POSTFIELDS, request->body != NULL ? request->body : "");
		curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body_len);
	}
}

static void set_common(struct http_call *call, const struct http_request *request)
{
	CURL *easy = call->easy;
	bool is_plain =
	    call->on_body == NULL && call->read_body == NULL && request->max_silence == 0;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->why);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "asyncprobectl/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	/* what the daemon speaks; else libcurl 7.88 would share a connection with two calls when an
	 * answer pretends to be of HTTP/2 */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, call->http->socket_path);
	if (call->http->ca_file != NULL)
		curl_easy_setopt(easy, CURLOPT_CAINFO, call->http->ca_file);
	if (call->http->cert != NULL)
		curl_easy_setopt(easy, CURLOPT_SSLCERT, call->http->cert);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, is_plain ? (long)PLAIN_SECONDS : 0L);
	/* notice a peer that vanished; a stream has no other time limit */
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_SECONDS / 3);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, call);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_write);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
}

struct http_call *http_start(struct http *http, const struct http_request *request)
{
	struct http_call *call = xcalloc(1, sizeof(*call));
	struct buf url;

	call->http = http;
	call->on_body = request->on_body;
	call->read_body = request->read_body;
	call->arg = request->arg;
	buf_init(&call->answer.body, HTTP_MAX_ANSWER);
	call->easy = curl_easy_init();
	assert(call->easy != NULL);
	set_common(call, request);
	set_method(call, request);
	if (request->max_silence > 0) {
		curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(call->easy, CURLOPT_LOW_SPEED_TIME,
		    (long)(request->max_silence / USEC_PER_SEC));
	}
	add_header(call, "Content-Type: ", request->content_type);
	add_header(call, "Idempotency-Key: ", request->idempotency_key);
	add_header(call, "If-Match: ", request->if_match);
	add_header(call, "Authorization: Bearer ", http->token);
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers);
	buf_init(&url, SIZE_MAX / 2);
	buf_addf(&url, "%s%s", http->base, request->path);
	curl_easy_setopt(call->easy, CURLOPT_URL, url.data);
	buf_done(&url);
	curl_multi_add_handle(http->multi, call->easy);
	return call;
}

void http_call_free(struct http_call *call)
{
	if (call == NULL)
		return;
	curl_multi_remove_handle(call->http->multi, call->easy);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	buf_done(&call->answer.body);
	free(call);
}

const struct http_answer *http_call_answer(const struct http_call *call)
{
	return call->is_done ? &call->answer : NULL;
}

void http_call_hold(struct http_call *call, bool is_held)
{
	curl_easy_pause(call->easy, is_held ? CURLPAUSE_RECV : CURLPAUSE_CONT);
}

static void keep_etag(struct http_call *call)
{
	struct curl_header *header;

	if (curl_easy_header(call->easy, "ETag", 0, CURLH_HEADER, -1, &header) == CURLHE_OK &&
	    strlen(header->value) < HTTP_ETAG_SIZE)
		memcpy(call->answer.etag, header->value, strlen(header->value) + 1);
}

static void finish(struct http_call *call, CURLcode result)
{
	struct http_answer *answer = &call->answer;
	const char *why = call->why[0] != '\0' ? call->why : curl_easy_strerror(result);
	long status = 0;

	if (answer->body.overflow || call->n_head_bytes > MAX_HEAD_BYTES)
		why = "the answer is too large";
	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	answer->status = (int)status;
	/* the daemon may refuse a request, and close, before it has the whole body */
	if (call->is_stopped)
		answer->outcome = HTTP_STOPPED;
	else if (result == CURLE_OK || status >= 400)
		answer->outcome = HTTP_ANSWERED;
	else
		answer->outcome = HTTP_NO_ANSWER;
	snprintf(answer->error, sizeof(answer->error), "%s", why);
	keep_etag(call);
	call->is_done = true;
}

/* --- Progress of calls --- */

void http_wait(struct http *http, usec_t longest)
{
	int n_running, n_left;
	const CURLMsg *message;

	curl_multi_perform(http->multi, &n_running);
	message = curl_multi_info_read(http->multi, &n_left);
	if (message == NULL) {
		curl_multi_poll(http->multi, NULL, 0, (int)(longest / USEC_PER_MSEC), NULL);
		curl_multi_perform(http->multi, &n_running);
		message = curl_multi_info_read(http->multi, &n_left);
	}
	for (; message != NULL; message = curl_multi_info_read(http->multi, &n_left)) {
		char *call = NULL;
		curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
		finish((struct http_call *)(void *)call, message->data.result);
	}
}

struct http_call *http_run(struct http *http, const struct http_request *request)
{
	struct http_call *call = http_start(http, request);

	while (!call->is_done)
		http_wait(http, USEC_PER_SEC);
	return call;
}
