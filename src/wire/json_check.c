/* A state machine over the bytes; open objects and lists are on a stack of bits. */
#include "wire/json_check.h"

#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hex.h"
#include "base/utf8.h"

/* What may come next, behind blanks. */
enum next { VALUE, FIRST_VALUE, NAME, FIRST_NAME, AFTER, END };

struct checker {
	const char *at, *end;
	enum next next;
	enum json_verdict verdict;
	struct json_report *report;
	size_t depth; /* objects and lists that are open */
	bool is_object[JSON_MAX_DEPTH];
	size_t first_name[JSON_MAX_DEPTH]; /* of each in `names` */
	uint64_t *names;                   /* owned; hashes of the names in objects that are open */
	size_t n_names, room;
};

static bool fail(struct checker *c, enum json_verdict verdict, const char *fault)
{
	c->verdict = verdict;
	c->report->fault = fault;
	return false;
}

static bool malformed(struct checker *c, const char *fault)
{
	return fail(c, JSON_MALFORMED, fault);
}

static void skip_blanks(struct checker *c)
{
	while (
	    c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t' || *c->at == '\r'))
		c->at++;
}

/* --- Strings --- */

/* The four hexadecimal digits at `s`; -1: there are none. */
static int32_t read_hex(const char *s, const char *end)
{
	int32_t value = 0;

	if (end - s < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		int digit = hex_value(s[i]);
		if (digit < 0)
			return -1;
		value = value << 4 | digit;
	}
	return value;
}

static bool is_high(int32_t unit)
{
	return unit >= 0xd800 && unit < 0xdc00;
}

static bool is_low(int32_t unit)
{
	return unit >= 0xdc00 && unit < 0xe000;
}

/* An escape, from its backslash on. */
static bool check_escape(struct checker *c)
{
	if (c->end - c->at < 2 || strchr("\"\\/bfnrtu", c->at[1]) == NULL || c->at[1] == '\0')
		return malformed(c, "unknown escape sequence");
	if (c->at[1] != 'u') {
		c->at += 2;
		return true;
	}
	int32_t unit = read_hex(c->at + 2, c->end);
	if (unit < 0)
		return malformed(c, "expected four hexadecimal digits after \\u");
	if (unit == 0)
		return malformed(c, "a string must not contain NUL");
	if (is_high(unit) && c->end - c->at >= 12 && c->at[6] == '\\' && c->at[7] == 'u' &&
	    is_low(read_hex(c->at + 8, c->end))) {
		c->at += 12;
		return true;
	}
	if (is_high(unit) || is_low(unit))
		return malformed(c, "unpaired surrogate");
	c->at += 6;
	return true;
}

/* A string, from its quotation mark on. */
static bool check_string(struct checker *c)
{
	c->at++;
	while (c->at < c->end) {
		unsigned char byte = (unsigned char)*c->at;
		if (byte == '"') {
			c->at++;
			return true;
		}
		if (byte == '\\') {
			if (!check_escape(c))
				return false;
		} else if (byte < 0x20) {
			return malformed(c, "a string must not contain control characters");
		} else if (byte < 0x80) {
			c->at++;
		} else {
			size_t n = utf8_length(c->at, (size_t)(c->end - c->at));
			if (n == 0)
				return malformed(c, "invalid UTF-8");
			c->at += n;
		}
	}
	return malformed(c, "unterminated string");
}

static size_t encode(int32_t code, char *to)
{
	if (code < 0x80) {
		to[0] = (char)code;
		return 1;
	}
	size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
	for (size_t i = n - 1; i > 0; i--, code >>= 6)
		to[i] = (char)(0x80 | (code & 0x3f));
	to[0] = (char)((n == 2 ? 0xc0 : n == 3 ? 0xe0 : 0xf0) | code);
	return n;
}

/* An escape, from its backslash on; up to four bytes. */
static size_t decode_escape(const char **at, const char *end, char *to)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char letter = (*at)[1];

	if (letter != 'u') {
		*to = bytes[strchr(letters, letter) - letters];
		*at += 2;
		return 1;
	}
	int32_t code = read_hex(*at + 2, end);
	*at += 6;
	if (is_high(code)) {
		code = 0x10000 + ((code - 0xd800) << 10) + (read_hex(*at + 2, end) - 0xdc00);
		*at += 6;
	}
	return encode(code, to);
}

