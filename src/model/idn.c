/* Conversion by libidn2, and where IDNA2008 says no, by the same mapping without its rules. */
#include "model/idn.h"

#include <glib.h>
#include <idn2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MAX_TEXT = 8192, MAX_LABEL = 256 }; /* bytes; longer ones are no names */

static char *copy_foreign(char *foreign)
{
	char *copy = xstrdup(foreign);

	idn2_free(foreign);
	return copy;
}

static char *convert(const char *text)
{
	char *ascii = NULL;

	if (idn2_to_ascii_8z(text, &ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	return copy_foreign(ascii);
}

/* --- Punycode (RFC 3492) --- */

static char digit_of(uint32_t value)
{
	return (char)(value < 26 ? 'a' + value : '0' + (value - 26));
}

/* Section 6.1. */
static uint32_t adapt(uint32_t delta, uint32_t n_points, bool is_first)
{
	uint32_t k = 0;

	delta = is_first ? delta / 700 : delta / 2;
	delta += delta / n_points;
	for (; delta > 455; k += 36)
		delta /= 35;
	return k + 36 * delta / (delta + 38);
}

/* Add `delta` as an integer of variable length (section 3.3). */
static void add_delta(struct buf *b, uint32_t delta, uint32_t bias)
{
	for (uint32_t k = 36;; k += 36) {
		uint32_t t = k <= bias ? 1 : k >= bias + 26 ? 26 : k - bias;
		if (delta < t)
			break;
		buf_add_char(b, digit_of(t + (delta - t) % (36 - t)));
		delta = (delta - t) / (36 - t);
	}
	buf_add_char(b, digit_of(delta));
}

static uint32_t next_point(const gunichar *points, long n, uint32_t least)
{
	uint32_t next = UINT32_MAX;

	for (long i = 0; i < n; i++) {
		if (points[i] >= least && points[i] < next)
			next = points[i];
	}
	return next;
}

/* Section 6.3. At most MAX_LABEL points, so that nothing overflows. */
static void add_punycode(struct buf *b, const gunichar *points, long n_points)
{
	uint32_t n = 128, delta = 0, bias = 72, n_basic = 0;

	for (long i = 0; i < n_points; i++) {
		if (points[i] < 128) {
			buf_add_char(b, (char)points[i]);
			n_basic++;
		}
	}
	if (n_basic > 0)
		buf_add_char(b, '-');
	for (uint32_t n_done = n_basic; n_done < (uint32_t)n_points; delta++, n++) {
		uint32_t next = next_point(points, n_points, n);
		delta += (next - n) * (n_done + 1);
		n = next;
		for (long i = 0; i < n_points; i++) {
			delta += points[i] < n;
			if (points[i] != n)
				continue;
			add_delta(b, delta, bias);
			bias = adapt(delta, n_done + 1, n_done == n_basic);
			delta = 0;
			n_done++;
		}
	}
}

/* --- UTS-46, without the rules of IDNA2008 --- */

static bool is_dot(gunichar c)
{
	return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xff61;
}

/* What UTS-46 maps to nothing. */
static bool is_ignored(gunichar c)
{
	return c == 0xad || c == 0x34f || (c >= 0x180b && c <= 0x180d) || c == 0x200b ||
	       c == 0x2060 || (c >= 0xfe00 && c <= 0xfe0f) || c == 0xfeff;
}

static bool is_symbol(gunichar c)
{
	GUnicodeType type = g_unichar_type(c);

	/* the last: planes for emoji, of which newer ones may not be known here */
	return type == G_UNICODE_OTHER_SYMBOL || type == G_UNICODE_MODIFIER_SYMBOL ||
	       type == G_UNICODE_MATH_SYMBOL || type == G_UNICODE_CURRENCY_SYMBOL ||
	       (c >= 0x1f000 && c <= 0x1faff);
}

/* Joiners are allowed only between symbols; elsewhere IDNA2008 decides. */
static bool may_stand(gunichar c, gunichar before)
{
	if (c == 0x200d)
		return is_symbol(before);
	if (is_symbol(c))
		return true;
	switch (g_unichar_type(c)) {
	case G_UNICODE_CONTROL:
	case G_UNICODE_FORMAT:
	case G_UNICODE_UNASSIGNED:
	case G_UNICODE_PRIVATE_USE:
	case G_UNICODE_SURROGATE:
	case G_UNICODE_LINE_SEPARATOR:
	case G_UNICODE_PARAGRAPH_SEPARATOR:
	case G_UNICODE_SPACE_SEPARATOR:
		return false;
	default:
		return true;
	}
}

/* Map valid UTF-8; NULL when a character can't be part of a name. */
static char *map(const char *text)
{
	g_autoptr(GString) mapped = g_string_new(NULL);
	g_autofree char *composed = g_utf8_normalize(text, -1, G_NORMALIZE_ALL_COMPOSE);
	gunichar before = 0;

	for (const char *at = composed; *at != '\0'; at = g_utf8_next_char(at)) {
		gunichar c = g_utf8_get_char(at);
		if (is_ignored(c))
			continue;
		if (!may_stand(c, before))
			return NULL;
		before = c;
		g_string_append_unichar(mapped, is_dot(c) ? '.' : g_unichar_tolower(c));
	}
	return g_utf8_normalize(mapped->str, -1, G_NORMALIZE_ALL_COMPOSE);
}

static bool add_label(struct buf *b, const char *label, size_t len)
{
	AUTO_FREE char *text = xstrndup(label, len);
	AUTO_FREE char *ascii = NULL;
	long n = 0;

	if (g_str_is_ascii(text)) {
		buf_add(b, label, len);
		return true;
	}
	if (strncmp(text, "xn--", 4) == 0 || len > MAX_LABEL)
		return false;
	ascii = convert(text);
	if (ascii != NULL) {
		buf_add_str(b, ascii);
		return strchr(ascii, '.') == NULL;
	}
	g_autofree gunichar *points = g_utf8_to_ucs4_fast(text, -1, &n);
	buf_add_str(b, "xn--");
	add_punycode(b, points, n);
	return true;
}

/* Convert each label by itself. */
static char *convert_labels(const char *text)
{
	g_autofree char *mapped = map(text);
	struct buf ascii;

	if (mapped == NULL)
		return NULL;
	buf_init(&ascii, MAX_TEXT);
	for (const char *label = mapped, *dot;; label = dot + 1) {
		dot = strchrnul(label, '.');
		if (!add_label(&ascii, label, (size_t)(dot - label))) {
			buf_done(&ascii);
			return NULL;
		}
		if (*dot == '\0')
			break;
		buf_add_char(&ascii, '.');
	}
	return buf_take(&ascii, NULL);
}

char *idn_to_ascii(const char *text, size_t len)
{
	if (len > MAX_TEXT / 4 || !g_utf8_validate(text, (gssize)len, NULL))
		return NULL;
	AUTO_FREE char *copy = xstrndup(text, len);
	char *ascii = convert(copy);
	return ascii != NULL ? ascii : convert_labels(copy);
}

char *idn_to_unicode(const char *name)
{
	char *unicode = NULL;

	if (idn2_to_unicode_8z8z(name, &unicode, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return NULL;
	char *copy = copy_foreign(unicode);
	AUTO_FREE char *again = idn_to_ascii(copy, strlen(copy));
	if (again == NULL || strcmp(again, name) != 0)
		free(TAKE(copy));
	return copy;
}

/* libidn2 lets A-labels pass that hold characters which the conversion maps to others (UTS-46
 * section 4.1, criterion 7). */
bool idn_is_allowed(const char *label, size_t len)
{
	AUTO_FREE char *name = xstrndup(label, len);
	char *unicode = NULL;

	if (idn2_to_unicode_8z8z(name, &unicode, IDN2_NONTRANSITIONAL) != IDN2_OK)
		return false;
	AUTO_FREE char *copy = copy_foreign(unicode);
	AUTO_FREE char *again = convert(copy);
	return again != NULL && strcmp(name, again) == 0;
}
