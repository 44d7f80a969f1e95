/* What asks name servers, as the settings, resolv.conf(5) and the hosts file want it, and keeps up
 * with their changes and with those of the network. Thread: loop. */
#pragma once

#include "daemon/conf.h"

struct checker;
struct checker_pool;
struct loop;
struct name_server;
struct offload;
struct policy;
struct resolving;

/* Make the checker with the servers of the settings or else of resolv.conf. NULL: it can't be,
 * which was logged. All are borrowed. */
struct resolving *resolving_new(
    const struct conf *conf, struct loop *loop, struct offload *offload);
void resolving_stop(struct resolving *resolving); /* watch nothing any more; NULL is fine */
void resolving_free(struct resolving *resolving); /* after offload_stop; NULL is fine */

struct checker *resolving_checker(const struct resolving *resolving);

/* As checker_overdue, of all checkers. */
usec_t resolving_overdue(const struct resolving *resolving);

/* The checkers of jobs that bring name servers. */
struct checker_pool *resolving_job_servers(const struct resolving *resolving);

/* Which authorities, and which servers of jobs, may be asked. Borrowed until the next call. */
void resolving_set_policy(struct resolving *resolving, const struct policy *policy);

/* A reload: take up what changed, the files included. */
void resolving_change(struct resolving *resolving);

/* The nth name server of the checker `arg`, for the API; false when there are fewer. */
bool resolving_name_server(size_t nth, struct name_server *ret_server, void *arg);
