/* The folder in which downloads are saved: one sub-folder a job, called by its id. Every path is
 * made of that id and a path that file_path_is_safe accepts, opened beneath a descriptor of the
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
	/* Whose files these are, as a line of text; borrowed for the call. A folder that has no
	 * mark yet gets this one. NULL: marks are not looked at. */
	const char *owner;
	uint64_t quota; /* bytes in all; 0: no limit */
	struct offload *offload;
	bool has_named_drafts; /* as drafts_open says */
	/* Called once, not before folder_open returned: what is in it is counted; and whenever it
	 * is in its place again. NULL: nobody. */
	void (*on_counted)(void *arg);
	void *arg;
};

/* Open the folder, and lock it for as long as it is open. ERR_IO: it can't be made or opened, errno
 * says why; ERR_BUSY: another process has it. What is in it is counted, and what a crash left
 * half-written is removed if the mark is ours, in the offload pool. */
enum err folder_open(const struct folder_opts *opts, struct folder **ret_folder) MUST_CHECK;
/* After offload_stop and the delivery of what it left. */
void folder_close(struct folder *folder);

/* Whose mark the folder has, when it is not ours; NULL: it is. Borrowed. */
const char *folder_owner(const struct folder *folder);

/* Have the pool look whether the folder is still in its place; folder_is_there says so from then
 * on. When it was moved or replaced, what is saved would not be found again. */
void folder_look(struct folder *folder);
bool folder_is_there(const struct folder *folder);

/* Say whether what is in it is counted. What is written before may be counted twice. */
bool folder_is_counted(const struct folder *folder);

/* Set bytes aside before they are written; false when that is past the quota. */
bool folder_reserve(struct folder *folder, uint64_t n_bytes);
void folder_release(struct folder *folder, uint64_t n_bytes);

/* Change the quota; what is there already stays. */
void folder_set_quota(struct folder *folder, uint64_t quota);

/* Call `on_removed` for each job of folder_remove_job whose sub-folder is gone. */
void folder_set_on_removed(
    struct folder *folder, void (*on_removed)(const struct id *job, void *arg), void *arg);

/* Remove a job's files, or one of them, and the job's sub-folder once it is empty. Done in the
 * pool; failures are left to the next start. */
void folder_remove_job(struct folder *folder, const struct id *job);
void folder_remove_file(struct folder *folder, const struct id *job, const char *name);

/* Call `on_ids` with the jobs that have a sub-folder, once, so that those of forgotten jobs can be
 * removed; the array is the callee's. Never before it returned. */
typedef void folder_ids_fn(struct id *ids, size_t n, void *arg);
void folder_list(struct folder *folder, folder_ids_fn *on_ids, void *arg);

int folder_fd(const struct folder *folder); /* borrowed */

/* --- Thread: any; they block --- */

/* Open the sub-folder of a job, made when `may_make`; -1 with errno. */
int folder_open_job(const struct folder *folder, const struct id *job, bool may_make);

/* Open the folder of a job's file, those that are missing made when `may_make`; -1 with errno. */
int folder_open_place(
    const struct folder *folder, const struct id *job, const char *path, bool may_make);

/* Open a saved file for reading; -1 with errno. */
int folder_open_file(const struct folder *folder, const struct id *job, const char *path);

/* Where its files are until they are whole; borrowed. */
struct drafts *folder_drafts(const struct folder *folder);

double folder_used(const struct folder *folder);
