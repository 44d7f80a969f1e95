/* Files into a folder, for the tests of sinks. */
#include "../unit.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "../../fake/runner.h"
#include "base/alloc.h"
#include "sink_bench.h"

void sink_bench_begin(struct sink_bench *b, int n_threads, uint64_t quota, bool has_named_drafts)
{
	struct folder_opts opts = {
	    .path = b->place.path, .quota = quota, .has_named_drafts = has_named_drafts};

	place_begin(&b->place, n_threads);
	opts.offload = b->place.offload;
	ck_assert_int_eq(folder_open(&opts, &b->folder), OK);
	place_settle(&b->place); /* what is there is counted */
}

/* The pool works in this thread: let all that it did be told. */
void sink_bench_settle(struct sink_bench *b)
{
	while (mailbox_deliver(b->place.mailbox))
		continue;
}

void sink_bench_end(struct sink_bench *b)
{
	place_stop(&b->place);
	folder_close(b->folder);
	place_end(&b->place);
}

void sink_bench_check_list(struct sink_bench *b, const char *want)
{
	AUTO_FREE char *got = place_list(&b->place, place_job_text(1));
	AUTO_FREE char *parts = place_list(&b->place, ".part");

	ck_assert_str_eq(got, want);
	ck_assert_str_eq(parts, "");
}

static void on_room(void *arg)
{
	struct sink_file *f = arg;

	f->n_room++;
}

static void on_done(const struct sink_outcome *outcome, void *arg)
{
	struct sink_file *f = arg;

	f->n_done++;
	f->outcome = *outcome;
	if (outcome->name != NULL)
		snprintf(f->name, sizeof(f->name), "%s", outcome->name);
	f->outcome.name = f->name;
	f->sink = NULL;
}

void sink_bench_open_file(struct sink_file *f, struct sink_bench *b)
{
	struct id job = place_job(1);
	const struct sink_events events = {.on_room = on_room, .on_done = on_done, .arg = f};

	*f = (struct sink_file){.bench = b};
	f->sink = sink_new(b->folder, b->place.offload, &job, &events);
}

static char byte_at(size_t i, unsigned seed)
{
	return (char)(i * 7 + (i >> 8) * 13 + (i >> 16) + seed);
}

static bool has_room(void *arg)
{
	return ((struct sink_file *)arg)->n_room > 0;
}

/* Write `len` bytes in offers as libcurl makes them, waiting for room where there is none. */
enum sink_state sink_bench_write_bytes(struct sink_file *f, size_t len, unsigned seed)
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

bool sink_bench_is_done(void *arg)
{
	return ((struct sink_file *)arg)->n_done > 0;
}

void sink_bench_finish_named(struct sink_file *f, const struct sink_naming *naming)
{
	sink_finish(f->sink, naming);
	ck_assert_uint_eq(f->n_done, 0);
	run_until(f->bench->place.loop, sink_bench_is_done, f, "a file to be saved");
	ck_assert_uint_eq(f->n_done, 1);
}

void sink_bench_finish(struct sink_file *f, const char *name)
{
	sink_bench_finish_named(f, &(struct sink_naming){.name = name});
}

/* The bytes that write_bytes writes; new memory. */
char *sink_bench_make_bytes(size_t len, unsigned seed)
{
	char *bytes = xmalloc(len + 1);

	for (size_t i = 0; i < len; i++)
		bytes[i] = byte_at(i, seed);
	return bytes;
}

void sink_bench_digest_of(size_t len, unsigned seed, uint8_t ret_digest[static FILE_DIGEST_SIZE])
{
	AUTO_FREE char *bytes = sink_bench_make_bytes(len, seed);
	unsigned size;

	ck_assert_int_eq(EVP_Digest(bytes, len, ret_digest, &size, EVP_sha256(), NULL), 1);
}

void sink_bench_check_saved(
    struct sink_bench *b, const struct sink_file *f, const char *name, size_t len, unsigned seed)
{
	uint8_t digest[FILE_DIGEST_SIZE];
	char path[300];
	size_t got_len = 0;

	snprintf(path, sizeof(path), "%s/%s", place_job_text(1), name);
	AUTO_FREE char *got = place_read(&b->place, path, &got_len);
	AUTO_FREE char *want = sink_bench_make_bytes(len, seed);
	ck_assert_msg(got != NULL && got_len == len, "%s has %zu bytes", name, got_len);
	ck_assert_msg(memcmp(got, want, len) == 0, "%s has other bytes", name);
	sink_bench_digest_of(len, seed, digest);
	ck_assert_int_eq(f->outcome.result, SINK_SAVED);
	ck_assert_str_eq(f->outcome.name, name);
	ck_assert_uint_eq(f->outcome.n_bytes, len);
	ck_assert_mem_eq(f->outcome.digest, digest, sizeof(digest));
}

void sink_bench_save(struct sink_bench *b, size_t len, unsigned seed,
    const struct sink_naming *naming, struct sink_file *ret_file)
{
	sink_bench_open_file(ret_file, b);
	ck_assert(sink_bench_write_bytes(ret_file, len, seed) == SINK_OPEN);
	sink_bench_finish_named(ret_file, naming);
	sink_bench_settle(b);
}
