/* What fetches files, as the settings want it: the fetcher, the policy of targets, the servers of
 * flags. Thread: loop. */
#pragma once

#include "core/core.h"
#include "daemon/conf.h"
#include "fetch/fetch.h"
#include "fetch/policy.h"

enum { FETCHING_MAX_SERVERS = 64 };

struct fetching {
	struct fetcher *fetcher; /* owned */
	struct policy *policy;   /* owned; NULL until the listeners are known */
	struct flag_set *flags;  /* owned; those in force first, behind them those of before */
};

/* The servers of flags as one reading of the settings has them. They live as long as the daemon:
 * submissions under way borrow them. */
struct flag_set {
	struct flag_set *older;
	struct flag_server servers[FETCHING_MAX_SERVERS];
	char *texts[FETCHING_MAX_SERVERS]; /* owned; what `servers` borrow from */
	size_t n_servers;
};

/* Make the fetcher and read the servers; logs why it fails. `folder` is the one beside the
 * database, for the default of downloads.dir; `store` says which database that is. */
enum err fetching_start(struct fetching *f, const struct conf *conf, const char *folder,
    const struct id *store, struct loop *loop, struct offload *offload, struct checker *checker)
    MUST_CHECK;

/* Let it begin: now it is known where this daemon listens, and so what it may not connect to. */
void fetching_allow(struct fetching *f, const struct conf *conf, const struct endpoint *listeners,
    size_t n_listeners);

/* Take up changed settings, but not where files are and whom to trust; true when the servers of
 * flags are others now. */
bool fetching_change(struct fetching *f, const struct conf *conf);

void fetching_stop(struct fetching *f); /* a zeroed one is fine */
