/* Files being received. Small ones cross to the pool once, with all their bytes; of a larger one a
 * piece is written while the next is gathered, and the sender is held back meanwhile, so that it
 * costs the memory of two pieces however long it is. */
#include "fetch/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "fetch/draft.h"
#include "fetch/folder.h"
#include "fetch/folder_path.h"
#include "loop/offload.h"
#include "model/file_name.h"

enum { PIECE = 128 << 10 };

/* What the pool is asked to do. */
enum step { STEP_PIECE, STEP_SAVE, STEP_CLEAN };

struct sink {
	struct folder *folder;   /* borrowed */
	struct offload *offload; /* borrowed */
	struct id job;
	struct sink_events events;
	struct offload_task task;
	struct buf filling; /* gathered by the loop */
	uint64_t n_reserved;
	int refusal;     /* errno: why no more is taken, for reasons that the loop knows */
	bool is_working; /* the pool has it */
	bool wants_room, is_finishing, is_dropped;
	/* the pool's while it works: */
	enum step step;
	struct buf writing;
	struct draft draft;
	int dir;                    /* owned; of the job, -1: not open */
	EVP_MD_CTX *hash;           /* owned */
	char *name, *second, *made; /* owned */
	struct file_copy copy;      /* its name is owned, its other texts are not there */
	bool is_unchanged;
	bool never_replaces;
	bool has_expected, is_ours; /* is_ours: the name was made by this sink */
	uint64_t n_replaced;        /* bytes of the file that had the name before */
	uint8_t expected[FILE_DIGEST_SIZE];
	struct sink_outcome outcome;
};

static struct sink *sink_of(struct offload_task *task)
{
	return (struct sink *)((char *)task - offsetof(struct sink, task));
}

struct sink *sink_new(struct folder *folder, struct offload *offload, const struct id *job,
    const struct sink_events *events)
{
	struct sink *sink = xcalloc(1, sizeof(*sink));

	sink->folder = folder;
	sink->offload = offload;
	sink->job = *job;
	sink->events = *events;
	sink->dir = -1;
	draft_init(&sink->draft);
	buf_init(&sink->filling, 2 * PIECE);
	buf_init(&sink->writing, 2 * PIECE);
	return sink;
}

/* --- Thread: pool --- */

static bool fail(struct sink *sink, int error)
{
	sink->outcome.result = SINK_FAILED;
	sink->outcome.error = error;
	return false;
}

static bool write_piece(struct sink *sink)
{
	int error = draft_open(&sink->draft, folder_drafts(sink->folder));

	if (error == 0)
		error = draft_write(&sink->draft, sink->writing.data, sink->writing.len);
	return error == 0 || fail(sink, error);
}

static bool digest_piece(struct sink *sink)
{
	if (sink->hash == NULL) {
		sink->hash = EVP_MD_CTX_new();
		if (sink->hash == NULL || EVP_DigestInit_ex(sink->hash, EVP_sha256(), NULL) != 1)
			return fail(sink, ENOMEM);
	}
	return EVP_DigestUpdate(sink->hash, sink->writing.data, sink->writing.len) == 1 ||
	       fail(sink, EIO);
}

/* Yield the digest: of all pieces, or of the only one. */
static bool finish_digest(struct sink *sink)
{
	const char *bytes = sink->writing.data != NULL ? sink->writing.data : "";
	unsigned size = 0;

	if (sink->hash != NULL)
		return digest_piece(sink) &&
		       (EVP_DigestFinal_ex(sink->hash, sink->outcome.digest, &size) == 1 ||
			   fail(sink, EIO));
	return EVP_Digest(bytes, sink->writing.len, sink->outcome.digest, &size, EVP_sha256(),
		   NULL) == 1 ||
	       fail(sink, EIO);
}

/* Say whether the file called `name` has the digest of ours: it is the one that we saved before a
 * crash, or just as good. */
