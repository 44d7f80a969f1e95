/* Presets of TLDs for jobs: `popular`, `tech`, `country`, `all`, and those of the operator. `all`
 * has the TLDs under which names can be registered, by the Public Suffix List, the bootstrap and
 * the operator's map; `country` has those of two letters. Thread: loop. */
#pragma once

#include <stdbool.h>

#include "model/spec.h"

struct registries;
struct suffixes;
struct tlds;

/* `path`: of the Public Suffix List, whose TLDs are read, which blocks; NULL: the system's. A list
 * that is compiled, or can't be read, has none to tell. `own`: the
 * operator's presets (registration/tld_lists.h). */
struct tlds *tlds_new(const struct registries *registries, const struct suffixes *suffixes,
    const char *path, const char *own);
void tlds_free(struct tlds *tlds);

/* Add the TLDs of a preset to a list. The operator's take precedence. False: there is none of this
 * name. */
bool tlds_add(const struct tlds *tlds, const char *preset, struct text_list *to);
