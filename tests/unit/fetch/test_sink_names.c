/* Files that get their names: beside others, over others, and over what should not be there. */
#include "../unit.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../fake/runner.h"
#include "base/alloc.h"
#include "sink_bench.h"

/* How drafts are kept. */
static const struct {
	bool has_named_drafts;
} ways[] = {{false}, {true}};

/* A crash between the file and the commit of its result: the next run saves it again. */
TEST(saved_again_it_replaces)
{
	char path[128];
	struct sink_bench b;
	struct sink_file f;

	place_begin(&b.place, 0);
	snprintf(path, sizeof(path), "%s/a.gif", place_job_text(1));
	place_write(&b.place, path, "what was there before the crash", 31);
	struct folder_opts opts = {.path = b.place.path,
	    .offload = b.place.offload,
	    .has_named_drafts = ways[_i].has_named_drafts};
	ck_assert_int_eq(folder_open(&opts, &b.folder), OK);
	sink_bench_settle(&b);
	ck_assert(folder_used(b.folder) == 31);
	for (unsigned i = 1; i < 4; i++) {
		sink_bench_save(&b, 1000 * i, i, &(struct sink_naming){.name = "a.gif"}, &f);
		sink_bench_check_saved(&b, &f, "a.gif", 1000 * i, i);
		ck_assert_msg(
		    folder_used(b.folder) == 1000 * i, "%u: %.0f bytes", i, folder_used(b.folder));
	}
	sink_bench_check_list(&b, "a.gif");
	sink_bench_end(&b);
}

TEST(given_up_what_it_replaced_is_gone_too)
{
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
	sink_bench_save(&b, 3000, 1, &(struct sink_naming){.name = "a"}, &f);
	sink_bench_open_file(&f, &b);
	ck_assert(sink_bench_write_bytes(&f, 1000, 2) == SINK_OPEN);
	sink_finish(f.sink, &(struct sink_naming){.name = "a"});
	sink_drop(f.sink);
	sink_bench_settle(&b);
	ck_assert_uint_eq(f.n_done, 0);
	sink_bench_check_list(&b, "");
	ck_assert(folder_used(b.folder) == 0);
	sink_bench_end(&b);
}

static const struct sink_naming by_country = {.name = "Brazil.gif", .second = "Brazil-BR.gif"};

TEST(a_name_that_another_has)
{
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
	sink_bench_save(&b, 1000, 1, &by_country, &f);
	sink_bench_check_saved(&b, &f, "Brazil.gif", 1000, 1);
	/* the same bytes: it is the one that was saved before a crash */
	sink_bench_save(&b, 1000, 1, &by_country, &f);
	sink_bench_check_saved(&b, &f, "Brazil.gif", 1000, 1);
	ck_assert(folder_used(b.folder) == 1000);
	sink_bench_check_list(&b, "Brazil.gif");
	/* as long, and other bytes: another country of this name */
	sink_bench_save(&b, 1000, 2, &by_country, &f);
	sink_bench_check_saved(&b, &f, "Brazil-BR.gif", 1000, 2);
	ck_assert(folder_used(b.folder) == 2000);
	/* and that one again, after a crash */
	sink_bench_save(&b, 500, 3, &by_country, &f);
	sink_bench_check_saved(&b, &f, "Brazil-BR.gif", 500, 3);
	ck_assert(folder_used(b.folder) == 1500);
	sink_bench_check_list(&b, "Brazil-BR.gif Brazil.gif");
	sink_bench_end(&b);
}

/* No file is replaced: what an answer called it may be any other's name. */
TEST(a_name_that_an_answer_gave)
{
	static const struct sink_naming answered = {
	    .name = "a/b.pdf", .second = "a/b-7.pdf", .never_replaces = true};
	static const struct sink_naming blocked = {
	    .name = "a/b.pdf/c", .second = "a/b.pdf/c-8", .never_replaces = true};
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
	sink_bench_save(&b, 1000, 1, &answered, &f);
	sink_bench_check_saved(&b, &f, "a/b.pdf", 1000, 1);
	sink_bench_save(&b, 1000, 1, &answered, &f);
	sink_bench_check_saved(&b, &f, "a/b-7.pdf", 1000, 1);
	sink_bench_save(&b, 1000, 2, &answered, &f);
	sink_bench_check_saved(&b, &f, "a/b-7-1.pdf", 1000, 2);
	sink_bench_save(&b, 1000, 3, &answered, &f);
	sink_bench_check_saved(&b, &f, "a/b-7-2.pdf", 1000, 3);
	/* a file is in the place of its folder */
	sink_bench_save(&b, 1000, 4, &blocked, &f);
	sink_bench_check_saved(&b, &f, "a_b.pdf_c", 1000, 4);
	ck_assert(folder_used(b.folder) == 5000);
	sink_bench_check_list(&b, "a/ a/b-7-1.pdf a/b-7-2.pdf a/b-7.pdf a/b.pdf a_b.pdf_c");
	sink_bench_end(&b);
}

