/* What the DNS engine says, in the words of results; and what it counts, as metrics. Private to
 * this room. Thread: loop. */
#pragma once

#include "dns/engine.h"
#include "dns/stats.h"
#include "model/name_server.h"
#include "model/result.h"

enum rcode dns_outcome_rcode(enum dns_outcome outcome, unsigned rcode);

/* How the lookup ended. */
enum rcode dns_outcome_of(const struct dns_result *result);

/* Add where the chain of CNAMEs leads, as texts (model/records.h). */
void dns_outcome_add_chain(const struct dns_answer *answer, struct buf *texts);

/* The zone whose SOA says that there is nothing: it is the last bytes of the name's text, which has
 * `name_len`. 0: there is none, it is the root, or the name has a CNAME. */
uint8_t dns_outcome_zone(const struct dns_answer *answer, size_t name_len);

/* Why an item ends as an error when this is how the last query ended. */
enum reason dns_outcome_reason(enum rcode rcode);

/* The nth server, for people. */
void dns_outcome_server(const struct dns_engine *engine, size_t i, struct name_server *ret_server);

/* The counters of each server, or of all together when they are many, asked at each scrape; and how
 * its queries ended, counted here. */
struct dns_metrics *dns_metrics_new(struct dns_engine *engine);
void dns_metrics_free(struct dns_metrics *metrics); /* before the engine */

/* Count all tries; NULL for `metrics` counts nothing. */
void dns_metrics_count(struct dns_metrics *metrics, const struct dns_result *result);