size_t json_decode(const char **at, const char *end, char *to, size_t room)
{
	size_t n = 0;

	while (*at < end && n < room) {
		if (**at == '\\') {
			if (room - n < 4)
				break;
			n += decode_escape(at, end, to + n);
			continue;
		}
		size_t run = (size_t)(end - *at) < room - n ? (size_t)(end - *at) : room - n;
		const char *escape = memchr(*at, '\\', run);
		if (escape != NULL)
			run = (size_t)(escape - *at);
		memcpy(to + n, *at, run);
		n += run;
		*at += run;
	}
	return n;
}

/* --- Names --- */

/* The FNV-1a hash of the decoded name. Names that collide are reported as duplicates, which affects
 * only a sender who constructs them. */
static uint64_t hash_name(const char *at, const char *end)
{
	uint64_t hash = 0xcbf29ce484222325;
	char piece[256];

	while (at < end) {
		size_t n = json_decode(&at, end, piece, sizeof(piece));
		for (size_t i = 0; i < n; i++)
			hash = (hash ^ (unsigned char)piece[i]) * 0x100000001b3;
	}
	return hash;
}

static bool add_name(struct checker *c, uint64_t hash)
{
	size_t first = c->first_name[c->depth - 1];

	for (size_t i = first; i < c->n_names; i++) {
		if (c->names[i] == hash)
			return malformed(c, "duplicate member name");
	}
	if (c->n_names - first == JSON_MAX_MEMBERS)
		return fail(c, JSON_BIG_OBJECT, "too many members in an object");
	if (c->n_names == c->room) {
		c->room = c->room * 2 + 16;
		c->names = xrealloc(c->names, c->room * sizeof(*c->names));
	}
	c->names[c->n_names++] = hash;
	return true;
}

static bool check_name(struct checker *c)
{
	const char *begin = c->at;

	if (*begin != '"')
		return malformed(c, "expected a quoted name");
	if (!check_string(c) || !add_name(c, hash_name(begin + 1, c->at - 1)))
		return false;
	skip_blanks(c);
	if (c->at == c->end || *c->at != ':')
		return malformed(c, "expected a colon");
	c->at++;
	c->next = VALUE;
	return true;
}

/* --- Numbers --- */

static size_t count_digits(struct checker *c)
{
	const char *begin = c->at;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	return (size_t)(c->at - begin);
}

static bool is_integer_in_range(const char *at, const char *end)
{
	char digits[24];
	size_t len = (size_t)(end - at);

	if (len >= sizeof(digits)) /* there are no leading zeros */
		return false;
	memcpy(digits, at, len);
	digits[len] = '\0';
	errno = 0;
	(void)strtoll(digits, NULL, 10);
	return errno == 0;
}

/* The exponent that is written from `at` on; beyond a bound that no count of digits makes up for it
 * does not matter how large it is. */
static long long read_exponent(const char *at, const char *end)
{
	const long long most = 1000000000000;
	long long value = 0;

	if (at == end)
		return 0;
	at++;
	bool is_negative = *at == '-';
	at += *at == '-' || *at == '+';
	for (; at < end && value < most; at++)
		value = value * 10 + (*at - '0');
	return is_negative ? -value : value;
}

/* Whether a real number, whose form is good, is none that a double would make infinite. That is
 * decided by the 309 digits before the point of the largest ones; those behind can't change it. */
static bool is_real_in_range(const char *at, const char *end)
{
	enum { DIGITS = 330 };
	char text[DIGITS + 32];
	size_t n = 0;
	long long exponent = 0;
	bool is_behind_point = false;

	at += *at == '-';
	for (; at < end && *at != 'e' && *at != 'E'; at++) {
		if (*at == '.') {
			is_behind_point = true;
			continue;
		}
		bool is_kept = n < DIGITS && (n > 0 || *at != '0');
		if (is_kept)
			text[n++] = *at;
		if (is_behind_point && (is_kept || n == 0))
			exponent--;
		else if (!is_behind_point && !is_kept && n == DIGITS)
			exponent++;
	}
	if (n == 0)
		return true; /* zero */
	snprintf(text + n, sizeof(text) - n, "e%lld", exponent + read_exponent(at, end));
	return strtod(text, NULL) < HUGE_VAL;
}

