/* Drafts: unseen until they are published, and nothing of them left otherwise. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/alloc.h"
#include "fetch/draft.h"
#include "place.h"

static const struct {
	const char *name;
	bool are_named;
} ways[] = {{"nameless", false}, {"named", true}};

struct bench {
	struct place place;
	int folder, dir;
	struct drafts *drafts;
	size_t n_fds;
};

static void begin(struct bench *b, bool are_named)
{
	place_begin(&b->place, 0);
	place_make_folder(&b->place, "dir");
	b->folder = open(b->place.path, O_RDONLY | O_DIRECTORY);
	b->dir = openat(b->folder, "dir", O_RDONLY | O_DIRECTORY);
	ck_assert_int_ge(b->dir, 0);
	b->drafts = drafts_open(b->folder, are_named);
	ck_assert_ptr_nonnull(b->drafts);
	b->n_fds = place_n_fds();
}

/* What is below `dir` and in `.part` now. */
static void check(struct bench *b, const char *dir, const char *part)
{
	place_check_list(&b->place, "dir", dir);
	place_check_list(&b->place, ".part", part);
}

static void end(struct bench *b)
{
	ck_assert_uint_eq(place_n_fds(), b->n_fds);
	drafts_close(b->drafts);
	close(b->dir);
	close(b->folder);
	place_end(&b->place);
}

static void write_draft(struct bench *b, struct draft *d, const char *text)
{
	draft_init(d);
	ck_assert_int_eq(draft_open(d, b->drafts), 0);
	ck_assert_int_eq(draft_open(d, b->drafts), 0);
	ck_assert_int_eq(draft_write(d, text, strlen(text)), 0);
}

static void check_text(struct bench *b, const char *name, const char *want)
{
	AUTO_FREE char *got = place_read(&b->place, name, NULL);

	ck_assert_ptr_nonnull(got);
	ck_assert_str_eq(got, want);
}

TEST(appears_when_it_is_published)
{
	struct bench b;
	struct draft d;
	struct stat st;

	begin(&b, ways[_i].are_named);
	write_draft(&b, &d, "half");
	check(&b, "", d.name);
	ck_assert_int_eq(draft_write(&d, " and half", 9), 0);
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", false), 0);
	check(&b, "a", "");
	check_text(&b, "dir/a", "half and half");
	ck_assert_int_eq(fstatat(b.dir, "a", &st, 0), 0);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_uint_eq(st.st_mode & 0777 & ~0022U, 0644 & ~0022U);
	draft_done(&d, b.drafts);
	check(&b, "a", "");
	end(&b);
}

TEST(given_up_it_leaves_nothing)
{
	struct bench b;
	struct draft d;

	begin(&b, ways[_i].are_named);
	draft_init(&d);
	draft_done(&d, b.drafts);
	write_draft(&b, &d, "half");
	draft_done(&d, b.drafts);
	check(&b, "", "");
	write_draft(&b, &d, "again");
	ck_assert_int_eq(draft_publish(&d, b.drafts, -1, "a", false), EBADF);
	draft_done(&d, b.drafts);
	check(&b, "", "");
	end(&b);
}

TEST(a_name_that_is_taken)
{
	struct bench b;
	struct draft d;

	begin(&b, ways[_i].are_named);
	place_write(&b.place, "dir/a", "other", 5);
	write_draft(&b, &d, "text");
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", false), EEXIST);
	check_text(&b, "dir/a", "other");
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "b", false), 0);
	check_text(&b, "dir/b", "text");
	write_draft(&b, &d, "newer");
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", true), 0);
	check_text(&b, "dir/a", "newer");
	check(&b, "a b", "");
	end(&b);
}

TEST(replaces_a_link_and_no_folder)
{
	struct bench b;
	struct draft d;

	begin(&b, ways[_i].are_named);
	place_write(&b.place, "victim", "victim", 6);
	place_link(&b.place, "dir/link", "../victim");
	place_make_folder(&b.place, "dir/folder");
	write_draft(&b, &d, "text");
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "folder", true), EISDIR);
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "link", true), 0);
	check_text(&b, "victim", "victim");
	check_text(&b, "dir/link", "text");
	check(&b, "folder/ link", "");
	end(&b);
}

TEST(cleaning_spares_those_of_this_process)
{
	struct bench b;
	struct draft d, e;
	char both[2 * DRAFT_NAME_SIZE];

	begin(&b, ways[_i].are_named);
	place_write(&b.place, ".part/01234567-0", "half", 4);
	place_write(&b.place, ".part/.hidden", "half", 4);
	write_draft(&b, &d, "one");
	write_draft(&b, &e, "two");
	drafts_clean(b.drafts);
	snprintf(both, sizeof(both), "%s%s%s", d.name, d.name[0] != '\0' ? " " : "", e.name);
	check(&b, "", both);
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "d", false), 0);
	ck_assert_int_eq(draft_publish(&e, b.drafts, b.dir, "e", false), 0);
	check_text(&b, "dir/d", "one");
	check_text(&b, "dir/e", "two");
	check(&b, "d e", "");
	end(&b);
}

/* Take a capability away and give it back. */
static void set_capability(unsigned capability, bool is_on)
{
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3];

	ck_assert_int_eq(syscall(SYS_capget, &head, sets), 0);
	if (is_on)
		sets[0].effective |= sets[0].permitted & 1U << capability;
	else
		sets[0].effective &= ~(1U << capability);
	ck_assert_int_eq(syscall(SYS_capset, &head, sets), 0);
}

/* Without the capability, and with other credentials than those that opened it, the kernel gives a
 * file no name by its descriptor alone, as older ones never do. */
TEST(published_without_privileges)
{
	struct bench b;
	struct draft d;

	begin(&b, ways[_i].are_named);
	write_draft(&b, &d, "text");
	set_capability(CAP_DAC_READ_SEARCH, false);
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", false), 0);
	write_draft(&b, &d, "newer");
	set_capability(CAP_DAC_READ_SEARCH, false);
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", false), EEXIST);
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", true), 0);
	set_capability(CAP_DAC_READ_SEARCH, true);
	check_text(&b, "dir/a", "newer");
	end(&b);
}

/* It is always empty where drafts have no names, and those who tidy up remove what is empty. */
TEST(a_part_folder_that_is_gone)
{
	struct bench b;
	struct draft d;

	begin(&b, false);
	ck_assert_int_eq(unlinkat(b.folder, ".part", AT_REMOVEDIR), 0);
	write_draft(&b, &d, "text");
	ck_assert_int_eq(draft_publish(&d, b.drafts, b.dir, "a", false), 0);
	check_text(&b, "dir/a", "text");
	end(&b);
}

TEST(a_full_disk_is_told)
{
	struct bench b;
	struct draft d;

	begin(&b, ways[_i].are_named);
	draft_init(&d);
	d.fd = open("/dev/full", O_WRONLY);
	ck_assert_int_ge(d.fd, 0);
	ck_assert_int_eq(draft_write(&d, "text", 4), ENOSPC);
	draft_done(&d, b.drafts);
	end(&b);
}

SUITE(draft)
{
	ADD_ROWS(given_up_it_leaves_nothing, ways);
	ADD_ROWS(a_name_that_is_taken, ways);
	ADD_ROWS(replaces_a_link_and_no_folder, ways);
	ADD_ROWS(cleaning_spares_those_of_this_process, ways);
	ADD_ROWS(published_without_privileges, ways);
	ADD(a_part_folder_that_is_gone);
	ADD_ROWS(a_full_disk_is_told, ways);
	ADD_ROWS(appears_when_it_is_published, ways);
}
