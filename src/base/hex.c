/* Bytes as hexadecimal text. */
#include "base/hex.h"

int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool hex_read(const char *text, size_t n_bytes, uint8_t *ret_bytes)
{
	for (size_t i = 0; i < n_bytes; i++) {
		int high = hex_value(text[2 * i]);
		int low = high >= 0 ? hex_value(text[2 * i + 1]) : -1;
		if (low < 0)
			return false;
		ret_bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

void hex_write(const uint8_t *bytes, size_t n_bytes, char *ret_text)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n_bytes; i++) {
		ret_text[2 * i] = digits[bytes[i] >> 4];
		ret_text[2 * i + 1] = digits[bytes[i] & 15];
	}
}
