/* Packing of file items, digests as text. */
#include "model/file.h"

#include <string.h>

#include "base/hex.h"

static void add_line(struct buf *b, struct span s)
{
	buf_add(b, s.bytes, s.len);
	buf_add_char(b, '\n');
}

void file_item_add(struct buf *b, const struct file_item *item)
{
	add_line(b, item->url);
	add_line(b, item->name);
	add_line(b, item->sha256);
	add_line(b, item->code);
	buf_add_str(b, item->by_country ? "1\n" : "0\n");
	buf_add(b, item->headers.bytes, item->headers.len);
}

/* Take the line at the front of `rest`. */
static bool take_line(struct span *rest, struct span *ret_line)
{
	const char *end = rest->len > 0 ? memchr(rest->bytes, '\n', rest->len) : NULL;

	if (end == NULL)
		return false;
	*ret_line = (struct span){rest->bytes, (size_t)(end - rest->bytes)};
	rest->len -= ret_line->len + 1;
	rest->bytes = end + 1;
	return true;
}

bool file_item_read(const char *text, size_t len, struct file_item *ret_item)
{
	struct span rest = {text, len}, by_country;
	struct file_item item = {0};

	if (!take_line(&rest, &item.url) || !take_line(&rest, &item.name) ||
	    !take_line(&rest, &item.sha256) || !take_line(&rest, &item.code) ||
	    !take_line(&rest, &by_country) || by_country.len != 1)
		return false;
	item.by_country = by_country.bytes[0] == '1';
	item.headers = rest;
	*ret_item = item;
	return true;
}

bool file_digest_parse(struct span hex, uint8_t ret_digest[static FILE_DIGEST_SIZE])
{
	uint8_t digest[FILE_DIGEST_SIZE];

	if (hex.len != FILE_DIGEST_TEXT || !hex_read(hex.bytes, FILE_DIGEST_SIZE, digest))
		return false;
	memcpy(ret_digest, digest, sizeof(digest));
	return true;
}

void file_digest_format(
    const uint8_t digest[static FILE_DIGEST_SIZE], char ret_hex[static FILE_DIGEST_TEXT + 1])
{
	hex_write(digest, FILE_DIGEST_SIZE, ret_hex);
	ret_hex[FILE_DIGEST_TEXT] = '\0';
}
