/* Batches of flags: the defaults of the original programs. Thread: any (one at a time). */
#pragma once

#include "jobs/opts.h"
#include "wire/problem.h"

/* Fill in what the client left open: codes of its preset (`pop20` when it gave neither codes nor a
 * preset nor lines), five at a time, 6.1 s. Returns where the flags are, borrowed from `spec` or
 * `opts`; NULL with `p` filled when there is no such server. */
const char *flags_prepare(
    const struct core_opts *opts, struct spec *spec, bool has_lines, struct problem *p);
