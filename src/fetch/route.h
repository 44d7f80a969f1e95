/* Where a URL may lead, for all that asks by HTTP. Private to this room. Thread: loop. */
#pragma once

#include "model/address.h"
#include "model/url.h"

struct policy;

/* Return NULL when the policy (NULL: there is none yet) lets the URL be asked for, as far as that
 * can be told without asking the DNS, else why not; static. */
const char *route_judge(const struct policy *policy, const struct url *url);

/* Likewise of an address. */
const char *route_judge_endpoint(const struct policy *policy, const struct endpoint *to);
