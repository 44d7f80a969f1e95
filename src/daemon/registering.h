/* The parts that check registrations, as the settings say. Thread: loop. */
#pragma once

#include "base/err.h"
#include "daemon/conf.h"
#include "model/registry_state.h"

struct checker;
struct core_opts;
struct loop;
struct offload;
struct policy;
struct registering;

/* Make them; the lists of suffixes and of registries are read, which blocks. NULL: one can't be
 * read, which is logged. `folder` is that of the database; the copy of the bootstrap is kept there.
 */
struct registering *registering_start(const struct conf *conf, const char *folder,
    struct loop *loop, struct offload *offload, struct checker *checker);
/* After offload_stop and the delivery of what it left; before the checker. */
void registering_stop(struct registering *r);

/* The policy of targets from now on, borrowed. */
void registering_set_policy(struct registering *r, const struct policy *policy);

/* Set what the core needs of it. */
void registering_fill(struct registering *r, struct core_opts *opts);

/* How the servers and the bootstrap stand; `arg` is the struct registering. */
bool registering_host(size_t nth, struct registry_host_state *ret_state, void *arg);
void registering_bootstrap(struct bootstrap_state *ret_state, void *arg);
