/* Archives in the pax format: headers of ustar, and before those that can't say it all a header of
 * type x with the name, or the size, as text. */
#include "wire/tar.h"

#include <stdio.h>
#include <string.h>

enum { BLOCK = 512, MAX_SHORT_NAME = 100, MAX_RECORDS = 8192 };

/* The largest size of 11 octal digits. */
#define MAX_OCTAL ((uint64_t)077777777777)

/* ustar, IEEE Std 1003.1-2017, pax. Numbers are octal digits. */
struct head {
	char name[MAX_SHORT_NAME], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type,
	    linked[100], magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155],
	    rest[12];
};

_Static_assert(sizeof(struct head) == BLOCK, "a header is a block");

static void put_octal(char *field, size_t size, uint64_t value)
{
	field[size - 1] = '\0';
	for (size_t i = size - 1; i-- > 0; value >>= 3)
		field[i] = (char)('0' + (value & 7));
}

/* The sum of all bytes, those of the checksum taken for blanks. */
static void put_checksum(struct head *head)
{
	unsigned char bytes[BLOCK];
	unsigned sum = 0;

	memset(head->checksum, ' ', sizeof(head->checksum));
	memcpy(bytes, head, BLOCK);
	for (int i = 0; i < BLOCK; i++)
		sum += bytes[i];
	put_octal(head->checksum, sizeof(head->checksum) - 1, sum);
}

/* `name` may be longer than there is room; then a header of type x tells it. */
static void add_block(
    struct buf *b, char type, const char *name, uint64_t n_bytes, usec_t modified_at)
{
	struct head head = {.type = type, .magic = "ustar", .version = {'0', '0'}};
	size_t len = strnlen(name, sizeof(head.name));
	uint64_t seconds = modified_at > 0 ? (uint64_t)(modified_at / USEC_PER_SEC) : 0;

	for (size_t i = 0; i < len; i++)
		head.name[i] = (unsigned char)name[i] < 0x80 ? name[i] : '_';
	put_octal(head.mode, sizeof(head.mode), 0644);
	put_octal(head.uid, sizeof(head.uid), 0);
	put_octal(head.gid, sizeof(head.gid), 0);
	put_octal(head.size, sizeof(head.size), n_bytes <= MAX_OCTAL ? n_bytes : 0);
	put_octal(head.mtime, sizeof(head.mtime), seconds <= MAX_OCTAL ? seconds : MAX_OCTAL);
	put_octal(head.major, sizeof(head.major), 0);
	put_octal(head.minor, sizeof(head.minor), 0);
	put_checksum(&head);
	buf_add(b, &head, sizeof(head));
}

/* `LENGTH KEY=VALUE\n`, where the length counts its own digits too. */
static void add_record(struct buf *b, const char *key, const char *value)
{
	size_t rest = strlen(key) + strlen(value) + 3, len = rest + 1;

	while ((size_t)snprintf(NULL, 0, "%zu", len) + rest != len)
		len++;
	buf_addf(b, "%zu %s=%s\n", len, key, value);
}

static bool is_plain(const char *name)
{
	size_t len = 0;

	for (; name[len] != '\0'; len++) {
		if ((unsigned char)name[len] >= 0x80)
			return false;
	}
	return len <= MAX_SHORT_NAME;
}

void tar_add_head(struct buf *b, const char *name, uint64_t n_bytes, usec_t modified_at)
{
	struct buf records;

	buf_init(&records, MAX_RECORDS);
	if (!is_plain(name))
		add_record(&records, "path", name);
	if (n_bytes > MAX_OCTAL) {
		char size[24];
		snprintf(size, sizeof(size), "%llu", (unsigned long long)n_bytes);
		add_record(&records, "size", size);
	}
	if (records.len > 0) {
		add_block(b, 'x', "pax_header", records.len, modified_at);
		buf_add(b, records.data, records.len);
		tar_add_padding(b, records.len);
	}
	buf_done(&records);
	add_block(b, '0', name, n_bytes, modified_at);
}

void tar_add_padding(struct buf *b, uint64_t n_bytes)
{
	static const char zeros[BLOCK];
	size_t n = (size_t)(n_bytes % BLOCK);

	if (n > 0)
		buf_add(b, zeros, BLOCK - n);
}

void tar_add_end(struct buf *b)
{
	static const char zeros[2 * BLOCK];

	buf_add(b, zeros, sizeof(zeros));
}
