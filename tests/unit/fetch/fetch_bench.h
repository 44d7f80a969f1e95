/* A fetcher with its own folder, a web server and name servers that do what the test tells them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "../../fake/dns.h"
#include "../../fake/http.h"
#include "../../fake/runner.h"
#include "base/buf.h"
#include "fetch/fetch.h"
#include "fetch/policy.h"
#include "model/file.h"
#include "place.h"

struct fetch_bench {
	struct place place;
	struct fake_dns *dns;
	struct fake_http *http;
	struct checker *checker;
	struct fetcher *fetcher;
	struct policy *policy;
	struct fetcher_opts opts; /* as bench_start uses them; texts are constant */
	int refusing_fd;          /* bound, but nobody listens there */
};

/* The result of a fetch, with all its texts. */
struct fetched {
	struct fetch_bench *bench;
	struct fetch *fetch; /* NULL once it has ended */
	unsigned n_done, n_saving;
	struct result result;
	char url[256], name[300], detail[300], type[300], final_url[300], country[160];
};

/* Set up all but the fetcher. Names: one.test and other.test are 127.0.0.1, second.test is
 * 127.0.0.2 and then 127.0.0.1, mixed.test is 10.0.0.1 and then 127.0.0.1, private.test
 * is 10.0.0.1; the DNS knows none.test not, fails on servfail.test, and says nothing of
 * silent.test. */
void fetch_bench_begin(struct fetch_bench *b, const struct http_rule *rules);
/* Make the fetcher by `opts`, with a policy that allows 127.0.0.0/8 and all ports. */
void fetch_bench_start(struct fetch_bench *b);
/* Put another policy in place. */
void fetch_bench_allow(
    struct fetch_bench *b, const char *allow, const char *deny, const char *ports);
void fetch_bench_end(struct fetch_bench *b);

/* Add `url` with its `{port}` and `{refused}` filled in. */
void fetch_bench_expand(const struct fetch_bench *b, const char *url, struct buf *ret_text);

/* Start a fetch for job 1. `url` may hold `{port}`, the server's, and `{refused}`, one where nobody
 * listens; the rest of the item is as given. */
void fetch_begin(struct fetch_bench *b, struct fetched *f, const char *url,
    const struct file_item *item, usec_t timeout, uint32_t attempts);
void fetch_wait(struct fetched *f);
/* Both, of a file called `name`, with one attempt. */
void fetch_one(struct fetch_bench *b, struct fetched *f, const char *url, const char *name);

/* See that nothing is left of what was received: no file, no byte counted, nothing in flight. */
void fetch_check_nothing_left(struct fetch_bench *b, const char *row);
/* What job 1 has, as place_list. */
char *fetch_list(struct fetch_bench *b);
/* The value of a metric, by its name and labels as they are exported. */
double fetch_metric(const char *name);
