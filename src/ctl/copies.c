/* Copies of files. Each of N_SLOTS slots holds one file from its request to its end:
 *
 *	free --(a name)--> running --(complete)--> renamed: free
 *	                    |   ^
 *	   (no answer, 503) |   | (pause ends)
 *	                    v   |
 *	                   waiting --(no attempt left)--> failed: free
 *
 * A file is written under a temporary name and renamed when it is complete. Nothing is synced, as
 * the daemon keeps the file as long as the job. Thread: main. */
#include "ctl/copies.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "ctl/answer.h"
#include "ctl/backoff.h"
#include "ctl/message.h"
#include "ctl/raw.h"
#include "ctl/sum.h"
#include "model/file_name.h"

enum { N_SLOTS = 8, MAX_PATH_BYTES = 4096, TEMPORARY_SIZE = 64, NAME_SIZE = 256 };

#define MAX_SILENCE (60 * USEC_PER_SEC)

struct queued {
	STAILQ_ENTRY(queued) link; /* in copies->queue */
	char *name, *sha256;       /* owned; sha256 NULL: not known */
	uint64_t n_bytes;
};

struct slot {
	struct copies *copies; /* borrowed: its owner */
	char *name, *sha256;   /* owned; name NULL: the slot is free; sha256 NULL: not known */
	uint64_t n_bytes;
	const char *leaf; /* borrowed from name: behind its folders */
	int folder;       /* owned; where it is; -1: not open */
	char temporary[TEMPORARY_SIZE];
	int file;               /* -1: none */
	int why;                /* errno of the write that failed */
	struct http_call *call; /* owned; NULL: waiting */
	struct backoff backoff;
};

struct copies {
	struct http *http; /* borrowed */
	const char *id;    /* borrowed */
	copies_message_fn *on_message;
	void *arg;
	int folder; /* owned */
	STAILQ_HEAD(, queued) queue;
	size_t n_left;
	unsigned n_started; /* for the temporary names */
	bool has_failed;
	struct slot slots[N_SLOTS];
};

/* --- The folder --- */

/* Create the parent folders. Errors show when the last folder is opened. */
static void make_parents(const char *path)
{
	AUTO_FREE char *part = xstrdup(path);

	for (char *slash = part; (slash = strchr(slash + 1, '/')) != NULL;) {
		*slash = '\0';
		(void)mkdir(part, 0777);
		*slash = '/';
	}
}

static int open_folder(const char *path)
{
	int folder = -1;

	if (*path != '\0')
		make_parents(path);
	if (mkdir(path, 0777) == 0 || errno == EEXIST)
		folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		message_error("%s: %s", path, strerror(errno));
	return folder;
}

struct copies *copies_new(struct http *http, const char *path)
{
	int folder = open_folder(path);

	if (folder < 0)
		return NULL;
	struct copies *c = xcalloc(1, sizeof(*c));
	c->http = http;
	c->folder = folder;
	STAILQ_INIT(&c->queue);
	for (int i = 0; i < N_SLOTS; i++)
		c->slots[i] = (struct slot){.copies = c, .file = -1, .folder = -1};
	return c;
}

void copies_set_job(struct copies *c, const char *id, copies_message_fn *on_message, void *arg)
{
	c->id = id;
	c->on_message = on_message;
	c->arg = arg;
}

/* --- A slot --- */

/* Close and remove an incomplete file. */
static void drop_file(struct slot *s)
{
	if (s->file < 0)
		return;
	close(s->file);
	s->file = -1;
	(void)unlinkat(s->folder, s->temporary, 0);
}

static void free_slot(struct slot *s)
{
	drop_file(s);
	if (s->folder >= 0)
		close(s->folder);
	s->folder = -1;
	http_call_free(TAKE(s->call));
	free(TAKE(s->name));
	free(TAKE(s->sha256));
	s->copies->n_left--;
}

static void fail(struct slot *s, const char *why)
{
	struct copies *c = s->copies;

	c->on_message(c->arg);
	message_error("%s: %s", s->name, why);
	c->has_failed = true;
	free_slot(s);
}

static bool on_bytes(const char *bytes, size_t n_bytes, void *arg)
{
	struct slot *s = arg;

	if (raw_save(s->file, bytes, n_bytes))
		return true;
	s->why = errno;
	return false;
}

/* Say whether a path is one that the daemon makes: a file below this folder, not hidden, without
 * characters that are unsafe to show. */
static bool is_plain_path(const char *name)
{
	size_t len = strlen(name), n_visible = 0;

	while (n_visible < len && utf8_unsafe_length(name + n_visible, len - n_visible) == 0)
		n_visible += utf8_length(name + n_visible, len - n_visible);
	return file_path_is_safe(name) && n_visible == len;
}

