/* The folder of downloads: what is opened, counted and removed. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../fake/runner.h"
#include "base/alloc.h"
#include "fetch/folder.h"
#include "place.h"

enum { MANY_ROUNDS = 100 }; /* of deliveries: after so many nothing may be left to do */

static const struct {
	const char *name;
	int n_threads;
} pools[] = {{"in this thread", 0}, {"in two threads", 2}};

/* Let what was begun be done; the pool works in this thread. */
static void settle(struct place *p)
{
	for (int n = 0; mailbox_deliver(p->mailbox); n++)
		ck_assert_msg(n < MANY_ROUNDS, "work without end");
}

static char *in_job(unsigned i, const char *name)
{
	static char text[4][128];
	static unsigned next;

	next = (next + 1) % 4;
	snprintf(text[next], sizeof(text[next]), "%s/%s", place_job_text(i), name);
	return text[next];
}

TEST(a_path_that_is_no_folder)
{
	char path[128];
	struct place p;
	struct folder *folder = NULL;
	struct folder_opts opts = {.path = path};

	place_begin(&p, 0);
	opts.offload = p.offload;
	place_write(&p, "file", "x", 1);
	snprintf(path, sizeof(path), "%s/file", p.path);
	ck_assert_int_eq(folder_open(&opts, &folder), ERR_IO);
	ck_assert_int_eq(errno, ENOTDIR);
	snprintf(path, sizeof(path), "%s/none/folder", p.path);
	ck_assert_int_eq(folder_open(&opts, &folder), ERR_IO);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_ptr_null(folder);
	folder_close(NULL);
	place_end(&p);
}

TEST(is_made_when_its_parent_is_there)
{
	char path[128];
	struct place p;
	struct folder *folder;
	struct folder_opts opts = {.path = path};

	place_begin(&p, 0);
	opts.offload = p.offload;
	snprintf(path, sizeof(path), "%s/new", p.path);
	ck_assert_int_eq(folder_open(&opts, &folder), OK);
	settle(&p);
	place_check_list(&p, ".", "new/ new/.part/");
	folder_close(folder);
	place_end(&p);
}

/* What stands where a job's folder, or its file, should be is neither followed nor opened. */
TEST(nothing_is_followed)
{
	struct place p;
	struct id link = place_job(1), file = place_job(2), good = place_job(3);

	place_begin(&p, 0);
	place_write(&p, "elsewhere/secret", "secret", 6);
	place_link(&p, place_job_text(1), "elsewhere");
	place_write(&p, place_job_text(2), "x", 1);
	place_write(&p, in_job(3, "a.gif"), "gif", 3);
	place_link(&p, in_job(3, "link"), "../elsewhere/secret");
	place_link(&p, in_job(3, "nowhere"), "none");
	place_make_folder(&p, in_job(3, "folder"));
	char fifo[256];
	snprintf(fifo, sizeof(fifo), "%s/%s", p.path, in_job(3, "fifo"));
	ck_assert_int_eq(mkfifo(fifo, 0644), 0);
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	for (int may_make = 0; may_make < 2; may_make++) {
		ck_assert_int_eq(folder_open_job(folder, &link, may_make), -1);
		ck_assert_int_eq(folder_open_job(folder, &file, may_make), -1);
	}
	ck_assert_int_eq(folder_open_file(folder, &link, "secret"), -1);
	ck_assert_int_eq(folder_open_file(folder, &good, "link"), -1);
	ck_assert_int_eq(folder_open_file(folder, &good, "nowhere"), -1);
	ck_assert_int_eq(folder_open_file(folder, &good, "folder"), -1);
	ck_assert_int_eq(folder_open_file(folder, &good, "fifo"), -1);
	int fd = folder_open_file(folder, &good, "a.gif");
	ck_assert_int_ge(fd, 0);
	close(fd);
	/* nor does removal go there */
	folder_remove_job(folder, &link);
	folder_remove_file(folder, &link, "secret");
	settle(&p);
	place_check_list(&p, "elsewhere", "secret");
	folder_close(folder);
	place_end(&p);
}

static const char *const unsafe[] = {
    "", ".", "..", "../a.gif", "./a.gif", "a.gif/", "/etc/passwd", ".part-1", "a\n", "a\xff"};

