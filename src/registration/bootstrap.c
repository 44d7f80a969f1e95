#include "registration/bootstrap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/random.h"
#include "base/small_file.h"
#include "fetch/exchange.h"
#include "loop/loop.h"
#include "loop/offload.h"

enum { MAX_SIZE = 4 << 20 /* bytes; it has 70 kB */ };

static const usec_t day = 24 * 3600 * USEC_PER_SEC, hour = 3600 * USEC_PER_SEC;

/* A copy on its way to the disk. */
struct copy {
	struct offload_task task;
	struct bootstrap *bootstrap;
	char *path, *text; /* owned */
	size_t len;
	int error; /* errno; 0: it is written */
};

struct bootstrap {
	struct bootstrap_opts opts;
	char *url, *path; /* owned */
	struct exchange *exchange;
	struct copy *copy; /* being written, or NULL */
	struct timer next; /* fetch */
	bool is_wanted, is_ready;
	void (*on_ready)(void *arg);
	void *arg;
};

/* --- The copy --- */

static void read_copy(struct bootstrap *b)
{
	struct buf text, why;
	enum err e;

	buf_init(&text, MAX_SIZE);
	buf_init(&why, 1000);
	const char *fault = small_file_read(b->path, false, &text, &e);
	if (fault == NULL &&
	    !registries_load_iana(b->opts.registries, text.data != NULL ? text.data : "", text.len,
		b->opts.allows_http, &why))
		fault = why.data;
	if (fault != NULL && (e != ERR_IO || errno != ENOENT))
		log_warning("rdap_bootstrap_refused", "file=%s error=%s", log_quote(b->path),
		    log_quote(fault));
	buf_done(&text);
	buf_done(&why);
}

/* Thread: pool. */
static void write_copy(struct offload_task *task)
{
	struct copy *copy = (struct copy *)task;
	char draft[4096];
	int n = snprintf(draft, sizeof(draft), "%s.new", copy->path);
	int fd = n > 0 && (size_t)n < sizeof(draft)
		     ? open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640)
		     : -1;
	size_t at = 0;

	copy->error = fd < 0 ? errno : 0;
	while (copy->error == 0 && at < copy->len) {
		ssize_t n_written = write(fd, copy->text + at, copy->len - at);
		if (n_written < 0)
			copy->error = errno;
		else
			at += (size_t)n_written;
	}
	if (copy->error == 0 && (fsync(fd) != 0 || rename(draft, copy->path) != 0))
		copy->error = errno;
	if (fd >= 0)
		close(fd);
}

static void on_written(struct offload_task *task)
{
	struct copy *copy = (struct copy *)task;

	if (copy->error != 0)
		log_warning("rdap_bootstrap_not_kept", "file=%s error=%s", log_quote(copy->path),
		    log_quote(strerror(copy->error)));
	copy->bootstrap->copy = NULL;
	free(copy->path);
	free(copy->text);
	free(copy);
}

static void keep(struct bootstrap *b, struct span text)
{
	if (b->copy != NULL)
		return;
	struct copy *copy = b->copy = xcalloc(1, sizeof(*copy));
	copy->bootstrap = b;
	copy->path = xstrdup(b->path);
	copy->text = xmalloc(text.len);
	copy->len = text.len;
	memcpy(copy->text, text.bytes, text.len);
	copy->task.work = write_copy;
	copy->task.done = on_written;
	offload_submit(b->opts.offload, &copy->task);
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

static void on_answer(const struct exchange_outcome *o, void *arg)
{
	struct bootstrap *b = arg;
	struct buf why;
	bool is_taken = false;

	b->exchange = NULL;
	buf_init(&why, 1000);
	if (o->status == 200 && !o->is_cut)
		is_taken = registries_load_iana(b->opts.registries,
		    o->body.bytes != NULL ? o->body.bytes : "", o->body.len, b->opts.allows_http,
		    &why);
	else if (o->status > 0)
		buf_addf(&why, "status %u%s", (unsigned)o->status, o->is_cut ? ", cut" : "");
	else
		buf_add_str(&why, o->detail != NULL ? o->detail : "no answer");
	if (is_taken) {
		keep(b, o->body);
		log_info("rdap_bootstrap_loaded", "suffixes=%zu",
		    registries_count(b->opts.registries, REGISTRY_IANA));
	} else {
		log_warning("rdap_bootstrap_failed", "url=%s error=%s", log_quote(b->url),
		    log_quote(why.data != NULL ? why.data : ""));
	}
	/* spread over the day's last tenth, so that daemons that started together do not ask
	 * together */
	timer_start(&b->next, is_taken ? day - random_part(day / 10) : hour);
	buf_done(&why);
	set_ready(b);
}

static void fetch(void *arg)
{
	struct bootstrap *b = arg;
	const struct exchange_request request = {.url = b->url, .most_bytes = MAX_SIZE};

	b->exchange = exchange_start(b->opts.exchanger, &request, on_answer, b);
}

struct bootstrap *bootstrap_new(const struct bootstrap_opts *opts)
{
	struct bootstrap *b = xcalloc(1, sizeof(*b));

	b->opts = *opts;
	b->url = xstrdup(opts->url);
	b->path = xstrdup(opts->path);
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
