/* A folder and the files that are received into it, for the tests of sinks. */
#pragma once

#include "fetch/folder.h"
#include "fetch/sink.h"
#include "place.h"

enum { PIECE = 128 << 10, OFFER = 16 << 10 };

struct sink_bench {
	struct place place;
	struct folder *folder;
};

/* A file on its way. */
struct sink_file {
	struct sink_bench *bench;
	struct sink *sink;
	unsigned n_room, n_done;
	struct sink_outcome outcome;
	char name[300];
};

void sink_bench_begin(struct sink_bench *b, int n_threads, uint64_t quota, bool has_named_drafts);
void sink_bench_settle(struct sink_bench *b);
void sink_bench_end(struct sink_bench *b);
void sink_bench_check_list(struct sink_bench *b, const char *want);
void sink_bench_open_file(struct sink_file *f, struct sink_bench *b);
enum sink_state sink_bench_write_bytes(struct sink_file *f, size_t len, unsigned seed);
void sink_bench_finish_named(struct sink_file *f, const struct sink_naming *naming);
void sink_bench_finish(struct sink_file *f, const char *name);
char *sink_bench_make_bytes(size_t len, unsigned seed);
void sink_bench_digest_of(size_t len, unsigned seed, uint8_t ret_digest[static FILE_DIGEST_SIZE]);
void sink_bench_check_saved(
    struct sink_bench *b, const struct sink_file *f, const char *name, size_t len, unsigned seed);
void sink_bench_save(struct sink_bench *b, size_t len, unsigned seed,
    const struct sink_naming *naming, struct sink_file *ret_file);
bool sink_bench_is_done(void *file);
