/* Growing byte buffers with a maximum size. */
#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void buf_init(struct buf *b, size_t max_bytes)
{
	*b = (struct buf){.max = max_bytes};
}

void buf_done(struct buf *b)
{
	free(b->data);
	*b = (struct buf){.max = b->max};
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->overflow = false;
	if (b->data != NULL)
		b->data[0] = '\0';
}

void buf_truncate(struct buf *b, size_t len)
{
	assert(len <= b->len);
	b->len = len;
	if (b->data != NULL)
		b->data[len] = '\0';
}

char *buf_reserve(struct buf *b, size_t n_bytes)
{
	if (n_bytes > b->max - b->len || n_bytes > SIZE_MAX / 2 - b->len) {
		b->overflow = true;
		return NULL;
	}
	size_t need = b->len + n_bytes + 1;
	if (need > b->room) {
		size_t room = b->room > 0 ? b->room : 64;
		while (room < need)
			room += room / 2 + 16;
		if (room - 1 > b->max)
			room = b->max + 1;
		b->data = xrealloc(b->data, room);
		b->room = room;
		b->data[b->len] = '\0';
	}
	return b->data + b->len;
}

void buf_commit(struct buf *b, size_t n_bytes)
{
	assert(b->len + n_bytes < b->room);
	b->len += n_bytes;
	b->data[b->len] = '\0';
}

void buf_add(struct buf *b, const void *bytes, size_t n_bytes)
{
	char *at = buf_reserve(b, n_bytes);

	if (at == NULL)
		return;
	if (n_bytes > 0)
		memcpy(at, bytes, n_bytes);
	buf_commit(b, n_bytes);
}

void buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

void buf_add_u64(struct buf *b, uint64_t value)
{
	char digits[20];
	size_t n = sizeof(digits);

	do {
		digits[--n] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	buf_add(b, digits + n, sizeof(digits) - n);
}

void buf_addv(struct buf *b, const char *format, va_list args)
{
	va_list again;
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	assert(n >= 0);
	char *at = buf_reserve(b, (size_t)n);
	if (at == NULL)
		return;
	vsnprintf(at, (size_t)n + 1, format, args);
	buf_commit(b, (size_t)n);
}

void buf_addf(struct buf *b, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_addv(b, format, args);
	va_end(args);
}

char *buf_take(struct buf *b, size_t *ret_len)
{
	char *data = b->data != NULL ? b->data : xcalloc(1, 1);

	if (ret_len != NULL)
		*ret_len = b->len;
	*b = (struct buf){.max = b->max};
	return data;
}

void buf_drain(struct buf *b, size_t n_bytes)
{
	assert(n_bytes <= b->len);
	if (n_bytes == 0)
		return;
	b->len -= n_bytes;
	memmove(b->data, b->data + n_bytes, b->len + 1);
}

void buf_add_percent(struct buf *b, const char *text, const char *plain)
{
	for (; *text != '\0'; text++) {
		if (strchr(plain, *text) != NULL)
			buf_add_char(b, *text);
		else
			buf_addf(b, "%%%02X", (unsigned char)*text);
	}
}
