/* The framing of a chunked body. */
#include "http/chunked.h"

#include "base/hex.h"

enum state {
	FIRST_DIGIT,
	DIGITS,
	BEFORE_SEMICOLON, /* blanks behind a size or a value */
	BEFORE_NAME,
	NAME,
	AFTER_NAME,
	BEFORE_VALUE,
	VALUE,
	QUOTED,
	ESCAPED,
	AFTER_QUOTED,
	LINE_LF,
	DATA,
	DATA_CR,
	DATA_LF,
	LAST
};

void chunked_init(struct chunked *c, uint64_t max_data)
{
	*c = (struct chunked){.state = FIRST_DIGIT, .max_data = max_data};
}

static bool add_digit(struct chunked *c, unsigned char byte, struct fault *ret_fault)
{
	int digit = hex_value((char)byte);

	if (digit < 0)
		return fault_set(ret_fault, 400, "The chunk size is not a hexadecimal number.");
	if (++c->n_digits > CHUNK_MAX_DIGITS)
		return fault_set(ret_fault, 400, "The chunk size has too many digits.");
	c->left = c->left << 4 | (unsigned)digit;
	/* checked at each digit, and therefore it can't overflow */
	if (c->left > c->max_data - c->n_data)
		return fault_set(ret_fault, 413, "The body is too long.");
	c->state = DIGITS;
	return true;
}

/* What may follow a whole part of a chunk's line: CR, `;`, blanks before a `;`. -1: something else.
 */
static int after_part(unsigned char byte)
{
	if (byte == '\r')
		return LINE_LF;
	if (byte == ';')
		return BEFORE_NAME;
	return char_is_blank(byte) ? BEFORE_SEMICOLON : -1;
}

/* The state behind `byte` of the extensions, or -1. Blanks stand only before and behind `;` and
 * `=`, never at the end of the line. */
static int extension_state(int state, unsigned char byte)
{
	switch (state) {
	case BEFORE_SEMICOLON:
		return byte == '\r' ? -1 : after_part(byte);
	case BEFORE_NAME:
		return char_is_blank(byte) ? BEFORE_NAME : char_is_token(byte) ? NAME : -1;
	case NAME:
		if (char_is_token(byte))
			return NAME;
		if (byte == '=')
			return BEFORE_VALUE;
		return char_is_blank(byte) ? AFTER_NAME : after_part(byte);
	case AFTER_NAME:
		if (char_is_blank(byte))
			return AFTER_NAME;
		return byte == '=' ? BEFORE_VALUE : byte == ';' ? BEFORE_NAME : -1;
	case BEFORE_VALUE:
		if (char_is_blank(byte))
			return BEFORE_VALUE;
		return byte == '"' ? QUOTED : char_is_token(byte) ? VALUE : -1;
	case VALUE:
		return char_is_token(byte) ? VALUE : after_part(byte);
	case QUOTED:
		if (byte == '"' || byte == '\\')
			return byte == '"' ? AFTER_QUOTED : ESCAPED;
		return char_is_value(byte) ? QUOTED : -1;
	case ESCAPED:
		return char_is_value(byte) ? QUOTED : -1;
	default: /* AFTER_QUOTED */
		return after_part(byte);
	}
}

static bool add_extension(struct chunked *c, unsigned char byte, struct fault *ret_fault)
{
	if (byte != '\r' && ++c->n_extensions > CHUNK_MAX_EXTENSIONS)
		return fault_set(ret_fault, 400, "The chunk extensions are too long.");
	int state = extension_state(c->state, byte);
	if (state < 0)
		return fault_set(ret_fault, 400, "Malformed chunk extensions.");
	c->state = state;
	return true;
}

/* The next byte must be `want`, and `next` is the state behind it. */
static bool expect(
    struct chunked *c, unsigned char byte, char want, int next, struct fault *ret_fault)
{
	if (byte != (unsigned char)want)
		return fault_set(ret_fault, 400, "A chunk does not end with CR LF.");
	c->state = next;
	return true;
}

/* Take one byte of the framing. */
static bool step(struct chunked *c, unsigned char byte, struct fault *ret_fault)
{
	if (++c->n_framing > CHUNK_FRAMING_BASE &&
	    (c->n_framing - CHUNK_FRAMING_BASE) / CHUNK_FRAMING_PER_BYTE > c->n_data)
		return fault_set(ret_fault, 400, "The chunk framing is far larger than the body.");
	switch (c->state) {
	case FIRST_DIGIT:
		c->n_digits = 0;
		c->left = 0;
		return add_digit(c, byte, ret_fault);
	case DIGITS:
		if (after_part(byte) < 0)
			return add_digit(c, byte, ret_fault);
		c->state = after_part(byte);
		c->n_extensions = byte != '\r';
		return true;
	case LINE_LF:
		return expect(c, byte, '\n', c->left > 0 ? DATA : LAST, ret_fault);
	case DATA_CR:
		return expect(c, byte, '\r', DATA_LF, ret_fault);
	case DATA_LF:
		return expect(c, byte, '\n', FIRST_DIGIT, ret_fault);
	default:
		return add_extension(c, byte, ret_fault);
	}
}

enum chunked_result chunked_feed(struct chunked *c, const char *bytes, size_t n, size_t *ret_taken,
    struct slice *ret_data, struct fault *ret_fault)
{
	for (size_t i = 0; i < n; i++) {
		if (c->state == DATA) {
			size_t size = n - i < c->left ? n - i : (size_t)c->left;
			*ret_data = (struct slice){bytes + i, size};
			*ret_taken = i + size;
			c->left -= size;
			c->n_data += size;
			c->state = c->left > 0 ? DATA : DATA_CR;
			return CHUNKED_DATA;
		}
		*ret_taken = i + 1;
		if (!step(c, (unsigned char)bytes[i], ret_fault))
			return CHUNKED_BAD;
		if (c->state == LAST)
			return CHUNKED_LAST;
	}
	*ret_taken = n;
	return CHUNKED_MORE;
}
