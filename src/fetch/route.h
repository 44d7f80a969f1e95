/* Where a URL may lead: whether it may be asked for at all, and to which of its host's addresses.
 * Private to this room. Thread: loop. */
#pragma once

#include <stddef.h>

#include "fetch/origin.h"
#include "model/url.h"

struct policy;

/* Return NULL when the policy (NULL: there is none yet) lets the URL be asked for, as far as that
 * can be told without asking the DNS, else why not; static. */
const char *route_judge(const struct policy *policy, const struct url *url);

/* Choose the first address of the ticket's host that the policy allows, beginning behind `skip`
 * that failed. Return NULL, or why there is none; static. */
const char *route_choose(const struct policy *policy, const struct ticket *ticket, uint16_t port,
    size_t skip, struct address *ret_address);
