/* DNS over HTTPS. As in transfer_options.c, libcurl does nothing of its own accord: it resolves no
 * name, follows no redirect, reads no proxy, password or cookie, and speaks only HTTPS. */
#include "fetch/doh.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "fetch/curl_loop.h"

#define TYPE "application/dns-message"

enum { ANSWER_MAX = 65535, TIMEOUT_MS = 10000, CONNECT_MS = 5000, IDLE_SECONDS = 60, MAX_IDLE = 8 };

/* A question under way, or one to be used again. */
struct request {
	TAILQ_ENTRY(request) link; /* in running or spare */
	struct doh *doh;
	CURL *easy;
	struct dns_carried to;
	struct buf question, answer;
};

TAILQ_HEAD(request_list, request);

struct doh {
	struct dns_carrier carrier;
	struct curl_loop *curl;
	struct curl_slist *headers, *connect_to;
	char *url, *ca_file, *user_agent;
	struct request_list running, spare;
};

static size_t on_body(char *bytes, size_t size, size_t n, void *arg)
{
	struct request *r = arg;

	buf_add(&r->answer, bytes, size * n);
	return r->answer.overflow ? 0 : size * n; /* 0: libcurl ends the transfer */
}

static void set_options(struct request *r)
{
	const struct doh *doh = r->doh;
	CURL *easy = r->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, r);
	curl_restrict(easy, "https", doh->ca_file);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)IDLE_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)TIMEOUT_MS);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_MS);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, doh->user_agent);
	curl_easy_setopt(easy, CURLOPT_URL, doh->url);
	curl_easy_setopt(easy, CURLOPT_CONNECT_TO, doh->connect_to);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, doh->headers);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(easy, CURLOPT_POST, 1L);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE, (long)r->question.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, r->question.data);
}

/* A handle serves one request; see transfer_options.c. */
static void retire(struct request *r)
{
	struct doh *doh = r->doh;

	curl_easy_cleanup(r->easy);
	r->easy = NULL;
	buf_clear(&r->answer);
	TAILQ_REMOVE(&doh->running, r, link);
	TAILQ_INSERT_HEAD(&doh->spare, r, link);
}

static bool is_answer(CURL *easy, CURLcode code)
{
	const char *type = NULL;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &type);
	return code == CURLE_OK && status == 200 && type != NULL &&
	       strncasecmp(type, TYPE, strlen(TYPE)) == 0;
}

static void on_done(CURL *easy, CURLcode code, void *arg)
{
	struct request *r = NULL;

	(void)arg;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
	struct dns_carried to = r->to;
	bool is_good = is_answer(easy, code) && r->answer.len > 0;
	if (is_good)
		dns_carried_answer(&to, (const uint8_t *)r->answer.data, r->answer.len);
	else
		dns_carried_failure(&to);
	retire(r);
}

static struct request *take_request(struct doh *doh)
{
	struct request *r = TAILQ_FIRST(&doh->spare);

	if (r != NULL) {
		TAILQ_REMOVE(&doh->spare, r, link);
	} else {
		r = xcalloc(1, sizeof(*r));
		r->doh = doh;
		buf_init(&r->question, ANSWER_MAX);
		buf_init(&r->answer, ANSWER_MAX);
	}
	TAILQ_INSERT_TAIL(&doh->running, r, link);
	return r;
}

static bool ask(void *arg, const uint8_t *message, size_t len, const struct dns_carried *to)
{
	struct doh *doh = arg;
	struct request *r = take_request(doh);

	r->to = *to;
	buf_clear(&r->question);
	buf_add(&r->question, message, len);
	r->easy = curl_easy_init();
	if (r->easy != NULL)
		set_options(r);
	if (r->easy != NULL && curl_loop_add(doh->curl, r->easy))
		return true;
	retire(r);
	return false;
}

static void free_request(struct request *r)
{
	buf_done(&r->question);
	buf_done(&r->answer);
	free(r);
}

static void free_doh(void *arg)
{
	struct doh *doh = arg;
	struct request *r;

	while ((r = TAILQ_FIRST(&doh->running)) != NULL) {
		curl_loop_remove(doh->curl, r->easy);
		retire(r);
	}
	while ((r = TAILQ_FIRST(&doh->spare)) != NULL) {
		TAILQ_REMOVE(&doh->spare, r, link);
		free_request(r);
	}
	curl_loop_free(doh->curl);
	curl_slist_free_all(doh->headers);
	curl_slist_free_all(doh->connect_to);
	FREE_ALL(doh->url, doh->ca_file, doh->user_agent, doh);
}

const struct dns_carrier *doh_new(const struct doh_opts *opts)
{
	char address[ADDRESS_TEXT_SIZE], connect_to[ADDRESS_TEXT_SIZE + 8];
	struct doh *doh = xcalloc(1, sizeof(*doh));

	TAILQ_INIT(&doh->running);
	TAILQ_INIT(&doh->spare);
	doh->carrier = (struct dns_carrier){.ask = ask, .free = free_doh, .arg = doh};
	doh->url = xstrdup(opts->url);
	doh->user_agent = xstrdup(opts->user_agent);
	doh->ca_file = opts->ca_file != NULL ? xstrdup(opts->ca_file) : NULL;
	address_format(&opts->address, address);
	snprintf(
	    connect_to, sizeof(connect_to), opts->address.is_v6 ? "::[%s]:" : "::%s:", address);
	doh->connect_to = curl_slist_append(NULL, connect_to);
	doh->headers = curl_slist_append(NULL, "Content-Type: " TYPE);
	doh->headers = curl_slist_append(doh->headers, "Accept: " TYPE);
	doh->headers = curl_slist_append(doh->headers, "Expect:");
	doh->curl = curl_loop_new(opts->loop, MAX_IDLE, on_done, doh);
	assert(doh->curl != NULL); /* it lacks nothing but memory */
	return &doh->carrier;
}