/* Read a fraction and an exponent, of which both may be missing. */
static bool check_real(struct checker *c, bool *ret_is_real)
{
	const char *begin = c->at;

	if (c->at < c->end && *c->at == '.') {
		c->at++;
		if (count_digits(c) == 0)
			return malformed(c, "expected a digit after the decimal point");
	}
	if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
		c->at++;
		if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
			c->at++;
		if (count_digits(c) == 0)
			return malformed(c, "expected a digit in the exponent");
	}
	*ret_is_real = c->at > begin;
	return true;
}

static bool check_number(struct checker *c)
{
	const char *begin = c->at;
	bool is_real = false;

	c->at += *c->at == '-';
	if (c->at < c->end && *c->at == '0')
		c->at++;
	else if (count_digits(c) == 0)
		return malformed(c, "expected a digit");
	if (!check_real(c, &is_real))
		return false;
	if (is_real ? is_real_in_range(begin, c->at) : is_integer_in_range(begin, c->at))
		return true;
	return fail(c, JSON_BIG_NUMBER, "the number is out of range");
}

/* --- Values --- */

static void end_value(struct checker *c)
{
	c->next = c->depth == 0 ? END : AFTER;
}

static void open_value(struct checker *c, bool is_object)
{
	c->is_object[c->depth] = is_object;
	c->first_name[c->depth++] = c->n_names;
	c->next = is_object ? FIRST_NAME : FIRST_VALUE;
	c->at++;
}

static void close_value(struct checker *c)
{
	c->n_names = c->first_name[--c->depth];
	c->at++;
	end_value(c);
}

static bool check_word(struct checker *c, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
		return malformed(c, "expected a value");
	c->at += len;
	return true;
}

static bool check_value(struct checker *c)
{
	bool is_good = true;

	if (c->depth == JSON_MAX_DEPTH)
		return malformed(c, "nesting is too deep");
	c->report->n_values++;
	switch (*c->at) {
	case '{':
	case '[':
		open_value(c, *c->at == '{');
		return true;
	case '"':
		is_good = check_string(c);
		break;
	case 't':
		is_good = check_word(c, "true");
		break;
	case 'f':
		is_good = check_word(c, "false");
		break;
	case 'n':
		is_good = check_word(c, "null");
		break;
	default:
		if (*c->at != '-' && (*c->at < '0' || *c->at > '9'))
			return malformed(c, "expected a value");
		is_good = check_number(c);
	}
	end_value(c);
	return is_good;
}

static bool check_next(struct checker *c)
{
	bool is_object = c->depth > 0 && c->is_object[c->depth - 1];
	char closing = is_object ? '}' : ']';

	if (*c->at == closing &&
	    (c->next == AFTER || c->next == FIRST_NAME || c->next == FIRST_VALUE)) {
		close_value(c);
		return true;
	}
	if (c->next == NAME || c->next == FIRST_NAME)
		return check_name(c);
	if (c->next != AFTER)
		return check_value(c);
	if (*c->at != ',')
		return malformed(c, is_object ? "expected a comma or }" : "expected a comma or ]");
	c->at++;
	c->next = is_object ? NAME : VALUE;
	return true;
}

/* Where in the text it is, for people. */
static void locate(const char *text, const char *at, struct json_report *report)
{
	report->line = report->column = 1;
	for (; text < at; text++) {
		if (*text == '\n') {
			report->line++;
			report->column = 1;
		} else if (((unsigned char)*text & 0xc0) != 0x80) {
			report->column++;
		}
	}
}

enum json_verdict json_check(const char *text, size_t len, struct json_report *ret_report)
{
	struct checker c;

	*ret_report = (struct json_report){.fault = NULL};
	if (len == 0)
		text = ""; /* there may be none */
	c.at = text;
	c.end = text + len;
	c.next = VALUE;
	c.verdict = JSON_GOOD;
	c.report = ret_report;
	c.depth = c.n_names = c.room = 0;
	c.names = NULL;
	while (c.next != END && c.verdict == JSON_GOOD) {
		skip_blanks(&c);
		if (c.at == c.end)
			malformed(&c, "unexpected end of input");
		else
			check_next(&c);
	}
	if (c.verdict == JSON_GOOD) {
		skip_blanks(&c);
		if (c.at < c.end)
			malformed(&c, "unexpected text after the value");
	}
	if (c.verdict != JSON_GOOD)
		locate(text, c.at, ret_report);
	free(c.names);
	return c.verdict;
}