static bool is_same(const struct sink *sink, const char *name)
{
	uint8_t digest[FILE_DIGEST_SIZE], bytes[16384];
	int fd = openat(
	    sink->dir, folder_path_leaf(name), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	EVP_MD_CTX *hash = fd >= 0 ? EVP_MD_CTX_new() : NULL;
	bool good = hash != NULL && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;
	unsigned size = 0;
	ssize_t n = 0;

	while (good && (n = read(fd, bytes, sizeof(bytes))) > 0)
		good = EVP_DigestUpdate(hash, bytes, (size_t)n) == 1;
	good = good && n == 0 && EVP_DigestFinal_ex(hash, digest, &size) == 1;
	EVP_MD_CTX_free(hash);
	if (fd >= 0)
		close(fd);
	return good && memcmp(digest, sink->outcome.digest, sizeof(digest)) == 0;
}

/* Give the file this name; 0 or an errno. */
static int publish(struct sink *sink, const char *name, bool may_replace)
{
	const char *leaf = folder_path_leaf(name);
	struct stat st;

	if (may_replace && fstatat(sink->dir, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode))
		sink->n_replaced = (uint64_t)st.st_size;
	int error =
	    draft_publish(&sink->draft, folder_drafts(sink->folder), sink->dir, leaf, may_replace);
	if (error == 0) {
		sink->outcome.name = name;
		sink->is_ours = true;
	}
	return error;
}

/* Put numbers behind the second name until one is free. */
static int publish_numbered(struct sink *sink)
{
	enum { MOST = 1000 };
	const char *leaf = folder_path_leaf(sink->second), *dot = strrchr(leaf, '.');
	const char *end = dot != NULL && dot != leaf ? dot : leaf + strlen(leaf);
	size_t size = strlen(sink->second) + 16;
	int error = EEXIST;

	for (int i = 1; i <= MOST && error == EEXIST; i++) {
		free(sink->made);
		sink->made = xmalloc(size);
		snprintf(
		    sink->made, size, "%.*s-%d%s", (int)(end - sink->second), sink->second, i, end);
		error = publish(sink, sink->made, false);
	}
	return error;
}

/* The name is what an answer said. A file that was saved under it before a crash stays until the
 * job is removed: it can't be told from another item's. */
static int give_free_name(struct sink *sink)
{
	int error = publish(sink, sink->name, false);

	if (error == EEXIST)
		error = publish(sink, sink->second, false);
	return error == EEXIST ? publish_numbered(sink) : error;
}

/* Names of a job's files are unique: what has this one was saved before a crash that came between
 * the file and the commit of its result, and is replaced. Only that of a country may be another
 * file's. */
static int give_name(struct sink *sink)
{
	const char *name = sink->name;

	if (sink->never_replaces)
		return give_free_name(sink);
	int error = publish(sink, name, false);
	if (error == EEXIST && sink->second != NULL) {
		if (is_same(sink, name)) {
			sink->outcome.name = name;
			sink->n_replaced = sink->n_reserved;
			return 0;
		}
		name = sink->second;
		error = publish(sink, name, false);
	}
	return error == EEXIST ? publish(sink, name, true) : error;
}

/* Where a file has the name of one of its folders, as only names that answers tell may, it goes
 * without folders. */
static void flatten(char *path)
{
	for (; path != NULL && *path != '\0'; path++)
		*path = *path == '/' ? '_' : *path;
}

/* Open the file's folder and let it appear there. The folder may be removed in between, when its
 * last file is. */
static bool settle(struct sink *sink)
{
	enum { MOST = 10 };
	int error = ENOENT;

	for (int i = 0; i < MOST && error == ENOENT; i++) {
		if (sink->dir >= 0)
			close(sink->dir);
		sink->dir = folder_open_place(sink->folder, &sink->job, sink->name, true);
		error = sink->dir >= 0 ? give_name(sink) : errno;
		if (error == ENOTDIR && sink->never_replaces && strchr(sink->name, '/') != NULL) {
			flatten(sink->name);
			flatten(sink->second);
			error = ENOENT;
		}
	}
	return error == 0 || fail(sink, error);
}

/* Open the file of the copy; -1: it is not there any more, or is another one. */
static int open_copy(const struct sink *sink)
{
	const struct file_copy *copy = &sink->copy;
	struct stat st;
	int fd =
	    copy->name.len > 0 ? folder_open_file(sink->folder, &copy->job, copy->name.bytes) : -1;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (uint64_t)st.st_size == copy->n_bytes)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Give the copy's file a name in this job; false when it can't be done. */
static bool link_copy(struct sink *sink)
{
	struct draft own = sink->draft;
	int fd = open_copy(sink);

	if (fd < 0)
		return false;
	draft_take(&sink->draft, fd);
	if (settle(sink)) {
		draft_done(&own, folder_drafts(sink->folder));
		return true;
	}
	draft_done(&sink->draft, folder_drafts(sink->folder));
	sink->draft = own;
	sink->outcome.result = SINK_SAVED;
	return false;
}

static bool is_as_copy(const struct sink *sink)
{
	return sink->copy.name.len > 0 && sink->copy.n_bytes == sink->n_reserved &&
	       memcmp(sink->copy.digest, sink->outcome.digest, sizeof(sink->copy.digest)) == 0;
}

static bool save(struct sink *sink)
{
	if (sink->is_unchanged) {
		memcpy(sink->outcome.digest, sink->copy.digest, sizeof(sink->outcome.digest));
		if (!link_copy(sink))
			sink->outcome.result = SINK_NO_COPY;
		return sink->outcome.result == SINK_SAVED;
	}
	if (!finish_digest(sink))
		return false;
	if (sink->has_expected &&
	    memcmp(sink->expected, sink->outcome.digest, sizeof(sink->expected)) != 0) {
		sink->outcome.result = SINK_BAD_DIGEST;
		return false;
	}
	return (is_as_copy(sink) && link_copy(sink)) || (write_piece(sink) && settle(sink));
}

static void clean_up(struct sink *sink)
{
	draft_done(&sink->draft, folder_drafts(sink->folder));
	if (sink->dir >= 0)
		close(sink->dir);
	sink->dir = -1;
	EVP_MD_CTX_free(sink->hash);
	sink->hash = NULL;
}

static void on_work(struct offload_task *task)
{
	struct sink *sink = sink_of(task);
	bool is_good = sink->outcome.result == SINK_SAVED;

	if (sink->step == STEP_PIECE && is_good)
		is_good = digest_piece(sink) && write_piece(sink);
	else if (sink->step == STEP_SAVE && is_good)
		(void)save(sink);
	if (sink->step != STEP_PIECE || !is_good)
		clean_up(sink);
	buf_clear(&sink->writing);
}

/* --- Thread: loop --- */

static void free_sink(struct sink *sink)
{
	buf_done(&sink->filling);
	buf_done(&sink->writing);
	free((char *)sink->copy.name.bytes);
	FREE_ALL(sink->name, sink->second, sink->made, sink);
}

static void start_step(struct sink *sink, enum step step);

/* Free a sink that was dropped, after the pool has finished with it. */
static void end_dropped(struct sink *sink)
{
	bool is_open = sink->draft.fd >= 0 || sink->dir >= 0 || sink->hash != NULL;

	if (is_open) { /* closing and unlinking are the pool's business too */
		start_step(sink, STEP_CLEAN);
		return;
	}
	if (sink->is_ours) { /* its removal gives back what was set aside */
		folder_release(sink->folder, sink->n_replaced);
		folder_remove_file(sink->folder, &sink->job, sink->outcome.name);
	} else {
		folder_release(sink->folder, sink->n_reserved);
	}
	free_sink(sink);
}

static void end_finished(struct sink *sink)
{
	struct sink_outcome outcome = sink->outcome;

	outcome.n_bytes = sink->n_reserved;
	folder_release(sink->folder, sink->n_replaced);
	if (outcome.result != SINK_SAVED)
		folder_release(sink->folder, sink->n_reserved);
	sink->events.on_done(&outcome, sink->events.arg);
	free_sink(sink);
}

static void on_worked(struct offload_task *task)
{
	struct sink *sink = sink_of(task);

	sink->is_working = false;
	if (sink->is_dropped) {
		end_dropped(sink);
	} else if (sink->is_finishing && sink->step == STEP_SAVE) {
		end_finished(sink);
	} else if (sink->is_finishing) { /* while a piece was being written */
		start_step(sink, STEP_SAVE);
	} else if (sink->wants_room) {
		sink->wants_room = false;
		sink->events.on_room(sink->events.arg);
	}
}

static void start_step(struct sink *sink, enum step step)
{
	struct buf empty = sink->writing;

	sink->step = step;
	sink->writing = sink->filling;
	sink->filling = empty;
	sink->is_working = true;
	sink->task = (struct offload_task){.work = on_work, .done = on_worked};
	offload_submit(sink->offload, &sink->task);
}

void sink_expect(struct sink *sink, uint64_t n_bytes)
{
	if (sink->filling.data == NULL)
		(void)buf_reserve(&sink->filling, n_bytes < PIECE ? (size_t)n_bytes : PIECE);
}

enum sink_state sink_write(struct sink *sink, const char *bytes, size_t n_bytes)
{
	if (!sink->is_working && sink->outcome.result != SINK_SAVED)
		return SINK_FULL;
	if (sink->filling.len + n_bytes > PIECE && sink->filling.len > 0) {
		if (sink->is_working) {
			sink->wants_room = true;
			return SINK_BUSY;
		}
		start_step(sink, STEP_PIECE);
	}
	if (!folder_reserve(sink->folder, n_bytes)) {
		sink->refusal = EDQUOT;
		return SINK_FULL;
	}
	sink->n_reserved += n_bytes;
	buf_add(&sink->filling, bytes, n_bytes);
	return SINK_OPEN;
}

int sink_error(const struct sink *sink)
{
	return sink->refusal != 0 || sink->is_working ? sink->refusal : sink->outcome.error;
}

uint64_t sink_size(const struct sink *sink)
{
	return sink->n_reserved;
}

static void note_copy(struct sink *sink, const struct sink_naming *naming)
{
	const struct file_copy *copy = naming->copy;

	sink->copy = (struct file_copy){.job = copy->job, .n_bytes = copy->n_bytes};
	sink->copy.name = (struct span){xstrndup(copy->name.bytes, copy->name.len), copy->name.len};
	memcpy(sink->copy.digest, copy->digest, sizeof(copy->digest));
	sink->is_unchanged = naming->is_unchanged;
	if (!sink->is_unchanged)
		return;
	if (folder_reserve(sink->folder, copy->n_bytes)) {
		sink->n_reserved = copy->n_bytes;
	} else {
		sink->outcome.result = SINK_FAILED;
		sink->outcome.error = EDQUOT;
	}
}

void sink_finish(struct sink *sink, const struct sink_naming *naming)
{
	sink->name = xstrdup(naming->name);
	sink->second = naming->second != NULL ? xstrdup(naming->second) : NULL;
	sink->never_replaces = naming->never_replaces;
	sink->has_expected = naming->expected_digest != NULL;
	if (sink->has_expected)
		memcpy(sink->expected, naming->expected_digest, sizeof(sink->expected));
	if (naming->copy != NULL)
		note_copy(sink, naming);
	sink->is_finishing = true;
	if (!sink->is_working)
		start_step(sink, STEP_SAVE);
}

void sink_drop(struct sink *sink)
{
	sink->is_dropped = true;
	if (!sink->is_working)
		end_dropped(sink);
}
