/* Packing of file items, digests as text. */
#include "model/file.h"

#include <string.h>

#include "base/hex.h"

static void add_line(struct buf *b, struct span s)
{
	buf_add(b, s.bytes, s.len);
	buf_add_char(b, '\n');
}

static unsigned count_lines(struct span text)
{
	unsigned n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.bytes[i] == '\n';
	return n;
}

static void add_options(struct buf *b, const struct file_item *item)
{
	const struct file_options *o = &item->options;

	buf_addf(b, "%d%s%s%s%s%s", o->by_country, o->by_disposition ? "d" : "",
	    o->is_unsaved ? "n" : "", o->is_decoded ? "z" : "", o->keeps_last ? "l" : "",
	    o->if_changed ? "c" : "");
	if (o->max_rate > 0)
		buf_addf(b, "r%llu", (unsigned long long)o->max_rate);
	if (item->mirrors.len > 0)
		buf_addf(b, "m%u", count_lines(item->mirrors));
	if (item->copy.len > 0)
		buf_addf(b, "p%u", count_lines(item->copy));
	buf_add_char(b, '\n');
}

void file_item_add(struct buf *b, const struct file_item *item)
{
	add_line(b, item->url);
	add_line(b, item->name);
	add_line(b, item->sha256);
	add_line(b, item->code);
	add_options(b, item);
	buf_add(b, item->mirrors.bytes, item->mirrors.len);
	buf_add(b, item->copy.bytes, item->copy.len);
	buf_add(b, item->headers.bytes, item->headers.len);
}

bool file_take_line(struct span *rest, struct span *ret_line)
{
	const char *end = rest->len > 0 ? memchr(rest->bytes, '\n', rest->len) : NULL;

	if (end == NULL)
		return false;
	*ret_line = (struct span){rest->bytes, (size_t)(end - rest->bytes)};
	rest->len -= ret_line->len + 1;
	rest->bytes = end + 1;
	return true;
}

/* Take the digits at the front; 0 when there are none. */
static uint64_t take_number(struct span *rest)
{
	uint64_t value = 0;

	while (rest->len > 0 && *rest->bytes >= '0' && *rest->bytes <= '9') {
		value = value * 10 + (uint64_t)(*rest->bytes++ - '0');
		rest->len--;
	}
	return value;
}

/* Lines behind the options. */
struct counts {
	uint64_t n_mirrors, n_copy;
};

/* Read a letter's option; false when there is no such. */
static bool take_option(struct span *rest, struct file_options *o, struct counts *counts)
{
	char letter = *rest->bytes++;

	rest->len--;
	switch (letter) {
	case 'd':
		return o->by_disposition = true;
	case 'n':
		return o->is_unsaved = true;
	case 'z':
		return o->is_decoded = true;
	case 'l':
		return o->keeps_last = true;
	case 'c':
		return o->if_changed = true;
	case 'r':
		return (o->max_rate = take_number(rest)) > 0;
	case 'm':
		return (counts->n_mirrors = take_number(rest)) > 0;
	case 'p':
		return (counts->n_copy = take_number(rest)) > 0;
	default:
		return false;
	}
}

static bool take_lines(struct span *rest, uint64_t n, struct span *ret_lines)
{
	const char *start = rest->bytes;
	struct span line;

	while (n-- > 0) {
		if (!file_take_line(rest, &line))
			return false;
	}
	*ret_lines = (struct span){start, (size_t)(rest->bytes - start)};
	return true;
}

/* Take the options, and the lines behind them that they count. */
static bool take_options(struct span *rest, struct file_item *item)
{
	struct counts counts = {0};
	struct span line;

	if (!file_take_line(rest, &line) || line.len == 0 ||
	    (*line.bytes != '0' && *line.bytes != '1'))
		return false;
	item->options.by_country = *line.bytes++ == '1';
	line.len--;
	while (line.len > 0) {
		if (!take_option(&line, &item->options, &counts))
			return false;
	}
	return take_lines(rest, counts.n_mirrors, &item->mirrors) &&
	       take_lines(rest, counts.n_copy, &item->copy);
}

bool file_item_read(const char *text, size_t len, struct file_item *ret_item)
{
	struct span rest = {text, len};
	struct file_item item = {0};

	if (!file_take_line(&rest, &item.url) || !file_take_line(&rest, &item.name) ||
	    !file_take_line(&rest, &item.sha256) || !file_take_line(&rest, &item.code) ||
	    !take_options(&rest, &item))
		return false;
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
