/* Files being received: whole or not at all, whatever happens and whenever. */
#include "../unit.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../fake/runner.h"
#include "base/alloc.h"
#include "engine/folder.h"
#include "engine/sink.h"
#include "place.h"

enum { PIECE = 128 << 10, OFFER = 16 << 10 };

static const struct {
	const char *name;
	int n_threads;
} pools[] = {{"in this thread", 0}, {"in two threads", 2}};

struct bench {
	struct place place;
	struct folder *folder;
};

/* A file on its way. */
struct file {
	struct bench *bench;
	struct sink *sink;
	unsigned n_room, n_done;
	struct sink_outcome outcome;
	char name[300];
};

static void begin(struct bench *b, int n_threads, uint64_t quota)
{
	struct folder_opts opts = {.path = b->place.path, .quota = quota};

	place_begin(&b->place, n_threads);
	opts.offload = b->place.offload;
	ck_assert_int_eq(folder_open(&opts, &b->folder), OK);
	place_settle(&b->place); /* what is there is counted */
}

/* The pool works in this thread: let all that it did be told. */
static void settle(struct bench *b)
{
	while (mailbox_deliver(b->place.mailbox))
		continue;
}

static void end(struct bench *b)
{
	place_stop(&b->place);
	folder_close(b->folder);
	place_end(&b->place);
}

static void check_list(struct bench *b, const char *want)
{
	AUTO_FREE char *got = place_list(&b->place, place_job_text(1));
	AUTO_FREE char *parts = place_list(&b->place, ".part");

	ck_assert_str_eq(got, want);
	ck_assert_str_eq(parts, "");
}

static void on_room(void *arg)
{
	struct file *f = arg;

	f->n_room++;
}

static void on_done(const struct sink_outcome *outcome, void *arg)
{
	struct file *f = arg;

	f->n_done++;
	f->outcome = *outcome;
	if (outcome->name != NULL)
		snprintf(f->name, sizeof(f->name), "%s", outcome->name);
	f->outcome.name = f->name;
	f->sink = NULL;
}

static void open_file(struct file *f, struct bench *b)
{
	struct id job = place_job(1);
	const struct sink_events events = {.on_room = on_room, .on_done = on_done, .arg = f};

	*f = (struct file){.bench = b};
	f->sink = sink_new(b->folder, b->place.offload, &job, &events);
}

static char byte_at(size_t i, unsigned seed)
{
	return (char)(i * 7 + (i >> 8) * 13 + (i >> 16) + seed);
}

static bool has_room(void *arg)
{
	return ((struct file *)arg)->n_room > 0;
}

/* Write `len` bytes in offers as libcurl makes them, waiting for room where there is none. */
static enum sink_state write_bytes(struct file *f, size_t len, unsigned seed)
{
	char offer[OFFER];

	for (size_t at = (size_t)sink_size(f->sink), end = at + len; at < end;) {
		size_t n = end - at < OFFER ? end - at : OFFER;
		for (size_t i = 0; i < n; i++)
			offer[i] = byte_at(at + i, seed);
		enum sink_state state = sink_write(f->sink, offer, n);
		if (state == SINK_FULL)
			return state;
		if (state == SINK_BUSY) {
			f->n_room = 0;
			run_until(f->bench->place.loop, has_room, f, "room");
			ck_assert_uint_eq(f->n_room, 1);
			continue;
		}
		at += n;
	}
	return SINK_OPEN;
}

static bool is_done(void *arg)
{
	return ((struct file *)arg)->n_done > 0;
}

static void finish_named(struct file *f, const struct sink_naming *naming)
{
	sink_finish(f->sink, naming);
	ck_assert_uint_eq(f->n_done, 0);
	run_until(f->bench->place.loop, is_done, f, "a file to be saved");
	ck_assert_uint_eq(f->n_done, 1);
}

static void finish(struct file *f, const char *name)
{
	finish_named(f, &(struct sink_naming){.name = name});
}

