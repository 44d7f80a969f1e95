/* The name servers of resolv.conf(5). Thread: loop, at start. */
#pragma once

#include <stddef.h>

#include "base/err.h"
#include "model/result.h"

/* Read at most `max` servers, port 53, into `ret_servers`. Scoped addresses (`fe80::1%eth0`) are
 * passed over. ERR_IO: the file can't be read; ERR_NOT_FOUND: it names no server. */
enum err resolv_conf_load(const char *path, size_t max, struct endpoint *ret_servers, size_t *ret_n)
    MUST_CHECK;
