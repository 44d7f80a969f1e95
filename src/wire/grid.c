#include "wire/grid.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"
#include "model/registration.h"
#include "model/tagged.h"
#include "model/target.h"
#include "wire/cells.h"

enum {
	WORD_SIZE = 64,      /* a longer word is cut: it is no label */
	CELL_TEXT = 12,      /* bytes that a cell takes in the output, about */
	LEAST_WORD_WIDTH = 4 /* of the column of words, in text */
};

/* A cell is 0 as long as there is no result, HIDDEN, or 1 + status with these bits. */
enum { IS_LIKELY = 0x40, IS_WITHOUT_ADDRESS = 0x20, STATUS = 0x1f, HIDDEN = 0xff };

/* As results are passed on; the name follows. */
struct packed {
	uint64_t seq;
	uint32_t index;
	uint16_t name_len;
	uint8_t cell;
	bool is_name; /* it is one, not what was given in its place */
};

struct grid {
	struct grid_opts opts;
	uint32_t n_rows, first_row; /* in all, and the first of the window */
	uint32_t max_rows;          /* of a window */
	uint8_t *cells;             /* owned; row by row */
	char (*words)[WORD_SIZE];   /* owned; of each row, "" as long as it is unknown */
	char **tlds;                /* owned; of each column; NULL: unknown */
	bool *is_sure;              /* owned; of each column: its TLD comes from a name */
	uint64_t n_known;           /* cells of the window */
	uint64_t last_seq;          /* read */
	uint64_t next_seq;          /* the first of a row behind the window; 0: none was met */
	uint32_t next_row;          /* the first row that was met behind it */
	bool has_head;
	size_t word_width;
};

static uint32_t rows_in_window(const struct grid *g)
{
	uint32_t left = g->n_rows - g->first_row;

	return left < g->max_rows ? left : g->max_rows;
}

static void clear_window(struct grid *g)
{
	memset(g->cells, 0, (size_t)g->max_rows * g->opts.place.width);
	memset(g->words, 0, (size_t)g->max_rows * WORD_SIZE);
	g->n_known = g->next_seq = g->next_row = 0;
}

struct grid *grid_new(const struct grid_opts *opts)
{
	struct grid *g = xcalloc(1, sizeof(*g));
	size_t width = opts->place.width, row = WORD_SIZE + width * (1 + CELL_TEXT);

	g->opts = *opts;
	g->n_rows = opts->place.n / opts->place.width;
	g->max_rows = (uint32_t)(opts->max_rows > 0 ? opts->max_rows : GRID_BYTES / row + 1);
	if (g->max_rows > g->n_rows)
		g->max_rows = g->n_rows;
	g->cells = xmalloc(g->max_rows * width);
	g->words = xmalloc((size_t)g->max_rows * WORD_SIZE);
	g->tlds = xcalloc(width, sizeof(*g->tlds));
	g->is_sure = xcalloc(width, sizeof(*g->is_sure));
	clear_window(g);
	return g;
}

void grid_free(struct grid *grid)
{
	if (grid == NULL)
		return;
	for (uint32_t i = 0; i < grid->opts.place.width; i++)
		free(grid->tlds[i]);
	free(grid->tlds);
	free(grid->is_sure);
	free(grid->cells);
	free(grid->words);
	free(grid);
}

/* --- Reading --- */

static bool is_likely_available(const struct result *r)
{
	struct registration_facts facts;
	struct span bytes = {NULL, 0};

	if (r->status != ITEM_UNKNOWN || !tagged_find(r->tagged, RESULT_TAG_REGISTRATION, &bytes))
		return false;
	registration_facts_read(bytes, &facts);
	return facts.is_likely_available;
}

void grid_add_result(struct buf *b, const struct result *r)
{
	size_t len = r->name_len < UINT16_MAX ? r->name_len : UINT16_MAX;
	struct packed p = {.seq = r->seq,
	    .index = r->index,
	    .name_len = (uint16_t)len,
	    .cell = (uint8_t)(1 + r->status),
	    .is_name = r->reason != REASON_INVALID_NAME};

	if (is_likely_available(r))
		p.cell |= IS_LIKELY;
	if (r->reason == REASON_NO_ADDRESS)
		p.cell |= IS_WITHOUT_ADDRESS;
	buf_add(b, &p, sizeof(p));
	buf_add(b, r->name, len);
}

/* Words have no dot, so the first one begins the TLD. What is no name may tell it, too, as long as
 * nothing better does. */
static void learn_tld(struct grid *g, uint32_t column, const char *dot, size_t len, bool is_name)
{
	if (g->is_sure[column] || (g->tlds[column] != NULL && !is_name))
		return;
	free(g->tlds[column]);
	g->tlds[column] = xstrndup(dot + 1, len - 1 < TARGET_MAX ? len - 1 : TARGET_MAX);
	g->is_sure[column] = is_name;
}

static void add(struct grid *g, const struct packed *p, const char *name)
{
	const struct grid_place *place = &g->opts.place;
	uint32_t at = p->index - place->first, row = at / place->width, column = at % place->width;

	g->last_seq = p->seq;
	if (p->index < place->first || at >= place->n || row < g->first_row)
		return;
	const char *dot = memchr(name, '.', p->name_len);
	size_t word_len = dot != NULL ? (size_t)(dot - name) : p->name_len;
	if (dot != NULL)
		learn_tld(g, column, dot, p->name_len - word_len, p->is_name);
	if (row - g->first_row >= rows_in_window(g)) {
		g->next_seq = g->next_seq == 0 ? p->seq : g->next_seq;
		g->next_row = g->next_row == 0 || row < g->next_row ? row : g->next_row;
		return;
	}
	row -= g->first_row;
	uint8_t *cell = &g->cells[(size_t)row * place->width + column];
	bool is_shown = !g->opts.has_status || (p->cell & STATUS) == 1 + g->opts.status;
	g->n_known += *cell == 0;
	*cell = is_shown ? p->cell : HIDDEN;
	if (g->words[row][0] == '\0')
		memcpy(g->words[row], name, word_len < WORD_SIZE ? word_len : WORD_SIZE - 1);
}