/* The bytes that write_bytes writes; new memory. */
static char *make_bytes(size_t len, unsigned seed)
{
	char *bytes = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i, seed);
	return bytes;
}

static void digest_of(size_t len, unsigned seed, uint8_t ret_digest[static FILE_DIGEST_SIZE])
{
	AUTO_FREE char *bytes = make_bytes(len, seed);
	unsigned size;

	ck_assert_int_eq(EVP_Digest(bytes, len, ret_digest, &size, EVP_sha256(), NULL), 1);
}

static void check_saved(
    struct bench *b, const struct file *f, const char *name, size_t len, unsigned seed)
{
	uint8_t digest[FILE_DIGEST_SIZE];
	char path[300];
	size_t got_len = 0;

	snprintf(path, sizeof(path), "%s/%s", place_job_text(1), name);
	AUTO_FREE char *got = place_read(&b->place, path, &got_len);
	AUTO_FREE char *want = make_bytes(len, seed);
	ck_assert_msg(got != NULL && got_len == len, "%s has %zu bytes", name, got_len);
	ck_assert_msg(memcmp(got, want, len) == 0, "%s has other bytes", name);
	digest_of(len, seed, digest);
	ck_assert_int_eq(f->outcome.result, SINK_SAVED);
	ck_assert_str_eq(f->outcome.name, name);
	ck_assert_uint_eq(f->outcome.n_bytes, len);
	ck_assert_mem_eq(f->outcome.digest, digest, sizeof(digest));
}

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
		struct bench b;
		struct file f;
		begin(&b, pools[i].n_threads, 0);
		open_file(&f, &b);
		ck_assert(write_bytes(&f, len, 3) == SINK_OPEN);
		AUTO_FREE char *before = place_list(&b.place, place_job_text(1));
		ck_assert_msg(
		    strstr(before, "a.gif") == NULL, "%s shows too early", sizes[_i].name);
		finish(&f, "a.gif");
		check_saved(&b, &f, "a.gif", len, 3);
		place_stop(&b.place);
		check_list(&b, "a.gif");
		ck_assert(folder_used(b.folder) == (double)len);
		end(&b);
	}
}

TEST(many_files_at_one_time)
{
	enum { N = 40 };
	static struct file files[N];
	struct bench b;
	char name[16];

	begin(&b, 2, 0);
	for (unsigned i = 0; i < N; i++) {
		open_file(&files[i], &b);
		ck_assert(write_bytes(&files[i], i * 20000, i) == SINK_OPEN);
		snprintf(name, sizeof(name), "f%u", i);
		sink_finish(files[i].sink, &(struct sink_naming){.name = name});
	}
	for (unsigned i = 0; i < N; i++)
		run_until(b.place.loop, is_done, &files[i], "files to be saved");
	for (unsigned i = 0; i < N; i++) {
		snprintf(name, sizeof(name), "f%u", i);
		check_saved(&b, &files[i], name, i * 20000, i);
	}
	end(&b);
}

/* While a piece is being written another is gathered; then the sender has to wait, once. */
TEST(holds_the_sender_back)
{
	char offer[OFFER] = "";
	struct bench b;
	struct file f;
	int n = 0;

	begin(&b, 0, 0);
	open_file(&f, &b);
	while (sink_write(f.sink, offer, sizeof(offer)) == SINK_OPEN)
		ck_assert_msg(++n <= 2 * PIECE / OFFER, "takes without end");
	ck_assert_uint_eq(sink_size(f.sink), (size_t)n * OFFER);
	ck_assert(sink_write(f.sink, offer, sizeof(offer)) == SINK_BUSY);
	ck_assert_uint_eq(f.n_room, 0);
	settle(&b);
	ck_assert_uint_eq(f.n_room, 1);
	ck_assert(sink_write(f.sink, offer, sizeof(offer)) == SINK_OPEN);
	settle(&b);
	ck_assert_uint_eq(f.n_room, 1); /* nobody waited */
	sink_drop(f.sink);
	end(&b);
}

