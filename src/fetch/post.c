/* Posts: exchanges that are signed just before they are sent. */
#include "fetch/post.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "base/alloc.h"
#include "base/buf.h"

struct post {
	LIST_ENTRY(post) link;
	struct poster *poster;
	struct exchange *exchange;
	post_fn *on_done;
	void *arg;
	struct id id;
	struct span body;
};

struct poster {
	struct exchanger *exchanger;
	struct signature_keys keys;
	LIST_HEAD(, post) posts;
};

/* The headers of the specification; what is signed is as old as the attempt. */
static bool add_headers(struct buf *b, void *arg)
{
	const struct post *p = arg;
	char id[ID_TEXT_SIZE];
	int64_t now = clock_wall() / USEC_PER_SEC;

	id_format(&p->id, id);
	buf_addf(b,
	    "Content-Type: application/json\nwebhook-id: %s\nwebhook-timestamp: %lld\n"
	    "webhook-signature: ",
	    id, (long long)now);
	bool is_signed = signature_add(b, &p->poster->keys, id, now, p->body.bytes, p->body.len);
	buf_add_char(b, '\n');
	return is_signed;
}

static void on_done(const struct exchange_outcome *o, void *arg)
{
	struct post *p = arg;
	const struct post_outcome outcome = {.status = o->status,
	    .reason = o->reason,
	    .detail = o->detail,
	    .retry_after = o->retry_after};
	post_fn *on_post = p->on_done;
	void *on_post_arg = p->arg;

	LIST_REMOVE(p, link);
	free(p);
	on_post(&outcome, on_post_arg);
}

struct post *post_start(
    struct poster *poster, const struct post_request *request, post_fn *on_post, void *arg)
{
	struct post *p = xcalloc(1, sizeof(*p));
	const struct exchange_request exchange = {
	    .url = request->url, .body = request->body, .add_headers = add_headers};

	p->poster = poster;
	p->on_done = on_post;
	p->arg = arg;
	p->id = request->id;
	p->body = request->body;
	LIST_INSERT_HEAD(&poster->posts, p, link);
	p->exchange = exchange_start(poster->exchanger, &exchange, on_done, p);
	return p;
}

bool post_is_waiting(const struct post *post)
{
	return exchange_is_waiting(post->exchange);
}

void post_cancel(struct post *post)
{
	exchange_cancel(post->exchange);
	LIST_REMOVE(post, link);
	free(post);
}

struct poster *poster_new(const struct exchanger_opts *opts)
{
	struct exchanger *exchanger = exchanger_new(opts);

	if (exchanger == NULL)
		return NULL;
	struct poster *poster = xcalloc(1, sizeof(*poster));
	poster->exchanger = exchanger;
	LIST_INIT(&poster->posts);
	return poster;
}

void poster_free(struct poster *poster)
{
	if (poster == NULL)
		return;
	while (!LIST_EMPTY(&poster->posts))
		post_cancel(LIST_FIRST(&poster->posts));
	exchanger_free(poster->exchanger);
	signature_keys_done(&poster->keys);
	free(poster);
}

void poster_set_timeout(struct poster *poster, usec_t timeout)
{
	exchanger_set_timeout(poster->exchanger, timeout);
}

void poster_set_policy(struct poster *poster, const struct policy *policy)
{
	exchanger_set_policy(poster->exchanger, policy);
}

void poster_set_keys(struct poster *poster, const struct signature_keys *keys)
{
	poster->keys = *keys;
}

bool poster_is_ready(const struct poster *poster)
{
	return exchanger_has_policy(poster->exchanger) && poster->keys.n > 0;
}

const char *poster_judge(const struct poster *poster, const struct url *url)
{
	return exchanger_judge(poster->exchanger, url);
}
