/* Intake: turns a submission's sources (lines of a body, or the lists of a spec) into chunks of
 * normalised items, and finds duplicates. Files get the names under which they will be saved; they
 * are never duplicates. Knows neither loop nor store. As long as its chunks are taken, its memory
 * is bounded whatever the length of the list, but for 16 bytes a file. Thread: any (one at a time).
 */
#pragma once

#include "intake/dedup.h"
#include "model/chunk.h"
#include "model/spec.h"
#include "wire/lines.h"
#include "wire/problem.h"

struct intake;

struct intake_opts {
	const struct spec *spec; /* borrowed */
	const char *base_url;    /* borrowed; where flags are */
	bool has_lines;          /* items come by intake_read, beside those of the spec */
	enum lines_format format;
	uint64_t max_items;
	const char *folder; /* borrowed; for what doesn't fit in memory */
};

enum { INTAKE_FIRST = 20 }; /* names, or URLs, kept for a dry run */

struct intake *intake_new(const struct intake_opts *opts);
void intake_free(struct intake *in);

/* Read a piece of the body, up to the line where the intake is full. False: `p` is filled. */
bool intake_read(
    struct intake *in, const char *bytes, size_t n_bytes, size_t *ret_n_read, struct problem *p);

/* Add an item as a chunk has it: a normalised name, a packed file whose name is unique, or what is
 * neither. */
void intake_add(struct intake *in, const char *text, size_t len, bool is_valid, struct problem *p);

/* Go on with the lists of the spec, by at most `max_items` items or until the intake is full.
 * *ret_is_more tells whether there are more. */
bool intake_expand(struct intake *in, size_t max_items, bool *ret_is_more, struct problem *p);

/* The body is at its end and the lists are through: close the last chunk, begin to find duplicates.
 */
bool intake_finish(struct intake *in, struct problem *p);

/* Return whether chunks must be taken before more is read. */
enum { INTAKE_CHUNKS = 16, INTAKE_BYTES = 1 << 20 };
bool intake_is_full(const struct intake *in);
/* Take the chunks that wait, numbered on from the last taken: a new array that the caller owns. */
struct chunk *intake_take_chunks(struct intake *in, size_t *ret_n);

/* After intake_finish: fill `ret_duplicates` with up to `max`; fewer at the end. False with `p`
 * filled. */
bool intake_duplicates(struct intake *in, struct duplicate *ret_duplicates, size_t max,
    size_t *ret_n, struct problem *p);

/* How many names, of files and their folders, are kept so that they are unique. */
size_t intake_n_names(const struct intake *in);

/* The items that are words under TLDs; none unless they follow on each other. */
struct grid_place intake_grid(const struct intake *in);

uint64_t intake_total(const struct intake *in);
uint64_t intake_invalid(const struct intake *in);
/* The first names, at most INTAKE_FIRST; borrowed. */
const struct chunk *intake_first(const struct intake *in);
