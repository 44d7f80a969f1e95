/* Transfers by libcurl's multi interface in our loop. What is added runs at once: libcurl's own
 * queue is never used, since a transfer that waits there costs time for each that runs and its
 * time-out runs too. Thread: loop. */
#pragma once

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>

struct curl_loop;
struct loop;

/* Keep libcurl from doing anything of its own accord: it speaks these protocols only, takes no
 * password from a URL, follows no redirect, and reads no proxy or .netrc. `ca_file` NULL: the
 * system's bundle. */
void curl_restrict(CURL *easy, const char *protocols, const char *ca_file);

/* Called when a transfer has ended; `easy` is the caller's again. It may add and remove others. */
typedef void curl_loop_fn(CURL *easy, CURLcode code, void *arg);

/* Make one that keeps at most `max_idle` connections to be used again. NULL when the system
 * refuses.
 */
struct curl_loop *curl_loop_new(struct loop *loop, long max_idle, curl_loop_fn *on_done, void *arg);
void curl_loop_free(struct curl_loop *c); /* with no transfer in it; closes its connections */

/* Begin a transfer. False when libcurl refuses. `easy` must stay until on_done or removal. */
bool curl_loop_add(struct curl_loop *c, CURL *easy);
void curl_loop_remove(struct curl_loop *c, CURL *easy); /* ends it, without a call */

/* Note that nothing may come on this new descriptor between transfers: HTTP/1.1 without TLS. */
void curl_loop_expect_silence(struct curl_loop *c, int fd);

/* Note that a request goes out over the connection with this local port now. False when something
 * came on it since the last one: it can't be used. */
bool curl_loop_use(struct curl_loop *c, long local_port);

size_t curl_loop_count(const struct curl_loop *c);