void grid_read(struct grid *grid, const char *bytes, size_t n_bytes)
{
	struct packed p;

	for (size_t at = 0; at + sizeof(p) <= n_bytes; at += sizeof(p) + p.name_len) {
		memcpy(&p, bytes + at, sizeof(p));
		add(grid, &p, bytes + at + sizeof(p));
	}
}

bool grid_is_full(const struct grid *grid)
{
	return grid->n_known == (uint64_t)rows_in_window(grid) * grid->opts.place.width;
}

/* --- Writing --- */

static char mark_of(uint8_t cell)
{
	static const char marks[ITEM_N_STATUSES] = {[ITEM_FOUND] = '+',
	    [ITEM_NOT_FOUND] = '.',
	    [ITEM_ERROR] = '?',
	    [ITEM_AVAILABLE] = '+',
	    [ITEM_REGISTERED] = '.',
	    [ITEM_RESERVED] = '-',
	    [ITEM_UNKNOWN] = '?'};

	if (cell == 0 || cell == HIDDEN)
		return ' ';
	if ((cell & (IS_LIKELY | IS_WITHOUT_ADDRESS)) != 0)
		return (cell & IS_LIKELY) != 0 ? '~' : '-';
	return marks[(cell & STATUS) - 1];
}

static const char *tld_of(const struct grid *g, uint32_t column)
{
	return g->tlds[column] != NULL ? g->tlds[column] : "";
}

static void add_word_csv(const struct grid *g, struct buf *out, const char *word)
{
	cell_add_csv(out, word, strlen(word), g->opts.is_safe);
}

static void add_blanks(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_add_char(out, ' ');
}

static void add_word_text(struct buf *out, const char *word, size_t width)
{
	size_t start = out->len;

	utf8_add_visible(out, word, strlen(word), '?');
	if (out->len - start < width)
		add_blanks(out, width - (out->len - start));
}

/* Without blanks at its end. */
static void end_line(struct buf *out)
{
	size_t len = out->len;

	while (len > 0 && out->data[len - 1] == ' ')
		len--;
	buf_truncate(out, len);
	buf_add_char(out, '\n');
}

static void write_head(struct grid *g, struct buf *out)
{
	g->has_head = true;
	g->word_width = LEAST_WORD_WIDTH;
	for (uint32_t row = 0; row < rows_in_window(g); row++) {
		size_t len = strlen(g->words[row]);
		g->word_width = len > g->word_width ? len : g->word_width;
	}
	if (g->opts.is_csv)
		buf_add_str(out, "word");
	else
		add_word_text(out, "", g->word_width);
	for (uint32_t column = 0; column < g->opts.place.width; column++) {
		buf_add_str(out, g->opts.is_csv ? "," : "  ");
		if (g->opts.is_csv)
			add_word_csv(g, out, tld_of(g, column));
		else
			add_word_text(out, tld_of(g, column), 1);
	}
	if (g->opts.is_csv)
		buf_add_str(out, "\r\n");
	else
		end_line(out);
}

static bool is_row_shown(const struct grid *g, const uint8_t *cells)
{
	for (uint32_t column = 0; column < g->opts.place.width; column++) {
		if (cells[column] != 0 && cells[column] != HIDDEN)
			return true;
	}
	return false;
}

static void write_row(const struct grid *g, struct buf *out, uint32_t row, const uint8_t *cells)
{
	if (g->opts.is_csv)
		add_word_csv(g, out, g->words[row]);
	else
		add_word_text(out, g->words[row], g->word_width);
	for (uint32_t column = 0; column < g->opts.place.width; column++) {
		uint8_t cell = cells[column];
		size_t width = strlen(tld_of(g, column));
		if (!g->opts.is_csv) {
			add_blanks(out, 2);
			buf_add_char(out, mark_of(cell));
			add_blanks(out, width > 1 ? width - 1 : 0);
			continue;
		}
		buf_add_char(out, ',');
		if (cell != 0 && cell != HIDDEN)
			buf_add_str(out, item_status_name((enum item_status)((cell & STATUS) - 1)));
	}
	if (g->opts.is_csv)
		buf_add_str(out, "\r\n");
	else
		end_line(out);
}

bool grid_write(struct grid *grid, struct buf *out, uint64_t *ret_after)
{
	struct grid *g = grid;
	uint32_t n = rows_in_window(g), end = g->first_row + n;
	bool was_full = grid_is_full(g);

	if (!g->has_head)
		write_head(g, out);
	for (uint32_t row = 0; row < n; row++) {
		const uint8_t *cells = &g->cells[(size_t)row * g->opts.place.width];
		if (is_row_shown(g, cells))
			write_row(g, out, row, cells);
	}
	bool is_more = end < g->n_rows && (g->next_seq > 0 || was_full);
	/* the rest of a full window was not read to its end: rows before those met may follow */
	*ret_after = g->next_seq > 0 ? g->next_seq - 1 : g->last_seq;
	g->first_row = g->next_row > 0 && !was_full ? g->next_row : end;
	clear_window(g);
	return is_more;
}
