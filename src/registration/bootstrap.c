#include "registration/bootstrap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/random.h"
#include "base/small_file.h"
#include "fetch/exchange.h"
#include "loop/loop.h"
#include "registration/kept_file.h"
#include "wire/json_text.h"
#include "wire/jvalue.h"

enum { MAX_SIZE = 4 << 20 /* bytes; it has 70 kB */ };

static const usec_t day = 24 * 3600 * USEC_PER_SEC, hour = 3600 * USEC_PER_SEC;

struct bootstrap {
	struct bootstrap_opts opts;
	char *url, *path;       /* owned */
	struct kept_file *copy; /* owned */
	char etag[256];         /* of the copy in force, as the header has it; "": none */
	usec_t checked_at;      /* wall; when the source last said what is in force; 0: not yet */
	struct exchange *exchange;
	struct timer next; /* fetch */
	bool is_wanted, is_ready;
	void (*on_ready)(void *arg);
	void *arg;
};

/* --- The copy --- */

/* A header's value that may be sent back: an entity tag (RFC 9110 section 8.8.3). */
static bool is_etag(const char *text)
{
	size_t n = strlen(text);

	if (strncmp(text, "W/", 2) == 0)
		text += 2, n -= 2;
	if (n < 2 || text[0] != '"' || text[n - 1] != '"')
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		if (text[i] <= ' ' || text[i] == '"' || text[i] == '\\' || text[i] >= 0x7f)
			return false;
	}
	return true;
}

static void set_etag(struct bootstrap *b, const char *etag)
{
	if (etag != NULL && strlen(etag) < sizeof(b->etag) && is_etag(etag))
		snprintf(b->etag, sizeof(b->etag), "%s", etag);
	else
		b->etag[0] = '\0';
}

/* The ETag is a member of the copy, so that both are written together. */
static void keep(struct bootstrap *b, struct span text)
{
	const char *brace = memchr(text.bytes, '{', text.len);
	struct buf copy;

	buf_init(&copy, MAX_SIZE + 2 * sizeof(b->etag));
	buf_add_str(&copy, "{\"etag\":");
	json_add_string(&copy, b->etag, strlen(b->etag));
	buf_add_str(&copy, ",");
	buf_add(&copy, brace + 1, text.len - (size_t)(brace + 1 - text.bytes));
	kept_file_put(b->copy, (struct span){copy.data, copy.len});
	buf_done(&copy);
}

static void read_etag(struct bootstrap *b, const struct buf *text)
{
	struct problem fault = {.status = 0};
	struct jvalue root;
	char etag[sizeof(b->etag)];

	if (jvalue_parse(text->data, text->len, &root, &fault)) {
		jvalue_copy(jvalue_find(root, "etag"), etag, sizeof(etag));
		set_etag(b, etag);
	}
	problem_done(&fault);
}

static void read_copy(struct bootstrap *b)
{
	struct buf text, why;
	enum err e;

	buf_init(&text, MAX_SIZE + 2 * sizeof(b->etag));
	buf_init(&why, 1000);
	const char *fault = small_file_read(b->path, false, &text, &e);
	if (fault == NULL &&
	    !registries_load_iana(b->opts.registries, text.data != NULL ? text.data : "", text.len,
		b->opts.allows_http, &why))
		fault = why.data;
	if (fault == NULL)
		read_etag(b, &text);
	else if (e != ERR_IO || errno != ENOENT)
		log_warning("rdap_bootstrap_refused", "file=%s error=%s", log_quote(b->path),
		    log_quote(fault));
	buf_done(&text);
	buf_done(&why);
}

/* --- Fetching --- */

static void set_ready(struct bootstrap *b)
{
	void (*on_ready)(void *arg) = b->on_ready;

	b->is_ready = true;
	b->on_ready = NULL;
	if (on_ready != NULL)
		on_ready(b->arg);
}

static usec_t random_part(usec_t most)
{
	uint64_t number;

	random_bytes(&number, sizeof(number));
	return (usec_t)(number % (uint64_t)most);
}

