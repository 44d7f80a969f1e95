/* Files that are being written. They become visible only when they are complete. Where the file
 * system can (ext4, XFS, Btrfs, tmpfs) a draft has no name at all (O_TMPFILE, open(2)), so the
 * kernel removes it if it is given up or the process dies, and publishing it adds one directory
 * entry. Elsewhere it is a file in the sub-folder `.part`, renamed.
 *
 * Thread: any; all of it blocks. One thread at a time for one draft. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct drafts;

/* The drafts of the folder open as `folder`, borrowed until drafts_close: its sub-folder `.part` is
 * made when it is missing. `are_named`: give them names even where they could do without. NULL with
 * errno. */
struct drafts *drafts_open(int folder, bool are_named);
void drafts_close(struct drafts *drafts);

/* Remove what processes before this one left. */
void drafts_clean(const struct drafts *drafts);

enum { DRAFT_NAME_SIZE = 24 };

/* Embedded in its owner. */
struct draft {
	int fd;                     /* owned; -1: not open */
	char name[DRAFT_NAME_SIZE]; /* in `.part`; "": none */
};

void draft_init(struct draft *draft);
/* Give it up unless it was published. A draft that is not open is fine. */
void draft_done(struct draft *draft, const struct drafts *drafts);

/* Each returns 0 or an errno. */

int draft_open(struct draft *draft, struct drafts *drafts); /* fine when it is open already */
/* Let a file that is open as `fd`, which is the draft's from now on, be the draft: it gets a name
 * more. */
void draft_take(struct draft *draft, int fd);
int draft_write(struct draft *draft, const void *bytes, size_t n_bytes);

/* Let the draft, which is open, appear as `name` in the directory `dir` and close it. EEXIST, and
 * the draft is as before: there is such a name and `may_replace` is false. */
int draft_publish(
    struct draft *draft, const struct drafts *drafts, int dir, const char *name, bool may_replace);
