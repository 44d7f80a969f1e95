/* External merge sort of hashed names. */
#include "intake/dedup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/random.h"

/* 3 MiB sorted at once; each segment is merged through 12 KiB */
enum { RUN_ENTRIES = 1 << 17, MERGE_ENTRIES = 512 };

enum { BUCKET_BITS = 13, BUCKETS = 1 << BUCKET_BITS, FEW = 64 };

struct entry {
	uint64_t high, low;
	uint64_t index;
};

struct segment {
	off_t at, end;         /* bytes of the file not read yet */
	struct entry *entries; /* owned buffer; NULL for the segment still in memory */
	size_t n, next;
};

struct dedup {
	const char *folder;
	int fd; /* owned; -1: nothing was spilled */
	off_t file_end;
	uint64_t seed;
	struct entry *entries; /* owned; the segment being filled */
	size_t n, room;
	size_t n_segments;
	struct segment *segments; /* owned */
	struct entry last;        /* first item of the group of equal hashes being read */
	bool has_last;
	enum err error;
};

struct dedup *dedup_new(const char *folder)
{
	struct dedup *d = xcalloc(1, sizeof(*d));

	d->folder = folder;
	d->fd = -1;
	random_bytes(&d->seed, sizeof(d->seed));
	return d;
}

void dedup_free(struct dedup *d)
{
	if (d == NULL)
		return;
	if (d->fd >= 0)
		close(d->fd);
	for (size_t i = 0; i < d->n_segments; i++) {
		if (d->segments[i].entries != d->entries)
			free(d->segments[i].entries);
	}
	FREE_ALL(d->segments, d->entries, d);
}

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->high != y->high)
		return x->high < y->high ? -1 : 1;
	if (x->low != y->low)
		return x->low < y->low ? -1 : 1;
	return (x->index > y->index) - (x->index < y->index);
}

static size_t bucket_of(const struct entry *e)
{
	return (size_t)(e->high >> (64 - BUCKET_BITS));
}

/* Move each entry into the bucket of its first bits; `ends` becomes the buckets' ends. */
static void distribute(struct entry *entries, size_t n, uint32_t *nexts, uint32_t *ends)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++)
		ends[bucket_of(&entries[i])]++;
	for (size_t b = 0; b < BUCKETS; b++) {
		nexts[b] = sum;
		sum += ends[b];
		ends[b] = sum;
	}
	for (size_t b = 0; b < BUCKETS; b++) {
		while (nexts[b] < ends[b]) {
			struct entry e = entries[nexts[b]];
			size_t to = bucket_of(&e);
			entries[nexts[b]] = entries[nexts[to]];
			entries[nexts[to]++] = e;
		}
	}
}

static void sort_few(struct entry *entries, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		struct entry e = entries[i];
		size_t at = i;
		for (; at > 0 && compare(&e, &entries[at - 1]) < 0; at--)
			entries[at] = entries[at - 1];
		entries[at] = e;
	}
}

/* Hashes are spread evenly, so buckets of their first bits hold a few entries each; only where one
 * name is there many times they hold more. */
static void sort_segment(struct dedup *d)
{
	if (d->n < BUCKETS) {
		if (d->n > 0)
			qsort(d->entries, d->n, sizeof(*d->entries), compare);
		return;
	}
	AUTO_FREE uint32_t *nexts = xcalloc(BUCKETS, sizeof(*nexts));
	AUTO_FREE uint32_t *ends = xcalloc(BUCKETS, sizeof(*ends));
	size_t start = 0;
	distribute(d->entries, d->n, nexts, ends);
	for (size_t b = 0; b < BUCKETS; start = ends[b++]) {
		if (ends[b] - start > FEW)
			qsort(d->entries + start, ends[b] - start, sizeof(*d->entries), compare);
		else
			sort_few(d->entries + start, ends[b] - start);
	}
}

static struct segment *add_segment(struct dedup *d)
{
	d->segments = xrealloc(d->segments, (d->n_segments + 1) * sizeof(*d->segments));
	struct segment *r = &d->segments[d->n_segments++];
	*r = (struct segment){.n = 0};
	return r;
}

static enum err write_all(int fd, const void *bytes, size_t n, off_t at)
{
	const char *p = bytes;

