/* Results as text: rows by the table of their kind. */
#include "wire/result_text.h"

#include <string.h>

#include "wire/grid.h"
#include "wire/row.h"

const struct row_table *row_table_of(enum job_kind kind, enum job_check check)
{
	if (job_kind_is_files(kind))
		return row_of_files();
	switch (check) {
	case CHECK_RECORDS:
		return row_of_records();
	case CHECK_REGISTRATION:
		return row_of_registrations();
	case CHECK_DELEGATION:
		return row_of_delegations();
	case CHECK_RESOLVE:
	case N_CHECKS:
		break;
	}
	return row_of_domains();
}

static void add_json(struct buf *b, const struct row_table *table, const struct result *r)
{
	struct row row = {.out = b, .is_json = true};
	bool is_first = true;

	for (const struct row_field *f = table->fields; f->add != NULL; f++) {
		size_t start = b->len;
		if (f->json == NULL)
			continue;
		if (is_first) {
			buf_add_char(b, '{');
			buf_add(b, f->json + 1, f->json_len - 1);
		} else {
			buf_add(b, f->json, f->json_len);
		}
		if (f->add(&row, r))
			is_first = false;
		else
			buf_truncate(b, start);
	}
	buf_add_char(b, '}');
}

static void add_line(struct row *row, const struct row_table *table, const struct result *r)
{
	bool is_first = true;

	for (const struct row_field *f = table->fields; f->add != NULL; f++) {
		if (f->csv == NULL)
			continue;
		if (!is_first)
			buf_add_char(row->out, ',');
		is_first = false;
		(void)f->add(row, r);
	}
	buf_add_str(row->out, "\r\n");
}

static void add_csv(
    struct buf *b, const struct row_table *table, const struct result *r, bool is_guarded)
{
	struct row row = {.out = b, .is_guarded = is_guarded};

	if (table->next_line == NULL)
		add_line(&row, table, r);
	while (table->next_line != NULL && table->next_line(&row, r))
		add_line(&row, table, r);
}

static void add_csv_head(struct buf *b, const struct row_table *table)
{
	size_t start = b->len;

	for (const struct row_field *f = table->fields; f->add != NULL; f++) {
		if (f->csv != NULL)
			buf_add_str(b, b->len == start ? f->csv + 1 : f->csv);
	}
	buf_add_str(b, "\r\n");
}

void result_add_head(struct buf *b, enum result_format format, const struct row_table *table)
{
	if (format == FORMAT_JSON)
		buf_add_str(b, "{\"results\":[");
	else if (format == FORMAT_CSV || format == FORMAT_CSV_SAFE)
		add_csv_head(b, table);
}

void result_add_tail(struct buf *b, enum result_format format, uint64_t next)
{
	if (format == FORMAT_JSON)
		buf_addf(b, "],\"next\":%llu}\n", (unsigned long long)next);
}

void result_add_row(struct buf *b, enum result_format format, const struct row_table *table,
    const struct result *r, bool is_first)
{
	switch (format) {
	case FORMAT_NDJSON:
		add_json(b, table, r);
		buf_add_char(b, '\n');
		break;
	case FORMAT_JSON:
		if (!is_first)
			buf_add_char(b, ',');
		add_json(b, table, r);
		break;
	case FORMAT_CSV:
	case FORMAT_CSV_SAFE:
		add_csv(b, table, r, format == FORMAT_CSV_SAFE);
		break;
	case FORMAT_TEXT:
		table->add_text(b, r);
		break;
	case FORMAT_GRID:
		grid_add_result(b, r);
		break;
	case FORMAT_EVENTS:
		buf_addf(b, "event: result\nid: %llu\ndata: ", (unsigned long long)r->seq);
		add_json(b, table, r);
		buf_add_str(b, "\n\n");
		break;
	case N_FORMATS:
		break;
	}
}
