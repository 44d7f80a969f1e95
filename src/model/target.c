/* Host names. Plain ASCII, the common case, never reaches libidn2. */
#include "model/target.h"

#include <idn2.h>
#include <string.h>

#include "base/alloc.h"

static const char *skip_to_label_end(const char *p, const char *end)
{
	while (p < end && *p != '.')
		p++;
	return p;
}

static bool starts_with_ace(const char *label, size_t len)
{
	return len >= 4 && memcmp(label, "xn--", 4) == 0;
}

/* A name whose last label is a number is an IPv4 address or a mistake, never a host name (RFC 1123
 * section 2.1). */
static bool is_number(const char *label, size_t len)
{
	while (len > 0 && label[len - 1] >= '0' && label[len - 1] <= '9')
		len--;
	return len == 0;
}

/* Check the labels of lower-case ASCII text. */
static bool has_good_labels(const char *name, size_t len)
{
	const char *end = name + len;

	for (const char *label = name;; label++) {
		const char *dot = skip_to_label_end(label, end);
		size_t n = (size_t)(dot - label);
		if (n == 0 || n > TARGET_LABEL_MAX || label[0] == '-' || dot[-1] == '-')
			return false;
		if (dot == end)
			return !is_number(label, n);
		label = dot;
	}
}

/* Lower-case and check each byte; false when a byte is not a letter, digit, hyphen, underscore or
 * dot. */
static bool copy_lower(const char *input, size_t len, char *ret_name)
{
	/* 0: not allowed; otherwise the lower-case byte */
	static const char map[256] = {['-'] = '-',
	    ['.'] = '.',
	    ['_'] = '_',
	    ['0'] = '0',
	    ['1'] = '1',
	    ['2'] = '2',
	    ['3'] = '3',
	    ['4'] = '4',
	    ['5'] = '5',
	    ['6'] = '6',
	    ['7'] = '7',
	    ['8'] = '8',
	    ['9'] = '9',
	    ['a'] = 'a',
	    ['b'] = 'b',
	    ['c'] = 'c',
	    ['d'] = 'd',
	    ['e'] = 'e',
	    ['f'] = 'f',
	    ['g'] = 'g',
	    ['h'] = 'h',
	    ['i'] = 'i',
	    ['j'] = 'j',
	    ['k'] = 'k',
	    ['l'] = 'l',
	    ['m'] = 'm',
	    ['n'] = 'n',
	    ['o'] = 'o',
	    ['p'] = 'p',
	    ['q'] = 'q',
	    ['r'] = 'r',
	    ['s'] = 's',
	    ['t'] = 't',
	    ['u'] = 'u',
	    ['v'] = 'v',
	    ['w'] = 'w',
	    ['x'] = 'x',
	    ['y'] = 'y',
	    ['z'] = 'z',
	    ['A'] = 'a',
	    ['B'] = 'b',
	    ['C'] = 'c',
	    ['D'] = 'd',
	    ['E'] = 'e',
	    ['F'] = 'f',
	    ['G'] = 'g',
	    ['H'] = 'h',
	    ['I'] = 'i',
	    ['J'] = 'j',
	    ['K'] = 'k',
	    ['L'] = 'l',
	    ['M'] = 'm',
	    ['N'] = 'n',
	    ['O'] = 'o',
	    ['P'] = 'p',
	    ['Q'] = 'q',
	    ['R'] = 'r',
	    ['S'] = 's',
	    ['T'] = 't',
	    ['U'] = 'u',
	    ['V'] = 'v',
	    ['W'] = 'w',
	    ['X'] = 'x',
	    ['Y'] = 'y',
	    ['Z'] = 'z'};

	for (size_t i = 0; i < len; i++) {
		ret_name[i] = map[(unsigned char)input[i]];
		if (ret_name[i] == '\0')
			return false;
	}
	ret_name[len] = '\0';
	return true;
}

/* Say whether the name is what its Unicode form converts to. libidn2 lets A-labels pass that hold
 * characters which the conversion maps to others (UTS-46 section 4.1, criterion 7). */
static bool is_stable(const char *name)
{
	char *unicode = NULL, *again = NULL;
	bool is_same =
	    idn2_to_unicode_8z8z(name, &unicode, IDN2_NONTRANSITIONAL) == IDN2_OK &&
	    idn2_to_ascii_8z(unicode, &again, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK &&
	    strcmp(name, again) == 0;

	idn2_free(unicode);
	idn2_free(again);
	return is_same;
}

/* Convert by UTS-46 and IDNA2008; also checks the A-labels that the input already holds. */
static bool convert_idn(const char *input, size_t len, char ret_name[static TARGET_MAX + 1])
{
	char *ascii = NULL;
	AUTO_FREE char *text = xstrndup(input, len);
	bool good = strlen(text) == len && idn2_to_ascii_8z(text, &ascii,
					       IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) == IDN2_OK;

	if (good) {
		size_t n = strlen(ascii);
		good = n <= TARGET_MAX && copy_lower(ascii, n, ret_name) && is_stable(ret_name);
	}
	idn2_free(ascii);
	return good;
}

size_t target_normalise(const char *input, size_t len, char ret_name[static TARGET_MAX + 1])
{
	bool has_dot = len > 0 && input[len - 1] == '.';

	len -= has_dot;
	if (len == 0 || len > TARGET_INPUT_MAX)
		return 0;
	bool is_ascii = len <= TARGET_MAX && copy_lower(input, len, ret_name);
	if (!is_ascii || target_is_idn(ret_name, len)) {
		if (!convert_idn(input, len, ret_name))
			return 0;
		len = strlen(ret_name);
		/* an ideographic full stop became a dot */
		if (!has_dot && len > 0 && ret_name[len - 1] == '.')
			ret_name[--len] = '\0';
	}
	return len > 0 && has_good_labels(ret_name, len) ? len : 0;
}

bool target_is_idn(const char *name, size_t len)
{
	const char *end = name + len;

	for (const char *label = name; label < end; label++) {
		const char *dot = skip_to_label_end(label, end);
		if (starts_with_ace(label, (size_t)(dot - label)))
			return true;
		label = dot;
	}
	return false;
}

char *target_to_unicode(const char *name)
{
	char *unicode = NULL;

	if (!target_is_idn(name, strlen(name)) ||
	    idn2_to_unicode_8z8z(name, &unicode, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	char *copy = xstrdup(unicode);
	idn2_free(unicode);
	return copy;
}
