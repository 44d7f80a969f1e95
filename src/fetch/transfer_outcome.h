/* How a transfer ended, by what libcurl tells of it. Private to this room. Thread: loop. */
#pragma once

#include <curl/curl.h>

#include "fetch/transfer.h"

/* Fill the outcome of a transfer that ended with `code`; `error` is what CURLOPT_ERRORBUFFER got,
 * and must live as long as the outcome. */
void transfer_outcome_fill(
    struct transfer_outcome *o, CURL *easy, CURLcode code, const char *error);
void transfer_outcome_done(struct transfer_outcome *o);