TEST(names_that_are_no_name_open_nothing)
{
	struct id job = place_job(1);
	struct place p;

	place_begin(&p, 0);
	place_write(&p, in_job(1, "a.gif"), "gif", 3);
	place_write(&p, in_job(1, ".part-1"), "gif", 3);
	place_write(&p, "a.gif", "gif", 3);
	struct folder *folder = place_open_folder(&p, 0);
	errno = 0;
	ck_assert_msg(folder_open_file(folder, &job, unsafe[_i]) == -1, "%s", unsafe[_i]);
	ck_assert_msg(errno != 0, "%s: no errno", unsafe[_i]);
	settle(&p);
	folder_close(folder);
	place_end(&p);
}

TEST(what_a_crash_left_goes_when_it_is_opened)
{
	struct place p;

	place_begin(&p, 0);
	place_write(&p, ".part/01234567-0", "half", 4);
	place_write(&p, ".part/any", "half", 4);
	place_write(&p, ".part/.hidden", "half", 4);
	place_write(&p, in_job(1, "a.gif"), "gif", 3);
	place_write(&p, "lost/01234567-0", "kept", 4);
	place_write(&p, "target", "kept", 4);
	place_link(&p, ".part/link", "../target");
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	place_check_list(&p, ".part", "");
	place_check_list(&p, place_job_text(1), "a.gif");
	place_check_list(&p, "lost", "01234567-0");
	ck_assert(folder_used(folder) == 3);
	AUTO_FREE char *target = place_read(&p, "target", NULL);
	ck_assert_str_eq(target, "kept");
	folder_close(folder);
	place_end(&p);
}

static void on_counted(void *arg)
{
	++*(int *)arg;
}

/* What is removed while it is being counted goes afterwards, so that the count is right. */
TEST(is_counted_before_anything_goes)
{
	struct place p;
	struct id job = place_job(1), other = place_job(2);
	struct folder *folder;
	int n_calls = 0;

	place_begin(&p, 0);
	struct folder_opts opts = {
	    .path = p.path, .offload = p.offload, .on_counted = on_counted, .arg = &n_calls};
	place_write(&p, in_job(1, "a.gif"), "gif", 3);
	place_write(&p, in_job(2, "a.gif"), "gifs", 4);
	place_write(&p, in_job(2, "b.gif"), "other", 5);
	ck_assert_int_eq(folder_open(&opts, &folder), OK);
	folder_remove_job(folder, &job);
	folder_remove_file(folder, &other, "a.gif");
	ck_assert(!folder_is_counted(folder) && n_calls == 0);
	place_check_list(&p, place_job_text(1), "a.gif");
	mailbox_deliver(p.mailbox);
	ck_assert(folder_is_counted(folder) && n_calls == 1);
	ck_assert(folder_used(folder) == 12);
	settle(&p);
	ck_assert(folder_used(folder) == 5 && n_calls == 1);
	place_check_list(&p, place_job_text(2), "b.gif");
	folder_close(folder);
	place_end(&p);
}

TEST(a_folder_of_parts_that_is_none)
{
	struct place p;
	struct folder *folder = NULL;
	struct folder_opts opts = {0};

	place_begin(&p, 0);
	opts.path = p.path;
	opts.offload = p.offload;
	place_write(&p, ".part", "x", 1);
	ck_assert_int_eq(folder_open(&opts, &folder), ERR_IO);
	ck_assert_int_eq(errno, ENOTDIR);
	place_end(&p);
}

/* Nor is that one followed elsewhere. */
TEST(a_folder_of_parts_that_is_a_link)
{
	struct place p;
	struct folder *folder = NULL;
	struct folder_opts opts = {0};

	place_begin(&p, 0);
	opts.path = p.path;
	opts.offload = p.offload;
	place_write(&p, "elsewhere/kept", "x", 1);
	place_link(&p, ".part", "elsewhere");
	ck_assert_int_eq(folder_open(&opts, &folder), ERR_IO);
	place_check_list(&p, "elsewhere", "kept");
	place_end(&p);
}

