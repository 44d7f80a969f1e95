/* The name servers that a job brings: a value. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/span.h"
#include "model/address.h"

enum { SERVER_SET_MAX = 16, SERVER_SET_PACKED = 384 /* bytes at most */ };

struct server_set {
	size_t n;
	struct endpoint all[SERVER_SET_MAX]; /* each once, in the order given */
};

/* Add `192.0.2.1`, `192.0.2.1:53`, `2001:db8::1` or `[2001:db8::1]:53`; one that is there already
 * is passed over. NULL, or what is wrong with it. */
const char *server_set_add(struct server_set *set, const char *text);

bool server_set_equal(const struct server_set *a, const struct server_set *b);

/* Write it as a tagged field (model/tagged.h), nothing when it is empty; and read it: false when it
 * is damaged. The tag is none of model/check_spec.h, so both can be in the same fields. */
void server_set_pack(const struct server_set *set, struct buf *fields);
bool server_set_unpack(struct span fields, struct server_set *ret_set);
