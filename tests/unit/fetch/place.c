/* See place.h. */
#include "fetch/folder.h"
#include "place.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../fake/runner.h"
#include "../unit.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/metrics.h"

enum { MAX_PATH = 512, MAX_NAMES = 8192 };

void place_begin(struct place *p, int n_threads)
{
	log_setup(LOG_LEVEL_ERROR, LOG_TEXT);
	*p = (struct place){.loop = loop_new(), .n_threads = n_threads};
	snprintf(p->path, sizeof(p->path), "%.40s/checker-XXXXXX", unit_folder());
	ck_assert_ptr_nonnull(mkdtemp(p->path));
	p->mailbox = mailbox_new(p->loop);
	ck_assert_ptr_nonnull(p->mailbox);
	p->offload = offload_new(p->mailbox, n_threads);
	ck_assert_ptr_nonnull(p->offload);
}

/* A task that is done once every thread of the pool has one: then each is through with what it had.
 */
struct barrier {
	struct offload_task tasks[8];
	pthread_barrier_t all;
	int n_done;
};

static struct barrier barrier;

static void meet(struct offload_task *task)
{
	(void)task;
	pthread_barrier_wait(&barrier.all);
}

static void count_done(struct offload_task *task)
{
	(void)task;
	barrier.n_done++;
}

static bool have_met(void *arg)
{
	return barrier.n_done == ((struct place *)arg)->n_threads;
}

void place_settle(struct place *p)
{
	while (mailbox_deliver(p->mailbox))
		continue;
	if (p->n_threads == 0)
		return;
	barrier.n_done = 0;
	pthread_barrier_init(&barrier.all, NULL, (unsigned)p->n_threads);
	for (int i = 0; i < p->n_threads; i++) {
		barrier.tasks[i] = (struct offload_task){.work = meet, .done = count_done};
		offload_submit(p->offload, &barrier.tasks[i]);
	}
	run_until(p->loop, have_met, p, "the pool");
	pthread_barrier_destroy(&barrier.all);
}

void place_stop(struct place *p)
{
	offload_stop(p->offload);
	p->n_threads = 0;
	while (mailbox_deliver(p->mailbox))
		continue;
}

static int remove_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st, (void)what, (void)ftw;
	return remove(path);
}

void place_end(struct place *p)
{
	place_stop(p);
	offload_free(p->offload);
	mailbox_free(p->mailbox);
	loop_free(p->loop);
	metrics_done();
	nftw(p->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void full_path(const struct place *p, const char *name, char ret_path[static MAX_PATH])
{
	snprintf(ret_path, MAX_PATH, "%s/%s", p->path, name);
}

void place_make_folder(struct place *p, const char *name)
{
	char path[MAX_PATH];

	full_path(p, name, path);
	for (char *s = path + strlen(p->path) + 1; (s = strchr(s, '/')) != NULL; s++) {
		*s = '\0';
		mkdir(path, 0755);
		*s = '/';
	}
	mkdir(path, 0755);
}

void place_write(struct place *p, const char *name, const char *bytes, size_t len)
{
	char path[MAX_PATH], folder[MAX_PATH];

	snprintf(folder, sizeof(folder), "%s", name);
	if (strrchr(folder, '/') != NULL) {
		*strrchr(folder, '/') = '\0';
		place_make_folder(p, folder);
	}
	full_path(p, name, path);
	FILE *f = fopen(path, "we");
	ck_assert_msg(f != NULL, "%s", path);
	ck_assert_uint_eq(fwrite(bytes, 1, len, f), len);
	ck_assert_int_eq(fclose(f), 0);
}

char *place_read(struct place *p, const char *name, size_t *ret_len)
{
	char path[MAX_PATH];
	struct stat st;

	full_path(p, name, path);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || fstat(fd, &st) < 0)
		return NULL;
	char *bytes = xcalloc(1, (size_t)st.st_size + 1);
	ck_assert_int_eq(read(fd, bytes, (size_t)st.st_size), st.st_size);
	close(fd);
	if (ret_len != NULL)
		*ret_len = (size_t)st.st_size;
	return bytes;
}

void place_link(struct place *p, const char *name, const char *target)
{
	char path[MAX_PATH];

	full_path(p, name, path);
	ck_assert_msg(symlink(target, path) == 0, "%s", path);
}

static size_t n_names, prefix_len;
static char *names[MAX_NAMES];

static int note_one(const char *path, const struct stat *st, int what, struct FTW *ftw)
{
	(void)st;
	if (ftw->level == 0)
		return 0;
	ck_assert_uint_lt(n_names, MAX_NAMES);
	char *name = xcalloc(1, strlen(path) + 2);
	snprintf(name, strlen(path) + 2, "%s%s", path + prefix_len, what == FTW_D ? "/" : "");
	names[n_names++] = name;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *place_list(struct place *p, const char *name)
{
	char path[MAX_PATH];
	struct buf text;

	full_path(p, name, path);
	n_names = 0;
	prefix_len = strlen(path) + 1;
	nftw(path, note_one, 16, FTW_PHYS);
	qsort(names, n_names, sizeof(*names), compare);
	buf_init(&text, 1 << 20);
	for (size_t i = 0; i < n_names; i++) {
		buf_addf(&text, "%s%s", i > 0 ? " " : "", names[i]);
		free(names[i]);
	}
	return buf_take(&text, NULL);
}

size_t place_n_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

struct id place_job(unsigned i)
{
	struct id id = {.bytes = {0x01, 0x93, 0xfd, 0x1c, 0xa9, 0xc0, 0x7a, 0xbc, 0x8d, 0xef}};

	id.bytes[15] = (uint8_t)i;
	id.bytes[14] = (uint8_t)(i >> 8);
	return id;
}

const char *place_job_text(unsigned i)
{
	static char text[4][ID_TEXT_SIZE];
	static unsigned next;
	struct id id = place_job(i);

	next = (next + 1) % 4;
	id_format(&id, text[next]);
	return text[next];
}

struct folder *place_open_folder(struct place *p, uint64_t quota)
{
	const struct folder_opts opts = {.path = p->path, .quota = quota, .offload = p->offload};
	struct folder *folder = NULL;

	ck_assert_int_eq(folder_open(&opts, &folder), OK);
	return folder;
}

void place_check_list(struct place *p, const char *name, const char *want)
{
	AUTO_FREE char *got = place_list(p, name);

	ck_assert_str_eq(got, want);
}