TEST(counts_saved_files)
{
	struct place p;

	place_begin(&p, pools[_i].n_threads);
	place_write(&p, in_job(1, "a"), "12345", 5);
	place_write(&p, in_job(1, "b"), "", 0);
	place_write(&p, in_job(2, "c"), "123", 3);
	place_write(&p, in_job(2, ".hidden"), "1234567", 7);
	place_write(&p, in_job(2, "sub/d"), "1234567", 7);
	place_write(&p, ".part/e", "1234567", 7);
	place_write(&p, "not-a-job/e", "1234567", 7);
	place_write(&p, "f", "1234567", 7);
	place_link(&p, in_job(2, "link"), "c");
	struct folder *folder = place_open_folder(&p, 0);
	place_stop(&p);
	ck_assert(folder_used(folder) == 5 + 3 + 7 + 7);
	folder_close(folder);
	place_end(&p);
}

TEST(sets_bytes_aside_up_to_the_quota)
{
	struct place p;

	place_begin(&p, 0);
	place_write(&p, in_job(1, "a"), "12345", 5);
	struct folder *folder = place_open_folder(&p, 100);
	settle(&p);
	ck_assert(!folder_reserve(folder, 96));
	ck_assert(!folder_reserve(folder, UINT64_MAX));
	ck_assert(folder_used(folder) == 5);
	ck_assert(folder_reserve(folder, 95));
	ck_assert(!folder_reserve(folder, 1));
	ck_assert(folder_reserve(folder, 0));
	folder_release(folder, 10);
	ck_assert(folder_reserve(folder, 10) && !folder_reserve(folder, 1));
	folder_release(folder, UINT64_MAX);
	ck_assert(folder_used(folder) == 0);
	folder_close(folder);
	place_end(&p);
}

/* More is there than the quota, which was larger when it came. */
TEST(a_quota_below_what_is_there)
{
	struct place p;

	place_begin(&p, 0);
	place_write(&p, in_job(1, "a"), "12345", 5);
	struct folder *folder = place_open_folder(&p, 3);
	settle(&p);
	ck_assert(!folder_reserve(folder, 1));
	struct id job = place_job(1);
	folder_remove_job(folder, &job);
	settle(&p);
	ck_assert(folder_reserve(folder, 3) && !folder_reserve(folder, 1));
	folder_close(folder);
	place_end(&p);
}

TEST(without_a_quota_there_is_no_limit)
{
	struct place p;

	place_begin(&p, 0);
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	ck_assert(folder_reserve(folder, (uint64_t)1 << 62));
	folder_close(folder);
	place_end(&p);
}

static bool is_empty(void *arg)
{
	return folder_used(arg) == 0;
}

TEST(removes_a_job_in_slices)
{
	enum { N = 2500 };
	struct id job = place_job(1);
	char name[32];
	struct place p;

	place_begin(&p, pools[_i].n_threads);
	for (int i = 0; i < N; i++) {
		snprintf(name, sizeof(name), i % 2 ? "f%d" : "d/%d/f", i);
		place_write(&p, in_job(1, name), "x", 1);
	}
	place_write(&p, in_job(2, "other"), "", 0);
	struct folder *folder = place_open_folder(&p, 0);
	while (folder_used(folder) < N)
		run_turns(p.loop, 1);
	folder_remove_job(folder, &job);
	run_until(p.loop, is_empty, folder, "the removal of a job");
	place_stop(&p);
	char want[160];
	snprintf(want, sizeof(want), ".part/ %s/ %s", place_job_text(2), in_job(2, "other"));
	place_check_list(&p, ".", want);
	folder_close(folder);
	place_end(&p);
}

/* What can't be removed is left to the next start, and does not keep the pool busy for ever. */
TEST(what_cannot_be_removed_stays)
{
	struct id job = place_job(1);
	char name[64];
	struct place p;

	place_begin(&p, 0);
	for (int i = 0; i < 1200; i++) {
		snprintf(name, sizeof(name), "folder%d", i);
		place_make_folder(&p, in_job(1, name));
	}
	place_write(&p, in_job(1, "a"), "12345", 5);
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	folder_remove_job(folder, &job);
	settle(&p);
	folder_close(folder);
	place_end(&p);
}

TEST(removing_nothing_is_fine)
{
	struct id job = place_job(1);
	struct place p;

	place_begin(&p, 0);
	place_write(&p, in_job(2, "a"), "12345", 5);
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	folder_remove_job(folder, &job);
	folder_remove_file(folder, &job, "a");
	job = place_job(2);
	folder_remove_file(folder, &job, "b");
	settle(&p);
	place_check_list(&p, place_job_text(2), "a");
	ck_assert(folder_used(folder) == 5);
	folder_close(folder);
	place_end(&p);
}

