/* The framing of a chunked body. */
#include "http/chunked.h"

#include "base/hex.h"

enum state {
	BAD,
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
	/* can't overflow: checked after each digit */
	if (c->left > c->max_data - c->n_data)
		return fault_set(ret_fault, 413, "The body is too long.");
	c->state = DIGITS;
	return true;
}

/* --- Extensions --- */

enum kind { TOKEN, BLANK, SEMICOLON, EQUALS, QUOTE, BACKSLASH, CR, OTHER_VALUE, OTHER, N_KINDS };

static enum kind kind_of(unsigned char byte)
{
	if (char_is_token(byte))
		return TOKEN;
	if (char_is_blank(byte))
		return BLANK;
	switch (byte) {
	case ';':
		return SEMICOLON;
	case '=':
		return EQUALS;
	case '"':
		return QUOTE;
	case '\\':
		return BACKSLASH;
	case '\r':
		return CR;
	default:
		return char_is_value(byte) ? OTHER_VALUE : OTHER;
	}
}

/* The state after a byte of the extensions; BAD (0) where nothing is listed. White space is allowed
 * only around `;` and `=`, never at the end of the line. A size is followed by what may follow a
 * quoted value. */
static const unsigned char next_state[][N_KINDS] = {
    [BEFORE_SEMICOLON] = {[BLANK] = BEFORE_SEMICOLON, [SEMICOLON] = BEFORE_NAME},
    [BEFORE_NAME] = {[BLANK] = BEFORE_NAME, [TOKEN] = NAME},
    [NAME] = {[TOKEN] = NAME,
	[EQUALS] = BEFORE_VALUE,
	[BLANK] = AFTER_NAME,
	[SEMICOLON] = BEFORE_NAME,
	[CR] = LINE_LF},
    [AFTER_NAME] = {[BLANK] = AFTER_NAME, [EQUALS] = BEFORE_VALUE, [SEMICOLON] = BEFORE_NAME},
    [BEFORE_VALUE] = {[BLANK] = BEFORE_VALUE, [QUOTE] = QUOTED, [TOKEN] = VALUE},
    [VALUE] =
	{[TOKEN] = VALUE, [BLANK] = BEFORE_SEMICOLON, [SEMICOLON] = BEFORE_NAME, [CR] = LINE_LF},
    [QUOTED] = {[QUOTE] = AFTER_QUOTED,
	[BACKSLASH] = ESCAPED,
	[TOKEN] = QUOTED,
	[BLANK] = QUOTED,
	[SEMICOLON] = QUOTED,
	[EQUALS] = QUOTED,
	[OTHER_VALUE] = QUOTED},
    [ESCAPED] = {[QUOTE] = QUOTED,
	[BACKSLASH] = QUOTED,
	[TOKEN] = QUOTED,
	[BLANK] = QUOTED,
	[SEMICOLON] = QUOTED,
	[EQUALS] = QUOTED,
	[OTHER_VALUE] = QUOTED},
    [AFTER_QUOTED] = {[BLANK] = BEFORE_SEMICOLON, [SEMICOLON] = BEFORE_NAME, [CR] = LINE_LF},
};

static bool add_extension(struct chunked *c, unsigned char byte, struct fault *ret_fault)
{
	if (byte != '\r' && ++c->n_extensions > CHUNK_MAX_EXTENSIONS)
		return fault_set(ret_fault, 400, "The chunk extensions are too long.");
	int state = next_state[c->state][kind_of(byte)];
	if (state == BAD)
		return fault_set(ret_fault, 400, "Malformed chunk extensions.");
	c->state = state;
	return true;
}

/* Require the byte `want`, then go to the state `next`. */
static bool expect(
    struct chunked *c, unsigned char byte, char want, int next, struct fault *ret_fault)
{
	if (byte != (unsigned char)want)
		return fault_set(ret_fault, 400, "A chunk does not end with CR LF.");
	c->state = next;
	return true;
}

/* Process one byte of the framing. */
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
		if (next_state[AFTER_QUOTED][kind_of(byte)] == BAD)
			return add_digit(c, byte, ret_fault);
		c->state = next_state[AFTER_QUOTED][kind_of(byte)];
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