TEST(a_wrong_digest_leaves_nothing)
{
	uint8_t digest[FILE_DIGEST_SIZE];
	size_t len = sizes[_i].len;
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	open_file(&f, &b);
	ck_assert(write_bytes(&f, len, 3) == SINK_OPEN);
	digest_of(len, 3, digest);
	digest[31] ^= 1;
	finish_named(&f, &(struct sink_naming){.name = "a", .expected_digest = digest});
	ck_assert_int_eq(f.outcome.result, SINK_BAD_DIGEST);
	settle(&b);
	check_list(&b, "");
	ck_assert(folder_used(b.folder) == 0);
	open_file(&f, &b);
	ck_assert(write_bytes(&f, len, 3) == SINK_OPEN);
	digest[31] ^= 1;
	finish_named(&f, &(struct sink_naming){.name = "a", .expected_digest = digest});
	check_saved(&b, &f, "a", len, 3);
	end(&b);
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
		struct bench b;
		struct file f;
		begin(&b, pools[i].n_threads, quotas[_i].quota);
		open_file(&f, &b);
		ck_assert_msg(write_bytes(&f, 20 * PIECE, 0) == SINK_FULL, "%s", quotas[_i].name);
		ck_assert_uint_le(sink_size(f.sink), quotas[_i].quota);
		ck_assert_msg(sink_error(f.sink) == EDQUOT, "%s, %s: %s", quotas[_i].name,
		    pools[i].name, strerror(sink_error(f.sink)));
		sink_drop(f.sink);
		place_stop(&b.place);
		check_list(&b, "");
		ck_assert(folder_used(b.folder) == 0);
		end(&b);
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
		struct bench b;
		struct file f;
		begin(&b, pools[i].n_threads, 0);
		set_most(PIECE + 5000);
		open_file(&f, &b);
		ck_assert(write_bytes(&f, 20 * PIECE, 0) == SINK_FULL);
		ck_assert_uint_lt(sink_size(f.sink), 5 * PIECE);
		ck_assert_int_eq(sink_error(f.sink), EFBIG);
		ck_assert(sink_write(f.sink, "x", 1) == SINK_FULL);
		sink_drop(f.sink);
		place_stop(&b.place);
		check_list(&b, "");
		ck_assert(folder_used(b.folder) == 0);
		set_most(RLIM_INFINITY);
		end(&b);
	}
}

/* All was taken, and there is no room for the last of it. */
TEST(a_disk_that_is_full_at_last)
{
	static const size_t lengths[] = {100, PIECE + 100, 2 * PIECE};

	for (size_t i = 0; i < N_ROWS(lengths); i++) {
		struct bench b;
		struct file f;
		begin(&b, 0, 0);
		set_most(lengths[i] - 1);
		open_file(&f, &b);
		ck_assert(write_bytes(&f, lengths[i], 0) == SINK_OPEN);
		finish(&f, "a");
		ck_assert_int_eq(f.outcome.result, SINK_FAILED);
		ck_assert_int_eq(f.outcome.error, EFBIG);
		settle(&b);
		check_list(&b, "");
		ck_assert(folder_used(b.folder) == 0);
		set_most(RLIM_INFINITY);
		end(&b);
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
		struct bench b;
		struct file f;
		begin(&b, pools[i].n_threads, 0);
		size_t n_fds = place_n_fds();
		open_file(&f, &b);
		ck_assert(write_bytes(&f, drops[_i].len, 0) == SINK_OPEN);
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
		end(&b);
	}
}

static void save(struct bench *b, size_t len, unsigned seed, const struct sink_naming *naming,
    struct file *ret_file)
{
	open_file(ret_file, b);
	ck_assert(write_bytes(ret_file, len, seed) == SINK_OPEN);
	finish_named(ret_file, naming);
	settle(b);
}

