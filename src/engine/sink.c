/* Files being received. Small ones cross to the pool once, with all their bytes; of a larger one a
 * piece is written while the next is gathered, and the sender is held back meanwhile, so that it
 * costs the memory of two pieces however long it is. */
#include "engine/sink.h"

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
#include "engine/folder.h"
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
	int dir, fd; /* owned; -1: not open */
	char temp[FOLDER_TEMP_SIZE];
	EVP_MD_CTX *hash; /* owned */
	char *name, *second;
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
	sink->dir = sink->fd = -1;
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

static bool open_temp(struct sink *sink)
{
	if (sink->fd >= 0)
		return true;
	folder_temp_name(sink->folder, sink->temp);
	sink->fd = openat(folder_temp(sink->folder), sink->temp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (sink->fd < 0) {
		sink->temp[0] = '\0';
		return fail(sink, errno);
	}
	return true;
}

static bool write_all(struct sink *sink)
{
	const char *at = sink->writing.data;
	size_t left = sink->writing.len;

	while (left > 0) {
		ssize_t n = write(sink->fd, at, left);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(sink, n < 0 ? errno : EIO);
		at += n;
		left -= (size_t)n;
	}
	return true;
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
	int fd = openat(sink->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
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

/* Give the file a name that is free. EEXIST when it isn't. */
static bool move_to_free(struct sink *sink, const char *name)
{
	int from = folder_temp(sink->folder);
	bool good = renameat2(from, sink->temp, sink->dir, name, RENAME_NOREPLACE) == 0;

	if (!good && errno == EINVAL) /* this file system can't; a link never replaces */
		good = linkat(from, sink->temp, sink->dir, name, 0) == 0 &&
		       unlinkat(from, sink->temp, 0) == 0;
	if (!good)
		return false;
	sink->temp[0] = '\0';
	sink->outcome.name = name;
	sink->is_ours = true;
	return true;
}

/* Names of a job's files are unique: what has this one was saved before a crash that came between
 * the file and the commit of its result. */
static bool move_over(struct sink *sink, const char *name)
{
	struct stat st;

	if (fstatat(sink->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode))
		sink->n_replaced = (uint64_t)st.st_size;
	if (renameat(folder_temp(sink->folder), sink->temp, sink->dir, name) < 0)
		return fail(sink, errno);
	sink->temp[0] = '\0';
	sink->outcome.name = name;
	sink->is_ours = true;
	return true;
}

static bool give_name(struct sink *sink)
{
	if (move_to_free(sink, sink->name))
		return true;
	if (errno != EEXIST)
		return fail(sink, errno);
	if (sink->second == NULL)
		return move_over(sink, sink->name);
	if (!is_same(sink, sink->name))
		return move_to_free(sink, sink->second) || move_over(sink, sink->second);
	sink->outcome.name = sink->name;
	sink->n_replaced = sink->n_reserved;
	return true;
}

static bool save(struct sink *sink)
{
	if (!finish_digest(sink))
		return false;
	if (sink->has_expected &&
	    memcmp(sink->expected, sink->outcome.digest, sizeof(sink->expected)) != 0) {
		sink->outcome.result = SINK_BAD_DIGEST;
		return false;
	}
	if (!open_temp(sink) || !write_all(sink))
		return false;
	int fd = sink->fd;
	sink->fd = -1;
	if (close(fd) < 0) /* some file systems tell only now that the disk is full */
		return fail(sink, errno);
	sink->dir = folder_open_job(sink->folder, &sink->job, true);
	return sink->dir >= 0 ? give_name(sink) : fail(sink, errno);
}

static void clean_up(struct sink *sink)
{
	if (sink->fd >= 0)
		close(sink->fd);
	if (sink->temp[0] != '\0')
		unlinkat(folder_temp(sink->folder), sink->temp, 0);
	if (sink->dir >= 0)
		close(sink->dir);
	sink->fd = sink->dir = -1;
	sink->temp[0] = '\0';
	EVP_MD_CTX_free(sink->hash);
	sink->hash = NULL;
}

static void on_work(struct offload_task *task)
{
	struct sink *sink = sink_of(task);
	bool is_good = sink->outcome.result == SINK_SAVED;

	if (sink->step == STEP_PIECE && is_good)
		is_good = open_temp(sink) && digest_piece(sink) && write_all(sink);
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
	free(sink->name);
	free(sink->second);
	free(sink);
}

static void start_step(struct sink *sink, enum step step);

/* Nobody wants the file any more, and the pool is through with it. */
static void end_dropped(struct sink *sink)
{
	bool is_open = sink->fd >= 0 || sink->dir >= 0 || sink->hash != NULL;

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

void sink_finish(struct sink *sink, const struct sink_naming *naming)
{
	sink->name = xstrdup(naming->name);
	sink->second = naming->second != NULL ? xstrdup(naming->second) : NULL;
	sink->has_expected = naming->expected_digest != NULL;
	if (sink->has_expected)
		memcpy(sink->expected, naming->expected_digest, sizeof(sink->expected));
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
