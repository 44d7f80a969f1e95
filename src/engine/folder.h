/* The folder in which downloads are saved: one sub-folder a job, called by its id. Every path is
 * made of that id and a name that file_name_is_safe accepts, opened beneath a descriptor of the
 * folder and never through a link. Counts how many bytes it holds against a quota. Thread: loop,
 * except where said. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/id.h"

struct drafts;
struct folder;
struct offload;

struct folder_opts {
	const char *path; /* borrowed for the call; made when its parent exists */
	uint64_t quota;   /* bytes in all; 0: no limit */
	struct offload *offload;
	bool has_named_drafts; /* as drafts_open says */
	/* Called once, not before folder_open returned: what is in it is counted. NULL: nobody. */
	void (*on_counted)(void *arg);
	void *arg;
};

/* Open the folder. ERR_IO: it can't be made or opened, errno says why. What is in it is counted,
 * and what a crash left half-written is removed, in the offload pool. */
enum err folder_open(const struct folder_opts *opts, struct folder **ret_folder) MUST_CHECK;
/* After offload_stop and the delivery of what it left. */
void folder_close(struct folder *folder);

/* Say whether what is in it is counted. What is written before may be counted twice. */
bool folder_is_counted(const struct folder *folder);

/* Set bytes aside before they are written; false when that is past the quota. */
bool folder_reserve(struct folder *folder, uint64_t n_bytes);
void folder_release(struct folder *folder, uint64_t n_bytes);

/* Change the quota; what is there already stays. */
void folder_set_quota(struct folder *folder, uint64_t quota);

/* Remove a job's files, or one of them, and the job's sub-folder once it is empty. Done in the
 * pool; failures are left to the next start. */
void folder_remove_job(struct folder *folder, const struct id *job);
void folder_remove_file(struct folder *folder, const struct id *job, const char *name);

/* Call `on_ids` with the jobs that have a sub-folder, once, so that those of forgotten jobs can be
 * removed; the array is the callee's. Never before it returned. */
typedef void folder_ids_fn(struct id *ids, size_t n, void *arg);
void folder_list(struct folder *folder, folder_ids_fn *on_ids, void *arg);

/* --- Thread: any; they block --- */

/* Open the sub-folder of a job, made when `may_make`; -1 with errno. */
int folder_open_job(const struct folder *folder, const struct id *job, bool may_make);

/* Open a saved file for reading; -1 with errno. */
int folder_open_file(const struct folder *folder, const struct id *job, const char *name);

/* Where its files are until they are whole; borrowed. */
struct drafts *folder_drafts(const struct folder *folder);

double folder_used(const struct folder *folder);