/* A crash between the file and the commit of its result: the next run saves it again. */
TEST(saved_again_it_replaces)
{
	char path[128];
	struct bench b;
	struct file f;

	place_begin(&b.place, 0);
	snprintf(path, sizeof(path), "%s/a.gif", place_job_text(1));
	place_write(&b.place, path, "what was there before the crash", 31);
	struct folder_opts opts = {.path = b.place.path, .offload = b.place.offload};
	ck_assert_int_eq(folder_open(&opts, &b.folder), OK);
	settle(&b);
	ck_assert(folder_used(b.folder) == 31);
	for (unsigned i = 1; i < 4; i++) {
		save(&b, 1000 * i, i, &(struct sink_naming){.name = "a.gif"}, &f);
		check_saved(&b, &f, "a.gif", 1000 * i, i);
		ck_assert_msg(
		    folder_used(b.folder) == 1000 * i, "%u: %.0f bytes", i, folder_used(b.folder));
	}
	check_list(&b, "a.gif");
	end(&b);
}

TEST(given_up_what_it_replaced_is_gone_too)
{
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	save(&b, 3000, 1, &(struct sink_naming){.name = "a"}, &f);
	open_file(&f, &b);
	ck_assert(write_bytes(&f, 1000, 2) == SINK_OPEN);
	sink_finish(f.sink, &(struct sink_naming){.name = "a"});
	sink_drop(f.sink);
	settle(&b);
	ck_assert_uint_eq(f.n_done, 0);
	check_list(&b, "");
	ck_assert(folder_used(b.folder) == 0);
	end(&b);
}

static const struct sink_naming by_country = {.name = "Brazil.gif", .second = "Brazil-BR.gif"};

TEST(a_name_that_another_has)
{
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	save(&b, 1000, 1, &by_country, &f);
	check_saved(&b, &f, "Brazil.gif", 1000, 1);
	/* the same bytes: it is the one that was saved before a crash */
	save(&b, 1000, 1, &by_country, &f);
	check_saved(&b, &f, "Brazil.gif", 1000, 1);
	ck_assert(folder_used(b.folder) == 1000);
	check_list(&b, "Brazil.gif");
	/* as long, and other bytes: another country of this name */
	save(&b, 1000, 2, &by_country, &f);
	check_saved(&b, &f, "Brazil-BR.gif", 1000, 2);
	ck_assert(folder_used(b.folder) == 2000);
	/* and that one again, after a crash */
	save(&b, 500, 3, &by_country, &f);
	check_saved(&b, &f, "Brazil-BR.gif", 500, 3);
	ck_assert(folder_used(b.folder) == 1500);
	check_list(&b, "Brazil-BR.gif Brazil.gif");
	end(&b);
}

/* The other's file stays, with its bytes. */
TEST(given_up_while_another_has_the_name)
{
	for (unsigned seed = 1; seed <= 2; seed++) {
		struct bench b;
		struct file f;
		begin(&b, 0, 0);
		save(&b, 1000, 1, &by_country, &f);
		open_file(&f, &b);
		ck_assert(write_bytes(&f, 1000, seed) == SINK_OPEN);
		sink_finish(f.sink, &by_country);
		sink_drop(f.sink);
		settle(&b);
		check_list(&b, "Brazil.gif");
		ck_assert_msg(folder_used(b.folder) == 1000, "%s bytes: %.0f are counted",
		    seed == 1 ? "the same" : "other", folder_used(b.folder));
		end(&b);
	}
}

/* What stands where the folder or the file should be. */
static const struct {
	const char *name;
	bool is_link, is_file; /* in place of the job's folder */
} intruders[] = {{"a link for a folder", true, false}, {"a file for a folder", false, true}};

