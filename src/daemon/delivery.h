/* What delivers callbacks, as the settings want it: the keys, the poster, the worker of the outbox.
 * Thread: loop. */
#pragma once

#include <stdbool.h>

#include "base/err.h"
#include "callbacks/callbacks.h"
#include "daemon/conf.h"

struct checker;
struct loop;
struct policy;
struct poster;
struct store;
struct suspects;

struct delivery {
	struct poster *poster;       /* owned */
	struct callbacks *callbacks; /* owned */
	const char *folder;          /* borrowed; beside the database */
};

/* Make the parts; logs why it fails. Nothing is delivered yet. */
enum err delivery_start(struct delivery *d, const struct conf *conf, const char *folder,
    struct loop *loop, struct checker *checker, struct store *store, struct suspects *suspects)
    MUST_CHECK;

/* Take the keys, and with a policy, which is borrowed, let it begin. False when the keys can't be
 * taken: that was logged, and those of before, if any, stay. To be called again by a reload, and
 * whenever there is another policy. */
bool delivery_allow(struct delivery *d, const struct conf *conf, const struct policy *policy);

/* Begin no more. */
void delivery_drain(struct delivery *d);

/* Something is under way. */
bool delivery_is_busy(const struct delivery *d);

void delivery_stop(struct delivery *d); /* a zeroed one is fine */
