/* Files being received: whole or not at all, whatever happens and whenever. */
#include "../unit.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../fake/runner.h"
#include "base/alloc.h"
#include "sink_bench.h"

static const struct {
	const char *name;
	int n_threads;
	bool has_named_drafts;
} pools[] = {{"in this thread", 0, false}, {"in two threads", 2, false},
    {"in this thread, under names", 0, true}, {"in two threads, under names", 2, true}};

static const struct {
	size_t len;
	const char *name;
} sizes[] = {{0, "nothing"}, {1, "a byte"}, {OFFER, "an offer"}, {PIECE - 1, "just under a piece"},
    {PIECE, "a piece"}, {PIECE + 1, "a byte more"}, {2 * PIECE, "two pieces"},
    {5 * PIECE + 77, "some pieces"}, {20 * PIECE, "many pieces"}};

TEST(saves_whole_files)
{
	for (size_t i = 0; i < N_ROWS(pools); i++) {
		size_t len = sizes[_i].len;
		struct sink_bench b;
		struct sink_file f;
		sink_bench_begin(&b, pools[i].n_threads, 0, pools[i].has_named_drafts);
		sink_bench_open_file(&f, &b);
		ck_assert(sink_bench_write_bytes(&f, len, 3) == SINK_OPEN);
		AUTO_FREE char *before = place_list(&b.place, place_job_text(1));
		ck_assert_msg(
		    strstr(before, "a.gif") == NULL, "%s shows too early", sizes[_i].name);
		sink_bench_finish(&f, "a.gif");
		sink_bench_check_saved(&b, &f, "a.gif", len, 3);
		place_stop(&b.place);
		sink_bench_check_list(&b, "a.gif");
		ck_assert(folder_used(b.folder) == (double)len);
		sink_bench_end(&b);
	}
}

TEST(many_files_at_one_time)
{
	enum { N = 40 };
	static struct sink_file files[N];
	struct sink_bench b;
	char name[16];

	sink_bench_begin(&b, 2, 0, false);
	for (unsigned i = 0; i < N; i++) {
		sink_bench_open_file(&files[i], &b);
		ck_assert(sink_bench_write_bytes(&files[i], i * 20000, i) == SINK_OPEN);
		snprintf(name, sizeof(name), "f%u", i);
		sink_finish(files[i].sink, &(struct sink_naming){.name = name});
	}
	for (unsigned i = 0; i < N; i++)
		run_until(b.place.loop, sink_bench_is_done, &files[i], "files to be saved");
	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		sink_bench_check_saved(&b, &files[i], name, i * 20000, i);
	}
	sink_bench_end(&b);
}

/* While a piece is being written another is gathered; then the sender has to wait, once. */
TEST(holds_the_sender_back)
{
	char offer[OFFER] = "";
	struct sink_bench b;
	struct sink_file f;
	int n = 0;

	sink_bench_begin(&b, 0, 0, false);
	sink_bench_open_file(&f, &b);
	while (sink_write(f.sink, offer, sizeof(offer)) == SINK_OPEN)
		ck_assert_msg(++n <= 2 * PIECE / OFFER, "takes without end");
	ck_assert_uint_eq(sink_size(f.sink), (size_t)n * OFFER);
	ck_assert(sink_write(f.sink, offer, sizeof(offer)) == SINK_BUSY);
	ck_assert_uint_eq(f.n_room, 0);
	sink_bench_settle(&b);
	ck_assert_uint_eq(f.n_room, 1);
	ck_assert(sink_write(f.sink, offer, sizeof(offer)) == SINK_OPEN);
	sink_bench_settle(&b);
	ck_assert_uint_eq(f.n_room, 1); /* nobody waited */
	sink_drop(f.sink);
	sink_bench_end(&b);
}

TEST(a_wrong_digest_leaves_nothing)
{
	uint8_t digest[FILE_DIGEST_SIZE];
	size_t len = sizes[_i].len;
	struct sink_bench b;
	struct sink_file f;

	sink_bench_begin(&b, 0, 0, false);
	sink_bench_open_file(&f, &b);
	ck_assert(sink_bench_write_bytes(&f, len, 3) == SINK_OPEN);
	sink_bench_digest_of(len, 3, digest);
	digest[31] ^= 1;
	sink_bench_finish_named(&f, &(struct sink_naming){.name = "a", .expected_digest = digest});
	ck_assert_int_eq(f.outcome.result, SINK_BAD_DIGEST);
	sink_bench_settle(&b);
	sink_bench_check_list(&b, "");
	ck_assert(folder_used(b.folder) == 0);
	sink_bench_open_file(&f, &b);
	ck_assert(sink_bench_write_bytes(&f, len, 3) == SINK_OPEN);
	digest[31] ^= 1;
	sink_bench_finish_named(&f, &(struct sink_naming){.name = "a", .expected_digest = digest});
	sink_bench_check_saved(&b, &f, "a", len, 3);
	sink_bench_end(&b);
}

/* The quota is reached while nothing, or while a piece, is being written. */
static const struct {
	const char *name;
	uint64_t quota;
} quotas[] = {{"at once", 10}, {"in the first piece", 50000}, {"between pieces", PIECE},
    {"in the second piece", PIECE + 50000}, {"far behind", 10 * PIECE}};

