/* A poster without a network. */
#include "poster.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/url.h"

enum { MAX_POSTS = 4096 };

struct post {
	struct poster *poster;
	struct posted *posted;
	post_fn *on_done;
	void *arg;
};

struct poster {
	const char *denied;
	bool is_waiting;
	size_t n_started, n_open;
	struct post *posts[MAX_POSTS]; /* owned; NULL: over */
	struct posted posted[MAX_POSTS];
};

struct poster *fake_poster_new(void)
{
	return xcalloc(1, sizeof(struct poster));
}

void poster_free(struct poster *poster)
{
	ck_assert_msg(poster->n_open == 0, "a post is open");
	for (size_t i = 0; i < poster->n_started; i++) {
		free(poster->posted[i].url);
		free(poster->posted[i].body);
	}
	free(poster);
}

void fake_poster_deny(struct poster *poster, const char *prefix)
{
	poster->denied = prefix;
}

void fake_poster_set_waiting(struct poster *poster, bool is_waiting)
{
	poster->is_waiting = is_waiting;
}

const char *poster_judge(const struct poster *poster, const struct url *url)
{
	bool is_denied = poster->denied != NULL &&
			 strncmp(url->text, poster->denied, strlen(poster->denied)) == 0;

	return is_denied ? "denied by the test" : NULL;
}

struct post *post_start(
    struct poster *poster, const struct post_request *request, post_fn *on_done, void *arg)
{
	ck_assert_uint_lt(poster->n_started, MAX_POSTS);
	struct posted *posted = &poster->posted[poster->n_started];
	struct post *post = xcalloc(1, sizeof(*post));

	*posted = (struct posted){.id = request->id,
	    .url = xstrdup(request->url),
	    .body = xstrndup(request->body.bytes, request->body.len)};
	*post = (struct post){.poster = poster, .posted = posted, .on_done = on_done, .arg = arg};
	poster->posts[poster->n_started++] = post;
	poster->n_open++;
	return post;
}

bool post_is_waiting(const struct post *post)
{
	return post->poster->is_waiting;
}

void post_cancel(struct post *post)
{
	size_t i = (size_t)(post->posted - post->poster->posted);

	post->posted->is_over = true;
	post->poster->posts[i] = NULL;
	post->poster->n_open--;
	free(post);
}

size_t fake_poster_n_started(const struct poster *poster)
{
	return poster->n_started;
}

size_t fake_poster_n_open(const struct poster *poster)
{
	return poster->n_open;
}

const struct posted *fake_poster_posted(const struct poster *poster, size_t i)
{
	ck_assert_uint_lt(i, poster->n_started);
	return &poster->posted[i];
}

void fake_poster_end(struct poster *poster, size_t i, const struct post_outcome *outcome)
{
	ck_assert(i < poster->n_started && poster->posts[i] != NULL);
	struct post post = *poster->posts[i];

	post_cancel(poster->posts[i]);
	post.on_done(outcome, post.arg);
}

void fake_poster_answer(struct poster *poster, size_t i, uint32_t status)
{
	const struct post_outcome o = {.status = status};

	fake_poster_end(poster, i, &o);
}