TEST(removes_a_file_and_a_folder_that_is_empty_then)
{
	struct id job = place_job(1);
	struct place p;

	place_begin(&p, 0);
	place_write(&p, in_job(1, "a"), "12345", 5);
	place_write(&p, in_job(1, "b"), "123", 3);
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	folder_remove_file(folder, &job, "a");
	settle(&p);
	place_check_list(&p, place_job_text(1), "b");
	ck_assert(folder_used(folder) == 3);
	folder_remove_file(folder, &job, "b");
	settle(&p);
	place_check_list(&p, ".", ".part/");
	ck_assert(folder_used(folder) == 0);
	folder_close(folder);
	place_end(&p);
}

struct told {
	unsigned n_calls;
	size_t n;
	bool has[200];
};

static void on_ids(struct id *ids, size_t n, void *arg)
{
	struct told *told = arg;

	told->n_calls++;
	told->n = n;
	for (size_t i = 0; i < n; i++) {
		struct id want = place_job(ids[i].bytes[15]);
		ck_assert_mem_eq(&ids[i], &want, sizeof(want));
		told->has[ids[i].bytes[15]] = true;
	}
	free(ids);
}

static bool was_told(void *arg)
{
	return ((struct told *)arg)->n_calls > 0;
}

TEST(lists_jobs)
{
	struct told told = {0};
	struct place p;

	place_begin(&p, pools[_i].n_threads);
	struct folder *folder = place_open_folder(&p, 0);
	folder_list(folder, on_ids, &told);
	ck_assert_uint_eq(told.n_calls, 0);
	run_until(p.loop, was_told, &told, "the list of an empty folder");
	ck_assert_uint_eq(told.n, 0);
	for (unsigned i = 0; i < 150; i++)
		place_make_folder(&p, place_job_text(i));
	place_make_folder(&p, "lost+found");
	place_make_folder(&p, "0193fd1c-a9c0-7abc-8def-00000000000");
	told = (struct told){0};
	folder_list(folder, on_ids, &told);
	run_until(p.loop, was_told, &told, "the list");
	ck_assert_uint_eq(told.n, 150);
	for (unsigned i = 0; i < 150; i++)
		ck_assert(told.has[i]);
	place_stop(&p);
	ck_assert_uint_eq(told.n_calls, 1);
	folder_close(folder);
	place_end(&p);
}

TEST(a_job_has_its_folder_when_it_is_wanted)
{
	struct id job = place_job(1);
	struct place p;

	place_begin(&p, 0);
	struct folder *folder = place_open_folder(&p, 0);
	settle(&p);
	size_t n_fds = place_n_fds();
	ck_assert_int_eq(folder_open_job(folder, &job, false), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(folder_open_file(folder, &job, "a"), -1);
	ck_assert_int_eq(errno, ENOENT);
	place_check_list(&p, ".", ".part/");
	for (int i = 0; i < 2; i++) {
		int fd = folder_open_job(folder, &job, true);
		ck_assert_int_ge(fd, 0);
		close(fd);
	}
	ck_assert_uint_eq(place_n_fds(), n_fds);
	folder_close(folder);
	place_end(&p);
}

SUITE(folder)
{
	ADD(a_path_that_is_no_folder);
	ADD(nothing_is_followed);
	ADD_ROWS(names_that_are_no_name_open_nothing, unsafe);
	ADD(what_cannot_be_removed_stays);
	ADD(removing_nothing_is_fine);
	ADD(a_quota_below_what_is_there);
	ADD(is_counted_before_anything_goes);
	ADD(a_folder_of_parts_that_is_none);
	ADD(a_folder_of_parts_that_is_a_link);
	ADD(what_a_crash_left_goes_when_it_is_opened);
	ADD(is_made_when_its_parent_is_there);
	ADD_ROWS(counts_saved_files, pools);
	ADD(sets_bytes_aside_up_to_the_quota);
	ADD(without_a_quota_there_is_no_limit);
	ADD_ROWS(removes_a_job_in_slices, pools);
	ADD(removes_a_file_and_a_folder_that_is_empty_then);
	ADD_ROWS(lists_jobs, pools);
	ADD(a_job_has_its_folder_when_it_is_wanted);
}