TEST(no_link_is_followed)
{
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	place_make_folder(&b.place, "elsewhere");
	if (intruders[_i].is_link)
		place_link(&b.place, place_job_text(1), "elsewhere");
	if (intruders[_i].is_file)
		place_write(&b.place, place_job_text(1), "x", 1);
	save(&b, 100, 1, &(struct sink_naming){.name = "a"}, &f);
	ck_assert_msg(f.outcome.result == SINK_FAILED, "%s", intruders[_i].name);
	ck_assert(f.outcome.error == ENOTDIR || f.outcome.error == ELOOP);
	save(&b, 3 * PIECE, 1, &(struct sink_naming){.name = "a"}, &f);
	ck_assert_int_eq(f.outcome.result, SINK_FAILED);
	AUTO_FREE char *left = place_list(&b.place, "elsewhere");
	AUTO_FREE char *parts = place_list(&b.place, ".part");
	ck_assert_str_eq(parts, "");
	ck_assert_str_eq(left, "");
	ck_assert(folder_used(b.folder) == 0);
	end(&b);
}

TEST(a_link_for_a_file_is_replaced)
{
	char path[128];
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	place_write(&b.place, "victim", "victim", 6);
	place_make_folder(&b.place, place_job_text(1));
	snprintf(path, sizeof(path), "%s/a", place_job_text(1));
	place_link(&b.place, path, "../victim");
	save(&b, 100, 1, &(struct sink_naming){.name = "a"}, &f);
	check_saved(&b, &f, "a", 100, 1);
	AUTO_FREE char *victim = place_read(&b.place, "victim", NULL);
	ck_assert_str_eq(victim, "victim");
	ck_assert_msg(folder_used(b.folder) == 100, "%.0f", folder_used(b.folder));
	end(&b);
}

TEST(a_folder_for_a_file_is_an_error)
{
	char path[128];
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	snprintf(path, sizeof(path), "%s/a/b", place_job_text(1));
	place_write(&b.place, path, "x", 1);
	save(&b, 100, 1, &(struct sink_naming){.name = "a"}, &f);
	ck_assert_int_eq(f.outcome.result, SINK_FAILED);
	ck_assert_int_eq(f.outcome.error, EISDIR);
	check_list(&b, "a/ a/b");
	ck_assert(folder_used(b.folder) == 0);
	end(&b);
}

/* The job is deleted under a file that is on its way, which is given up behind that. */
TEST(its_job_is_removed)
{
	struct id job = place_job(1);
	struct bench b;
	struct file f;

	begin(&b, 0, 0);
	open_file(&f, &b);
	ck_assert(write_bytes(&f, 3 * PIECE, 1) == SINK_OPEN);
	folder_remove_job(b.folder, &job);
	settle(&b);
	sink_finish(f.sink, &(struct sink_naming){.name = "a"});
	sink_drop(f.sink);
	settle(&b);
	AUTO_FREE char *left = place_list(&b.place, ".");
	ck_assert_str_eq(left, ".part/");
	ck_assert(folder_used(b.folder) == 0);
	end(&b);
}

SUITE(sink)
{
	ADD_ROWS(the_quota_stops_it, quotas);
	ADD(a_full_disk_stops_it);
	ADD(a_disk_that_is_full_at_last);
	ADD_ROWS(a_wrong_digest_leaves_nothing, sizes);
	ADD_ROWS(given_up_it_leaves_nothing, drops);
	ADD(given_up_what_it_replaced_is_gone_too);
	ADD(given_up_while_another_has_the_name);
	ADD_ROWS(no_link_is_followed, intruders);
	ADD(a_link_for_a_file_is_replaced);
	ADD(a_folder_for_a_file_is_an_error);
	ADD(its_job_is_removed);
	ADD(holds_the_sender_back);
	ADD(saved_again_it_replaces);
	ADD(a_name_that_another_has);
	ADD_ROWS(saves_whole_files, sizes);
	ADD(many_files_at_one_time);
}