TEST(the_quota_stops_it)
{
	for (size_t i = 0; i < N_ROWS(pools); i++) {
		struct sink_bench b;
		struct sink_file f;
		sink_bench_begin(
		    &b, pools[i].n_threads, quotas[_i].quota, pools[i].has_named_drafts);
		sink_bench_open_file(&f, &b);
		ck_assert_msg(
		    sink_bench_write_bytes(&f, 20 * PIECE, 0) == SINK_FULL, "%s", quotas[_i].name);
		ck_assert_uint_le(sink_size(f.sink), quotas[_i].quota);
		ck_assert_msg(sink_error(f.sink) == EDQUOT, "%s, %s: %s", quotas[_i].name,
		    pools[i].name, strerror(sink_error(f.sink)));
		sink_drop(f.sink);
		place_stop(&b.place);
		sink_bench_check_list(&b, "");
		ck_assert(folder_used(b.folder) == 0);
		sink_bench_end(&b);
	}
}

/* A limit on the size of files is as good as a full disk. */
static void set_most(rlim_t most)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = most;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

TEST(a_full_disk_stops_it)
{
	for (size_t i = 0; i < N_ROWS(pools); i++) {
		struct sink_bench b;
		struct sink_file f;
		sink_bench_begin(&b, pools[i].n_threads, 0, pools[i].has_named_drafts);
		set_most(PIECE + 5000);
		sink_bench_open_file(&f, &b);
		ck_assert(sink_bench_write_bytes(&f, 20 * PIECE, 0) == SINK_FULL);
		ck_assert_uint_lt(sink_size(f.sink), 5 * PIECE);
		ck_assert_int_eq(sink_error(f.sink), EFBIG);
		ck_assert(sink_write(f.sink, "x", 1) == SINK_FULL);
		sink_drop(f.sink);
		place_stop(&b.place);
		sink_bench_check_list(&b, "");
		ck_assert(folder_used(b.folder) == 0);
		set_most(RLIM_INFINITY);
		sink_bench_end(&b);
	}
}

/* All was taken, and there is no room for the last of it. */
TEST(a_disk_that_is_full_at_last)
{
	static const size_t lengths[] = {100, PIECE + 100, 2 * PIECE};

	for (size_t i = 0; i < N_ROWS(lengths); i++) {
		struct sink_bench b;
		struct sink_file f;
		sink_bench_begin(&b, 0, 0, false);
		set_most(lengths[i] - 1);
		sink_bench_open_file(&f, &b);
		ck_assert(sink_bench_write_bytes(&f, lengths[i], 0) == SINK_OPEN);
		sink_bench_finish(&f, "a");
		ck_assert_int_eq(f.outcome.result, SINK_FAILED);
		ck_assert_int_eq(f.outcome.error, EFBIG);
		sink_bench_settle(&b);
		sink_bench_check_list(&b, "");
		ck_assert(folder_used(b.folder) == 0);
		set_most(RLIM_INFINITY);
		sink_bench_end(&b);
	}
}

/* Given up in each state: before a byte came, with little, with a piece at the pool, behind that,
 * and while it is being saved. */
static const struct {
	const char *name;
	size_t len;
	bool is_settled, is_finishing;
} drops[] = {
    {"new", 0, false, false},
    {"a little", 100, false, false},
    {"a piece at the pool", PIECE + OFFER, false, false},
    {"a piece written", PIECE + OFFER, true, false},
    {"nothing being saved", 0, false, true},
    {"a little being saved", 100, false, true},
    {"the last piece being saved", PIECE + OFFER, true, true},
    {"a piece at the pool, and all there", PIECE + OFFER, false, true},
};

TEST(given_up_it_leaves_nothing)
{
	for (size_t i = 0; i < N_ROWS(pools); i++) {
		struct sink_bench b;
		struct sink_file f;
		sink_bench_begin(&b, pools[i].n_threads, 0, pools[i].has_named_drafts);
		size_t n_fds = place_n_fds();
		sink_bench_open_file(&f, &b);
		ck_assert(sink_bench_write_bytes(&f, drops[_i].len, 0) == SINK_OPEN);
		if (drops[_i].is_settled)
			run_turns(b.place.loop, 50);
		if (drops[_i].is_finishing)
			sink_finish(f.sink, &(struct sink_naming){.name = "a"});
		sink_drop(f.sink);
		place_stop(&b.place);
		AUTO_FREE char *left = place_list(&b.place, ".");
		ck_assert_msg(
		    strcmp(left, ".part/") == 0, "%s, %s: %s", drops[_i].name, pools[i].name, left);
		ck_assert_msg(f.n_done == 0 && f.n_room == 0, "%s", drops[_i].name);
		ck_assert(folder_used(b.folder) == 0);
		ck_assert_uint_eq(place_n_fds(), n_fds);
		sink_bench_end(&b);
	}
}

SUITE(sink)
{
	ADD_ROWS(the_quota_stops_it, quotas);
	ADD(a_full_disk_stops_it);
	ADD(a_disk_that_is_full_at_last);
	ADD_ROWS(a_wrong_digest_leaves_nothing, sizes);
	ADD_ROWS(given_up_it_leaves_nothing, drops);
	ADD(holds_the_sender_back);
	ADD_ROWS(saves_whole_files, sizes);
	ADD(many_files_at_one_time);
}
