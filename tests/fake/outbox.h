/* The outbox of the fake store (store.h). Thread: loop. */
#pragma once

#include <stdbool.h>

#include "store/store_op.h"

enum { FAKE_MAX_POSTS = 4096 };

struct fake_post {
	const char *host; /* static */
	usec_t created_at, due;
	uint32_t attempts;
	bool is_over;
};

struct fake_outbox {
	size_t n;
	struct fake_post posts[FAKE_MAX_POSTS];
};

/* Add a row for the URL http://HOST/; its number is what is returned, from 1 on. */
int64_t fake_outbox_add(struct fake_outbox *outbox, const char *host, usec_t created_at);

size_t fake_outbox_n_left(const struct fake_outbox *outbox);

/* The verbs. */
void fake_outbox_read(const struct fake_outbox *outbox, struct store_op *op);
void fake_outbox_settle(struct fake_outbox *outbox, const struct store_op *op);
void fake_outbox_free(struct stored_outbox *read); /* the inside */
