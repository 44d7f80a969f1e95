/* Files: each is asked for until there is an answer that counts, through redirects and retries,
 * within the limits of its host, and saved. One file ends in one result. Thread: loop, except where
 * said.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/id.h"
#include "check/checker.h"

struct fetch;
struct fetcher;
struct loop;
struct offload;
struct policy;

/* Find the name of the country in the text of a flag's metadata.json; false when there is none. */
typedef bool fetch_country_fn(const char *json, size_t len, char *ret_country, size_t size);

struct fetcher_opts {
	struct loop *loop; /* all borrowed for the life of the fetcher; texts only for the call */
	struct offload *offload;
	struct checker *checker;                   /* resolves host names */
	const char *folder, *ca_file, *user_agent; /* ca_file NULL: the system's */
	const char *owner;                         /* of the folder, as folder_opts says */
	fetch_country_fn *find_country;
	unsigned total, per_host; /* transfers at one time */
	unsigned h2_streams;      /* likewise, of a host that speaks HTTP/2 */
	double rate_per_host;     /* requests a second; 0: no limit */
	uint64_t max_bytes;       /* of a file */
	uint64_t quota;           /* of all files; 0: no limit */
	usec_t timeout;           /* of an attempt, when the request doesn't say */
	usec_t connect_timeout;
	uint32_t attempts;  /* when the request doesn't say; at least 1 */
	bool may_downgrade; /* follow redirects from https to http */
	bool syncs;         /* saved files are written to the disk before their results */
};

/* Make a fetcher; ERR_IO: the folder can't be used, errno says why; ERR_BUSY: another daemon uses
 * it; ERR_SYSTEM: libcurl refuses. */
enum err fetcher_new(const struct fetcher_opts *opts, struct fetcher **ret_fetcher) MUST_CHECK;
/* With no fetch under way; after offload_stop and the delivery of what it left. */
void fetcher_free(struct fetcher *fetcher);

/* Take up the numbers of `opts` and whether redirects may downgrade; all else in it is passed over.
 * Transfers that run keep the time-outs that they began with. */
void fetcher_set_limits(struct fetcher *fetcher, const struct fetcher_opts *opts);

/* The policy of targets from now on, borrowed; without one nothing is fetched. */
void fetcher_set_policy(struct fetcher *fetcher, const struct policy *policy);

/* As checker_room, checker_set_on_room and checker_in_flight. There is no room until the folder is
 * counted. */
size_t fetcher_room(struct fetcher *fetcher);
void fetcher_set_on_room(struct fetcher *fetcher, void (*on_room)(void *arg), void *arg);
size_t fetcher_in_flight(const struct fetcher *fetcher);

/* As folder_owner and folder_look. While the folder is not in its place there is no room. */
const char *fetcher_owner(const struct fetcher *fetcher);
void fetcher_look(struct fetcher *fetcher);
bool fetcher_is_there(const struct fetcher *fetcher);

struct fetch_request {
	struct id job; /* whose folder it is saved in */
	uint32_t index;
	const char *item; /* packed (model/file.h); borrowed for the call */
	size_t item_len;
	usec_t timeout;    /* of an attempt; 0: the fetcher's */
	uint32_t attempts; /* 0: the fetcher's */
	/* Called with the `arg` of fetch_start when all was received and only saving is left; at
	 * most once, never after on_done. May start fetches. NULL: not wanted. */
	void (*on_saving)(void *arg);
};

/* As check_start and check_cancel; nothing of a cancelled file stays. */
struct fetch *fetch_start(
    struct fetcher *fetcher, const struct fetch_request *request, check_fn *on_done, void *arg);
void fetch_cancel(struct fetch *fetch);

/* Call `on_removed` when all files of a job that were to be removed are gone. NULL: nobody. */
void fetcher_set_on_removed(
    struct fetcher *fetcher, void (*on_removed)(const struct id *job, void *arg), void *arg);

/* Remove a job's files, or one of them, in the offload pool. */
void fetcher_remove(struct fetcher *fetcher, const struct id *job);
void fetcher_remove_file(struct fetcher *fetcher, const struct id *job, const char *name);

/* Tell, once, which jobs have files; the array is the callee's. Never before it returned. */
typedef void fetcher_jobs_fn(struct id *ids, size_t n, void *arg);
void fetcher_list(struct fetcher *fetcher, fetcher_jobs_fn *on_jobs, void *arg);

/* Have the pool write what was saved to the disk: `on_synced` is called once, never before it
 * returned, with 0 or an errno. False: the fetcher does not sync, and nothing is called. */
typedef void fetcher_synced_fn(int error, void *arg);
bool fetcher_sync(struct fetcher *fetcher, fetcher_synced_fn *on_synced, void *arg);

/* Open a saved file for reading; -1 with errno. Thread: any; it blocks. */
int fetcher_open_file(const struct fetcher *fetcher, const struct id *job, const char *name);
