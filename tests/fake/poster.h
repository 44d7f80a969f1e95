/* A poster (fetch/post.h) without a network: posts end when the test says so. Linked in place of
 * the real one. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fetch/post.h"

/* What was asked for; texts are the poster's. */
struct posted {
	struct id id;
	char *url, *body;
	bool is_over; /* ended or cancelled */
};

struct poster *fake_poster_new(void);

/* Hold that of URLs that begin with `prefix`; borrowed. NULL: none. */
void fake_poster_deny(struct poster *poster, const char *prefix);

/* Have posts to the host wait for a place, in what post_is_waiting says. */
void fake_poster_set_waiting(struct poster *poster, bool is_waiting);

size_t fake_poster_n_started(const struct poster *poster); /* in all */
size_t fake_poster_n_open(const struct poster *poster);
/* The post that was started as the i-th, from 0. */
const struct posted *fake_poster_posted(const struct poster *poster, size_t i);

/* End the i-th post. */
void fake_poster_end(struct poster *poster, size_t i, const struct post_outcome *outcome);
void fake_poster_answer(struct poster *poster, size_t i, uint32_t status);