	while (n > 0) {
		ssize_t done = pwrite(fd, p, n, at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? ERR_FULL
										    : ERR_IO;
		p += done;
		at += done;
		n -= (size_t)done;
	}
	return OK;
}

static enum err spill(struct dedup *d)
{
	size_t n_bytes = d->n * sizeof(*d->entries);

	if (d->fd < 0)
		d->fd = open(d->folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (d->fd < 0)
		return errno == ENOSPC ? ERR_FULL : ERR_IO;
	sort_segment(d);
	enum err e = write_all(d->fd, d->entries, n_bytes, d->file_end);
	if (e != OK)
		return e;
	struct segment *r = add_segment(d);
	r->at = d->file_end;
	d->file_end += (off_t)n_bytes;
	r->end = d->file_end;
	d->n = 0;
	return OK;
}

enum err dedup_add(struct dedup *d, const char *name, size_t len, uint32_t index)
{
	if (d->n == RUN_ENTRIES) {
		d->error = spill(d);
		if (d->error != OK)
			return d->error;
	}
	if (d->n == d->room) {
		d->room = d->room > 0 ? d->room * 4 : 64;
		d->room = d->room < RUN_ENTRIES ? d->room : RUN_ENTRIES;
		d->entries = xrealloc(d->entries, d->room * sizeof(*d->entries));
	}
	XXH128_hash_t hash = XXH3_128bits_withSeed(name, len, d->seed);
	d->entries[d->n++] = (struct entry){.high = hash.high64, .low = hash.low64, .index = index};
	return OK;
}

/* Read on in a segment; false when it is at its end. */
static bool fill(struct dedup *d, struct segment *r)
{
	size_t want = MERGE_ENTRIES * sizeof(struct entry);

	if (r->next < r->n)
		return true;
	if (r->at == r->end)
		return false;
	if (r->entries == NULL)
		r->entries = xmalloc(want);
	if ((off_t)want > r->end - r->at)
		want = (size_t)(r->end - r->at);
	ssize_t n = pread(d->fd, r->entries, want, r->at);
	if (n != (ssize_t)want) {
		d->error = ERR_IO;
		return false;
	}
	r->at += n;
	r->n = (size_t)n / sizeof(struct entry);
	r->next = 0;
	return true;
}

/* Restore the heap (least entry first) from place `i` downward. */
static void sift_down(struct dedup *d, size_t i)
{
	struct segment r = d->segments[i];

	for (size_t child; (child = 2 * i + 1) < d->n_segments; i = child) {
		struct segment *c = &d->segments[child];
		if (child + 1 < d->n_segments &&
		    compare(&c[1].entries[c[1].next], &c->entries[c->next]) < 0)
			c = &d->segments[++child];
		if (compare(&r.entries[r.next], &c->entries[c->next]) <= 0)
			break;
		d->segments[i] = *c;
	}
	d->segments[i] = r;
}

enum err dedup_finish(struct dedup *d)
{
	if (d->error != OK)
		return d->error;
	sort_segment(d);
	if (d->n > 0) {
		struct segment *r = add_segment(d);
		r->entries = d->entries;
		r->n = d->n;
	}
	for (size_t i = 0; i < d->n_segments; i++) {
		if (!fill(d, &d->segments[i]))
			return d->error;
	}
	for (size_t i = d->n_segments / 2; i-- > 0;)
		sift_down(d, i);
	return OK;
}

/* Take the least entry of all segments. */
static bool pop(struct dedup *d, struct entry *ret_entry)
{
	if (d->n_segments == 0)
		return false;
	struct segment *r = &d->segments[0];
	*ret_entry = r->entries[r->next++];
	if (!fill(d, r)) {
		if (d->error != OK)
			return false;
		if (r->entries != d->entries)
			free(r->entries);
		*r = d->segments[--d->n_segments];
	}
	if (d->n_segments > 0)
		sift_down(d, 0);
	return true;
}

bool dedup_next(struct dedup *d, struct duplicate *ret_duplicate)
{
	struct entry e;

	while (pop(d, &e)) {
		if (d->has_last && d->last.high == e.high && d->last.low == e.low) {
			*ret_duplicate = (struct duplicate){
			    .index = (uint32_t)e.index, .first = (uint32_t)d->last.index};
			return true;
		}
		d->last = e;
		d->has_last = true;
	}
	return false;
}

enum err dedup_error(const struct dedup *d)
{
	return d->error;
}