/* The source has a newer copy, or says that there is none; false, with why: neither. */
static bool take(struct bootstrap *b, const struct exchange_outcome *o, struct buf *why)
{
	struct registries *registries = b->opts.registries;

	if (o->status == 304 && b->etag[0] != '\0')
		return true;
	if (o->status == 200 && !o->is_cut && o->body.len > 0) {
		if (!registries_load_iana(
			registries, o->body.bytes, o->body.len, b->opts.allows_http, why))
			return false;
		set_etag(b, o->etag);
		keep(b, o->body);
		log_info("rdap_bootstrap_loaded", "suffixes=%zu",
		    registries_count(registries, REGISTRY_IANA));
		return true;
	}
	if (o->status > 0)
		buf_addf(why, "status %u%s", (unsigned)o->status, o->is_cut ? ", cut" : "");
	else
		buf_add_str(why, o->detail != NULL ? o->detail : "no answer");
	return false;
}

static void on_answer(const struct exchange_outcome *o, void *arg)
{
	struct bootstrap *b = arg;
	struct buf why;

	b->exchange = NULL;
	buf_init(&why, 1000);
	bool is_taken = take(b, o, &why);
	if (is_taken)
		b->checked_at = clock_wall();
	else
		log_warning("rdap_bootstrap_failed", "url=%s error=%s", log_quote(b->url),
		    log_quote(why.data != NULL ? why.data : ""));
	/* spread over the day's last tenth, so that daemons that started together do not ask
	 * together */
	usec_t pause = is_taken ? day : hour;
	timer_start(&b->next, pause - random_part(pause / 10));
	buf_done(&why);
	set_ready(b);
}

/* The tag of a copy depends on its coding, so all copies are asked for in the same one. */
static bool add_headers(struct buf *headers, void *arg)
{
	const struct bootstrap *b = arg;

	buf_add_str(headers, "Accept-Encoding: identity\n");
	if (b->etag[0] != '\0')
		buf_addf(headers, "If-None-Match: %s\n", b->etag);
	return true;
}

static void fetch(void *arg)
{
	struct bootstrap *b = arg;
	const struct exchange_request request = {
	    .url = b->url, .most_bytes = MAX_SIZE, .add_headers = add_headers};

	b->exchange = exchange_start(b->opts.exchanger, &request, on_answer, b);
}

struct bootstrap *bootstrap_new(const struct bootstrap_opts *opts)
{
	struct bootstrap *b = xcalloc(1, sizeof(*b));

	b->opts = *opts;
	b->url = xstrdup(opts->url);
	b->path = xstrdup(opts->path);
	b->copy = kept_file_new(opts->offload, opts->path, NULL, NULL);
	timer_init(&b->next, opts->loop, fetch, b);
	if (*b->url != '\0')
		read_copy(b);
	b->is_ready = *b->url == '\0' || registries_published_at(opts->registries) > 0;
	return b;
}

void bootstrap_free(struct bootstrap *bootstrap)
{
	if (bootstrap == NULL)
		return;
	timer_cancel(&bootstrap->next);
	if (bootstrap->exchange != NULL)
		exchange_cancel(bootstrap->exchange);
	kept_file_free(bootstrap->copy);
	free(bootstrap->url);
	free(bootstrap->path);
	free(bootstrap);
}

bool bootstrap_is_ready(const struct bootstrap *bootstrap)
{
	return bootstrap->is_ready;
}

void bootstrap_want(struct bootstrap *bootstrap, void (*on_ready)(void *arg), void *arg)
{
	struct bootstrap *b = bootstrap;

	if (!b->is_ready) {
		b->on_ready = on_ready;
		b->arg = arg;
	}
	if (b->is_wanted || *b->url == '\0')
		return;
	b->is_wanted = true;
	timer_start(&b->next, 0);
}

usec_t bootstrap_checked_at(const struct bootstrap *bootstrap)
{
	return bootstrap->checked_at;
}
