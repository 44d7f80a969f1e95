/* UUID version 7: 48 bits of milliseconds, a 12-bit counter within the millisecond, 62 random bits.
 */
#include "base/id.h"

#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "base/random.h"

struct id id_new(usec_t now)
{
	static uint64_t
	    last_stamp; /* milliseconds << 12 | counter: the "method 3" of RFC 9562 6.2 */
	uint64_t stamp = (uint64_t)(now / USEC_PER_MSEC) << 12 |
			 (uint64_t)(now % USEC_PER_MSEC) * 4096 / USEC_PER_MSEC;
	struct id id;

	if (stamp <= last_stamp)
		stamp = last_stamp + 1;
	last_stamp = stamp;
	random_bytes(id.bytes, sizeof(id.bytes));
	uint64_t ms = stamp >> 12;
	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t)(ms >> (40 - 8 * i));
	id.bytes[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0f));
	id.bytes[7] = (uint8_t)(stamp & 0xff);
	id.bytes[8] = (uint8_t)(0x80 | (id.bytes[8] & 0x3f));
	return id;
}

static bool is_dash_place(int i)
{
	return i == 8 || i == 13 || i == 18 || i == 23;
}

void id_format(const struct id *id, char ret_text[static ID_TEXT_SIZE])
{
	const uint8_t *b = id->bytes;

	for (int i = 0; i < ID_TEXT_SIZE - 1;) {
		if (is_dash_place(i)) {
			ret_text[i++] = '-';
			continue;
		}
		hex_write(b++, 1, ret_text + i);
		i += 2;
	}
	ret_text[ID_TEXT_SIZE - 1] = '\0';
}

bool id_parse(const char *text, struct id *ret_id)
{
	struct id id;
	int n = 0;

	if (strlen(text) != ID_TEXT_SIZE - 1)
		return false;
	for (int i = 0; i < ID_TEXT_SIZE - 1;) {
		if (is_dash_place(i)) {
			if (text[i++] != '-')
				return false;
			continue;
		}
		if (!hex_read(text + i, 1, &id.bytes[n++]))
			return false;
		i += 2;
	}
	*ret_id = id;
	return true;
}

bool id_is_none(const struct id *id)
{
	static const struct id none;

	return memcmp(id, &none, sizeof(none)) == 0;
}
