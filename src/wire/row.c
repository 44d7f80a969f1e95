/* Values of rows. */
#include "wire/row.h"

#include <string.h>

#include "wire/cells.h"
#include "wire/json_text.h"

bool row_add_text(struct row *row, struct span text)
{
	if (row->is_json)
		json_add_string(row->out, text.bytes, text.len);
	else
		cell_add_csv(row->out, text.bytes, text.len, row->is_guarded);
	return true;
}

bool row_add_span(struct row *row, struct span text)
{
	return text.len > 0 ? row_add_text(row, text) : row_add_nothing(row);
}

bool row_add_word(struct row *row, const char *word)
{
	if (word == NULL)
		return row_add_nothing(row);
	size_t len = strlen(word), quotes = row->is_json ? 1 : 0;
	char *at = buf_reserve(row->out, len + 2 * quotes);
	if (at == NULL)
		return true;
	memcpy(at + quotes, word, len);
	if (row->is_json)
		at[0] = at[len + 1] = '"';
	buf_commit(row->out, len + 2 * quotes);
	return true;
}

bool row_add_number(struct row *row, uint64_t number)
{
	buf_add_u64(row->out, number);
	return true;
}

bool row_add_msec(struct row *row, usec_t duration)
{
	json_add_msec(row->out, duration);
	return true;
}

bool row_add_nothing(struct row *row)
{
	if (row->is_json)
		buf_add_str(row->out, "null");
	return true;
}

bool row_seq(struct row *row, const struct result *r)
{
	return row_add_number(row, r->seq);
}

bool row_index(struct row *row, const struct result *r)
{
	return row_add_number(row, r->index);
}

bool row_name(struct row *row, const struct result *r)
{
	return row_add_text(row, (struct span){r->name, r->name_len});
}

bool row_status(struct row *row, const struct result *r)
{
	return row_add_word(row, item_status_name(r->status));
}

bool row_reason(struct row *row, const struct result *r)
{
	return row_add_word(row, reason_name(r->reason));
}

bool row_attempts(struct row *row, const struct result *r)
{
	return row_add_number(row, r->attempts);
}

bool row_duration(struct row *row, const struct result *r)
{
	return row_add_msec(row, r->duration);
}

bool row_finished(struct row *row, const struct result *r)
{
	char text[CLOCK_TEXT_SIZE];

	if (r->finished_at == 0)
		return row_add_nothing(row);
	clock_format(r->finished_at, text);
	return row_add_word(row, text);
}

void row_add_list(struct buf *b, struct span list)
{
	size_t offset = 0;
	const char *text;

	buf_add_char(b, '[');
	for (bool is_first = true; (text = records_next_text(list, &offset)) != NULL;
	     is_first = false) {
		if (!is_first)
			buf_add_char(b, ',');
		json_add_string(b, text, strlen(text));
	}
	buf_add_char(b, ']');
}
