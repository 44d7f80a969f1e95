/* Grids of results that come in any order. */
#include "../unit.h"

#include <stdlib.h>

#include "model/registration.h"
#include "model/tagged.h"
#include "wire/grid.h"

enum { WIDTH = 3, WORDS = 50, FIRST = 7, N = WORDS * WIDTH };

static const char *const tlds[WIDTH] = {"dev", "com.br", "x"};

static void add(struct buf *b, uint64_t seq, uint32_t index, const char *name,
    enum item_status status, enum reason reason)
{
	struct result r = {.seq = seq,
	    .index = index,
	    .name = (char *)name,
	    .name_len = strlen(name),
	    .status = status,
	    .reason = reason};

	grid_add_result(b, &r);
}

/* Make a grid of `n` results, some thousand bytes of them a page. */
static char *make(const struct grid_opts *opts, const struct buf *all, const size_t *ends, size_t n)
{
	struct grid *grid = grid_new(opts);
	struct buf out;
	uint64_t after = 0;
	unsigned n_windows = 0;

	buf_init(&out, 1 << 20);
	do {
		while (after < n && !grid_is_full(grid)) {
			size_t start = after > 0 ? ends[after - 1] : 0;
			grid_read(grid, all->data + start, ends[after] - start);
			after++;
		}
		ck_assert_uint_lt(n_windows++, 1000);
	} while (grid_write(grid, &out, &after));
	grid_free(grid);
	return buf_take(&out, NULL);
}

static char status_of(uint32_t index)
{
	static const char statuses[] = {
	    ITEM_AVAILABLE, ITEM_REGISTERED, ITEM_UNKNOWN, ITEM_RESERVED};

	return statuses[index * 7 % sizeof(statuses)];
}

/* The same grid, made plainly; of the results `is_there`. */
static char *expect(const bool *is_there)
{
	struct buf out;

	buf_init(&out, 1 << 20);
	buf_add_str(&out, "word,dev,com.br,x\r\n");
	for (uint32_t row = 0; row < WORDS; row++) {
		const bool *cells = is_there + row * WIDTH;
		if (!cells[0] && !cells[1] && !cells[2])
			continue;
		buf_addf(&out, "word%u", row);
		for (uint32_t i = 0; i < WIDTH; i++)
			buf_addf(&out, ",%s",
			    cells[i]
				? item_status_name((enum item_status)status_of(row * WIDTH + i))
				: "");
		buf_add_str(&out, "\r\n");
	}
	return buf_take(&out, NULL);
}

/* Windows of few rows or many, results in any order, all of them or some. */
TEST(any_order)
{
	struct grid_opts opts = {.place = {FIRST, N, WIDTH}, .is_csv = true};
	uint32_t order[N];
	bool is_there[N] = {false};
	size_t ends[N + 2], n = 0;
	struct buf all;
	char name[40];

	srand((unsigned)_i);
	for (uint32_t i = 0; i < N; i++)
		order[i] = i;
	uint32_t reach = _i % 4 == 0   ? 1
			 : _i % 4 == 1 ? 5
				       : N; /* how far from its place one may be */
	for (uint32_t i = 0; i + 1 < N; i++) {
		uint32_t left = N - i, k = i + (uint32_t)rand() % (reach < left ? reach : left);
		uint32_t other = order[i];
		order[i] = order[k];
		order[k] = other;
	}
	opts.max_rows = (size_t[]){1, 2, 7, WORDS, 1000, 0}[_i % 6];
	buf_init(&all, 1 << 20);
	add(&all, ++n, FIRST - 1, "not-in.the.grid", ITEM_AVAILABLE, REASON_NONE);
	ends[n - 1] = all.len;
	uint32_t n_done = _i % 3 == 0 ? N : (uint32_t)rand() % (N - 20) + 20;
	for (uint32_t i = 0; i < n_done; i++) {
		uint32_t at = order[i];
		snprintf(name, sizeof(name), "word%u.%s", at / WIDTH, tlds[at % WIDTH]);
		is_there[at] = true;
		add(&all, ++n, FIRST + at, name, (enum item_status)status_of(at), REASON_NONE);
		ends[n - 1] = all.len;
	}
	add(&all, ++n, FIRST + N, "not-in.the.grid", ITEM_AVAILABLE, REASON_NONE);
	ends[n - 1] = all.len;
	char *got = make(&opts, &all, ends, n), *want = expect(is_there);
	ck_row_str("grid", got, want);
	free(got);
	free(want);
	buf_done(&all);
}

static const struct {
	const char *name, *want;
	bool is_csv, is_safe, has_status;
} rows[] = {
    {"text",
	"               dev  com.br  x\n"
	"await          +    .       ~\n"
	"=1 2           ?\n"
	"xn--mller-kva       -       -\n",
	false, false, false},
    {"CSV",
	"word,dev,com.br,x\r\nawait,available,registered,unknown\r\n=1 2,error,,\r\n"
	"xn--mller-kva,,not_found,reserved\r\n",
	true, false, false},
    {"safe CSV",
	"word,dev,com.br,x\r\nawait,available,registered,unknown\r\n'=1 2,error,,\r\n"
	"xn--mller-kva,,not_found,reserved\r\n",
	true, true, false},
    {"of one status", "word,dev,com.br,x\r\nawait,available,,\r\n", true, false, true},
};

TEST(cells)
{
	struct grid_opts opts = {.place = {0, 12, WIDTH},
	    .is_csv = rows[_i].is_csv,
	    .is_safe = rows[_i].is_safe,
	    .has_status = rows[_i].has_status,
	    .status = ITEM_AVAILABLE};
	struct buf all, facts, tagged;

	buf_init(&all, 1 << 16);
	buf_init(&facts, 100);
	buf_init(&tagged, 100);
	registration_facts_add(&facts, &(struct registration_facts){.is_likely_available = true});
	tagged_add(&tagged, RESULT_TAG_REGISTRATION, (struct span){facts.data, facts.len});
	struct result likely = {.seq = 1,
	    .index = 2,
	    .name = "await.x",
	    .name_len = 7,
	    .status = ITEM_UNKNOWN,
	    .reason = REASON_RDAP_BUDGET,
	    .tagged = {tagged.data, tagged.len}};
	grid_add_result(&all, &likely);
	add(&all, 2, 3, "=1 2.dev", ITEM_ERROR, REASON_INVALID_NAME);
	add(&all, 3, 0, "await.dev", ITEM_AVAILABLE, REASON_NONE);
	add(&all, 4, 1, "await.com.br", ITEM_REGISTERED, REASON_NONE);
	add(&all, 5, 8, "xn--mller-kva.x", ITEM_RESERVED, REASON_BLOCKED);
	add(&all, 6, 7, "xn--mller-kva.com.br", ITEM_NOT_FOUND, REASON_NO_ADDRESS);
	size_t end = all.len;
	char *got = make(&opts, &all, &end, 1);
	ck_row_str(rows[_i].name, got, rows[_i].want);
	free(got);
	buf_done(&all);
	buf_done(&facts);
	buf_done(&tagged);
}

SUITE(grid)
{
	tcase_add_loop_test(tcase, any_order, 0, 48);
	ADD_ROWS(cells, rows);
}
