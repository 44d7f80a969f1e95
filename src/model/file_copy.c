/* Packing of copies. */
#include "model/file_copy.h"

#include <stdlib.h>
#include <string.h>

#include "model/result.h"
#include "model/tagged.h"

static void add_line(struct buf *b, struct span s)
{
	buf_add(b, s.bytes, s.len);
	buf_add_char(b, '\n');
}

bool file_copy_add(struct buf *b, const struct id *job, const struct result *r)
{
	const struct file_result *f = &r->file;
	uint8_t digest[FILE_DIGEST_SIZE];
	char id[ID_TEXT_SIZE], hex[FILE_DIGEST_TEXT + 1];
	struct span etag = {0}, modified = {0}, none = {0};
	uint64_t asked = 0;

	if (!r->is_file || (r->status != ITEM_OK && r->status != ITEM_UNCHANGED) ||
	    !result_digest(r, digest) || !tagged_find_number(r->tagged, RESULT_ASKED, &asked))
		return false;
	(void)tagged_find(r->tagged, RESULT_ETAG, &etag);
	(void)tagged_find(r->tagged, RESULT_MODIFIED, &modified);
	id_format(job, id);
	file_digest_format(digest, hex);
	buf_addf(b, "%s\n%s\n%llu\n%llu\n", id, hex, (unsigned long long)f->n_bytes,
	    (unsigned long long)asked);
	add_line(b, f->is_saved ? f->file_name : none);
	add_line(b, f->final_url.len > 0 ? f->final_url : (struct span){r->name, r->name_len});
	add_line(b, etag);
	add_line(b, modified);
	add_line(b, f->content_type);
	add_line(b, f->content_encoding);
	return true;
}

static bool read_number(struct span text, uint64_t *ret_number)
{
	uint64_t value = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.bytes[i] < '0' || text.bytes[i] > '9')
			return false;
		value = value * 10 + (uint64_t)(text.bytes[i] - '0');
	}
	*ret_number = value;
	return text.len > 0;
}

static bool read_id(struct span text, struct id *ret_id)
{
	char id[ID_TEXT_SIZE] = "";

	if (text.len != ID_TEXT_SIZE - 1)
		return false;
	memcpy(id, text.bytes, text.len);
	return id_parse(id, ret_id);
}

bool file_copy_take(struct span *rest, struct file_copy *ret_copy)
{
	struct file_copy copy = {0};
	struct span lines[FILE_COPY_LINES];

	for (int i = 0; i < FILE_COPY_LINES; i++) {
		if (!file_take_line(rest, &lines[i]))
			return false;
	}
	copy.name = lines[4];
	copy.url = lines[5];
	copy.etag = lines[6];
	copy.modified = lines[7];
	copy.content_type = lines[8];
	copy.content_encoding = lines[9];
	if (!read_id(lines[0], &copy.job) || !file_digest_parse(lines[1], copy.digest) ||
	    !read_number(lines[2], &copy.n_bytes) || !read_number(lines[3], &copy.asked))
		return false;
	*ret_copy = copy;
	return true;
}

uint64_t file_item_asked(const struct file_item *item)
{
	uint64_t sum = item->options.is_decoded ? 1 : 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < item->headers.len; i++)
		sum = (sum ^ (uint8_t)item->headers.bytes[i]) * 0x100000001b3;
	return sum;
}