/* The other's file stays, with its bytes. */
TEST(given_up_while_another_has_the_name)
{
	for (unsigned seed = 1; seed <= 2; seed++) {
		struct sink_bench b;
		struct sink_file f;
		sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
		sink_bench_save(&b, 1000, 1, &by_country, &f);
		sink_bench_open_file(&f, &b);
		ck_assert(sink_bench_write_bytes(&f, 1000, seed) == SINK_OPEN);
		sink_finish(f.sink, &by_country);
		sink_drop(f.sink);
		sink_bench_settle(&b);
		sink_bench_check_list(&b, "Brazil.gif");
		ck_assert_msg(folder_used(b.folder) == 1000, "%s bytes: %.0f are counted",
		    seed == 1 ? "the same" : "other", folder_used(b.folder));
		sink_bench_end(&b);
	}
}

/* What stands where the folder or the file should be. */
static const struct {
	const char *name;
	bool is_link, is_file; /* in place of the job's folder */
	bool has_named_drafts;
} intruders[] = {{"a link for a folder", true, false, false},
    {"a file for a folder", false, true, false},
    {"a link for a folder, under names", true, false, true},
    {"a file for a folder, under names", false, true, true}};

TEST(no_link_is_followed)
{
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, intruders[_i].has_named_drafts);
	place_make_folder(&b.place, "elsewhere");
	if (intruders[_i].is_link)
		place_link(&b.place, place_job_text(1), "elsewhere");
	if (intruders[_i].is_file)
		place_write(&b.place, place_job_text(1), "x", 1);
	sink_bench_save(&b, 100, 1, &(struct sink_naming){.name = "a"}, &f);
	ck_assert_msg(f.outcome.result == SINK_FAILED, "%s", intruders[_i].name);
	ck_assert(f.outcome.error == ENOTDIR || f.outcome.error == ELOOP);
	sink_bench_save(&b, 3 * PIECE, 1, &(struct sink_naming){.name = "a"}, &f);
	ck_assert_int_eq(f.outcome.result, SINK_FAILED);
	AUTO_FREE char *left = place_list(&b.place, "elsewhere");
	AUTO_FREE char *parts = place_list(&b.place, ".part");
	ck_assert_str_eq(parts, "");
	ck_assert_str_eq(left, "");
	ck_assert(folder_used(b.folder) == 0);
	sink_bench_end(&b);
}

TEST(a_link_for_a_file_is_replaced)
{
	char path[128];
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
	place_write(&b.place, "victim", "victim", 6);
	place_make_folder(&b.place, place_job_text(1));
	snprintf(path, sizeof(path), "%s/a", place_job_text(1));
	place_link(&b.place, path, "../victim");
	sink_bench_save(&b, 100, 1, &(struct sink_naming){.name = "a"}, &f);
	sink_bench_check_saved(&b, &f, "a", 100, 1);
	AUTO_FREE char *victim = place_read(&b.place, "victim", NULL);
	ck_assert_str_eq(victim, "victim");
	ck_assert_msg(folder_used(b.folder) == 100, "%.0f", folder_used(b.folder));
	sink_bench_end(&b);
}

TEST(a_folder_for_a_file_is_an_error)
{
	char path[128];
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
	snprintf(path, sizeof(path), "%s/a/b", place_job_text(1));
	place_write(&b.place, path, "x", 1);
	sink_bench_save(&b, 100, 1, &(struct sink_naming){.name = "a"}, &f);
	ck_assert_int_eq(f.outcome.result, SINK_FAILED);
	ck_assert_int_eq(f.outcome.error, EISDIR);
	sink_bench_check_list(&b, "a/ a/b");
	ck_assert(folder_used(b.folder) == 0);
	sink_bench_end(&b);
}

/* The job is deleted under a file that is on its way, which is given up behind that. */
TEST(its_job_is_removed)
{
	struct id job = place_job(1);
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, ways[_i].has_named_drafts);
	sink_bench_open_file(&f, &b);
	ck_assert(sink_bench_write_bytes(&f, 3 * PIECE, 1) == SINK_OPEN);
	folder_remove_job(b.folder, &job);
	sink_bench_settle(&b);
	sink_finish(f.sink, &(struct sink_naming){.name = "a"});
	sink_drop(f.sink);
	sink_bench_settle(&b);
	AUTO_FREE char *left = place_list(&b.place, ".");
	ck_assert_str_eq(left, ".part/");
	ck_assert(folder_used(b.folder) == 0);
	sink_bench_end(&b);
}

SUITE(sink_names)
{
	ADD_ROWS(given_up_what_it_replaced_is_gone_too, ways);
	ADD_ROWS(given_up_while_another_has_the_name, ways);
	ADD_ROWS(no_link_is_followed, intruders);
	ADD_ROWS(a_link_for_a_file_is_replaced, ways);
	ADD_ROWS(a_folder_for_a_file_is_an_error, ways);
	ADD_ROWS(its_job_is_removed, ways);
	ADD_ROWS(saved_again_it_replaces, ways);
	ADD_ROWS(a_name_that_another_has, ways);
	ADD_ROWS(a_name_that_an_answer_gave, ways);
}
