/* Health checks of servers: what one says of names whose truth is known. Inside the engine.
 *
 * Each server is asked for a name that must exist, and for a random name under `.invalid`, which
 * can't (RFC 6761). One that says otherwise lies: it is rested, and asked the same again until it
 * tells the truth. No name is asked of a server before its first check has ended. When names under
 * another last label than before are asked, and servers are few enough to compare, all of them are
 * asked for that label and for a random name under it: a server that alone denies the label, or
 * alone knows the random name, lies. Thread: loop. */
#pragma once

#include "dns/private.h"

/* Start checking. `known` (copied): a name that exists, or NULL. */
struct health *health_new(struct dns_engine *engine, const struct dns_name *known, usec_t every);
void health_free(struct health *health);

/* Note what is asked. */
void health_on_question(struct health *health, const struct dns_name *name);