/* Open the folder of the file, with those on its way; false with errno. */
static bool open_place(struct slot *s)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	char part[NAME_SIZE];

	if (s->folder >= 0)
		return true;
	s->leaf = s->name;
	s->folder = fcntl(s->copies->folder, F_DUPFD_CLOEXEC, 0);
	for (const char *slash; s->folder >= 0 && (slash = strchr(s->leaf, '/')) != NULL;
	     s->leaf = slash + 1) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - s->leaf), s->leaf);
		int above = s->folder, why;
		if (mkdirat(above, part, 0777) == 0 || errno == EEXIST)
			s->folder = openat(above, part, flags);
		else
			s->folder = -1;
		why = errno;
		close(above);
		errno = why;
	}
	return s->folder >= 0;
}

/* Say whether the file is there already, as the daemon has it. */
static bool is_there(const struct slot *s)
{
	struct stat st;
	int fd = s->sha256 != NULL
		     ? openat(s->folder, s->leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
		     : -1;

	if (fd < 0)
		return false;
	bool is_same = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		       (uint64_t)st.st_size == s->n_bytes && sum_matches(fd, s->sha256);
	close(fd);
	return is_same;
}

static bool open_temporary(struct slot *s)
{
	snprintf(s->temporary, sizeof(s->temporary), ".asyncprobectl-%ld-%u", (long)getpid(),
	    s->copies->n_started++);
	s->file = openat(
	    s->folder, s->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	return s->file >= 0;
}

static void request_file(struct slot *s)
{
	struct buf path;

	buf_init(&path, MAX_PATH_BYTES);
	buf_addf(&path, "/jobs/%s/files/", s->copies->id);
	http_add_segment(&path, s->name);
	s->why = 0;
	s->call = http_start(s->copies->http, &(struct http_request){.method = "GET",
						  .path = path.data,
						  .on_body = on_bytes,
						  .arg = s,
						  .max_silence = MAX_SILENCE});
	buf_done(&path);
}

static void start(struct slot *s)
{
	if (!is_plain_path(s->name))
		fail(s, "not saved: invalid file name");
	else if (!open_place(s))
		fail(s, strerror(errno));
	else if (is_there(s))
		free_slot(s);
	else if (!open_temporary(s))
		fail(s, strerror(errno));
	else
		request_file(s);
}

static void keep_file(struct slot *s)
{
	int folder = s->folder, file = s->file;

	s->file = -1;
	if (close(file) == 0 && renameat(folder, s->temporary, folder, s->leaf) == 0) {
		free_slot(s);
		return;
	}
	int why = errno;
	(void)unlinkat(folder, s->temporary, 0);
	fail(s, strerror(why));
}

static void end(struct slot *s)
{
	struct copies *c = s->copies;
	const struct http_answer *answer = http_call_answer(s->call);

	if (answer->outcome == HTTP_ANSWERED && answer->status == 200) {
		keep_file(s);
	} else if (answer->outcome == HTTP_STOPPED) {
		fail(s, strerror(s->why));
	} else if (answer_is_temporary(answer) && backoff_next(&s->backoff)) {
		drop_file(s);
		http_call_free(TAKE(s->call));
	} else {
		c->on_message(c->arg);
		(void)answer_check(answer, s->name);
		c->has_failed = true;
		free_slot(s);
	}
}

/* --- All copies --- */

void copies_add(struct copies *c, const char *name, uint64_t n_bytes, const char *sha256)
{
	struct queued *q = xcalloc(1, sizeof(*q));

	q->name = xstrdup(name);
	q->sha256 = sha256 != NULL ? xstrdup(sha256) : NULL;
	q->n_bytes = n_bytes;
	STAILQ_INSERT_TAIL(&c->queue, q, link);
	c->n_left++;
}

static bool take_queued(struct slot *s)
{
	struct queued *q = STAILQ_FIRST(&s->copies->queue);

	if (q == NULL)
		return false;
	STAILQ_REMOVE_HEAD(&s->copies->queue, link);
	s->name = TAKE(q->name);
	s->sha256 = TAKE(q->sha256);
	s->n_bytes = q->n_bytes;
	s->backoff = (struct backoff){0};
	free(q);
	return true;
}

void copies_move(struct copies *c)
{
	for (int i = 0; i < N_SLOTS; i++) {
		struct slot *s = &c->slots[i];
		if (s->call != NULL && http_call_answer(s->call) != NULL)
			end(s);
		bool is_due = s->name != NULL && s->call == NULL && backoff_is_due(&s->backoff);
		if (is_due || (s->name == NULL && take_queued(s)))
			start(s);
	}
}

size_t copies_n_left(const struct copies *c)
{
	return c->n_left;
}

bool copies_has_failed(const struct copies *c)
{
	return c->has_failed;
}

void copies_free(struct copies *c)
{
	if (c == NULL)
		return;
	for (int i = 0; i < N_SLOTS; i++) {
		if (c->slots[i].name != NULL)
			free_slot(&c->slots[i]);
	}
	while (!STAILQ_EMPTY(&c->queue)) {
		struct queued *q = STAILQ_FIRST(&c->queue);
		STAILQ_REMOVE_HEAD(&c->queue, link);
		FREE_ALL(q->name, q->sha256, q);
	}
	close(c->folder);
	free(c);
}
