/* Whether a registered name is for sale, as its holder says in the DNS (RFC 10023): TXT records at
 * `_for-sale.NAME` that begin with `v=FORSALE1;`. What follows is text for people and programs,
 * such as `furi=https://example.com/offer`. Thread: loop. */
#pragma once

#include "base/buf.h"
#include "check/checker.h"

/* Ask. The request says of which name, and for how long. NULL: `_for-sale.NAME` is too long. */
struct check *for_sale_start(
    struct checker *checker, const struct check_request *request, check_fn *on_done, void *arg);

/* Add what the answer says to the facts of a registration. */
void for_sale_read(const struct result *result, struct buf *facts);

/* Read the text of a TXT record as in a zone file, `"one" "two"`, and tell what follows the mark of
 * such a record. Returns its length in `to`, which has room for `size` bytes; -1: it is no such
 * record, or too long. */
int for_sale_parse(const char *text, char *to, size_t size);
