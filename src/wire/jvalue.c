/* Walking through texts that were judged: each step may trust what json_check has seen. */
#include "wire/jvalue.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "wire/json_check.h"

static const char *skip_blanks(const char *at)
{
	while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')
		at++;
	return at;
}

/* The end of the string at `at`. */
static const char *skip_string(const char *at)
{
	for (at++; *at != '"'; at++) {
		if (*at == '\\')
			at++;
	}
	return at + 1;
}

static const char *skip_container(const char *at)
{
	size_t depth = 0;

	do {
		char c = *at;
		if (c == '"') {
			at = skip_string(at);
			continue;
		}
		if (c == '{' || c == '[')
			depth++;
		else if (c == '}' || c == ']')
			depth--;
		at++;
	} while (depth > 0);
	return at;
}

/* A value inside another one; a number or word ends before what stands behind it there. */
static struct jvalue read_value(const char *at)
{
	const char *end = at;

	if (*at == '"')
		end = skip_string(at);
	else if (*at == '{' || *at == '[')
		end = skip_container(at);
	else
		while (strchr(",]} \n\t\r", *end) == NULL)
			end++;
	return (struct jvalue){at, (size_t)(end - at)};
}

static bool parse(const char *text, size_t len, struct jvalue *ret_value, struct problem *p)
{
	struct json_report report;
	enum json_verdict verdict = json_check(text, len, &report);

	if (verdict == JSON_BIG_NUMBER)
		problem_add(p, "", "The number in line %zu, column %zu is out of range.",
		    report.line, report.column);
	else if (verdict == JSON_BIG_OBJECT)
		problem_add(p, "", "The object in line %zu, column %zu has more than %d members.",
		    report.line, report.column, JSON_MAX_MEMBERS);
	else if (verdict == JSON_MALFORMED)
		problem_set(p, 400, "The body is not valid JSON: %s (line %zu, column %zu).",
		    report.fault, report.line, report.column);
	if (verdict != JSON_GOOD)
		return false;
	const char *end = text + len;
	while (len > 0 && strchr(" \n\t\r", end[-1]) != NULL) {
		end--;
		len--;
	}
	text = skip_blanks(text);
	*ret_value = (struct jvalue){text, (size_t)(end - text)};
	return true;
}

bool jvalue_parse(const char *text, size_t len, struct jvalue *ret_value, struct problem *p)
{
	enum { LOOK = 8 };
	struct jvalue value;
	size_t mark = utf8_mark_length(text, len);

	if (utf8_is_wide(text, len < LOOK ? len : LOOK)) {
		problem_set(p, 400, "The body is UTF-16; it must be UTF-8.");
		return false;
	}
	if (!parse(text + mark, len - mark, &value, p))
		return false;
	if (*value.at != '{' && *value.at != '[') {
		problem_set(p, 400, "The body must be a JSON object or array.");
		return false;
	}
	*ret_value = value;
	return true;
}

bool jvalue_parse_any(const char *text, size_t len, struct jvalue *ret_value, struct problem *p)
{
	return parse(text, len, ret_value, p);
}

char jvalue_type(struct jvalue value)
{
	if (value.at == NULL)
		return '\0';
	return *value.at == '-' || (*value.at >= '0' && *value.at <= '9') ? '0' : *value.at;
}

const char *jvalue_begin(struct jvalue container)
{
	return container.at != NULL ? container.at + 1 : NULL;
}

bool jvalue_next(const char **at, struct jvalue *ret_element)
{
	const char *s = skip_blanks(*at);

	if (*s == ',')
		s = skip_blanks(s + 1);
	if (*s == ']' || *s == '}')
		return false;
	*ret_element = read_value(s);
	*at = s + ret_element->len;
	return true;
}

bool jvalue_next_member(const char **at, struct jvalue *ret_name, struct jvalue *ret_value)
{
	if (!jvalue_next(at, ret_name))
		return false;
	*ret_value = read_value(skip_blanks(skip_blanks(*at) + 1));
	*at = ret_value->at + ret_value->len;
	return true;
}

static bool is_text(struct jvalue string, const char *text)
{
	const char *at = string.at + 1, *end = string.at + string.len - 1;
	size_t len = strlen(text);
	char piece[64];

	while (at < end) {
		size_t n = json_decode(&at, end, piece, sizeof(piece));
		if (n > len || memcmp(piece, text, n) != 0)
			return false;
		text += n;
		len -= n;
	}
	return len == 0;
}

struct jvalue jvalue_find(struct jvalue object, const char *name)
{
	struct jvalue found, value;

	if (jvalue_type(object) != '{')
		return (struct jvalue){NULL, 0};
	for (const char *at = jvalue_begin(object); jvalue_next_member(&at, &found, &value);) {
		if (is_text(found, name))
			return value;
	}
	return (struct jvalue){NULL, 0};
}

size_t jvalue_copy(struct jvalue string, char *to, size_t size)
{
	size_t n = 0;

	if (jvalue_type(string) == '"') {
		const char *at = string.at + 1;
		n = json_decode(&at, string.at + string.len - 1, to, size - 1);
	}
	to[n] = '\0';
	return n;
}

bool jvalue_integer(struct jvalue number, int64_t *ret_integer)
{
	char digits[24];

	if (jvalue_type(number) != '0' || number.len >= sizeof(digits))
		return false;
	memcpy(digits, number.at, number.len);
	digits[number.len] = '\0';
	if (strpbrk(digits, ".eE") != NULL)
		return false;
	*ret_integer = strtoll(digits, NULL, 10); /* its range was judged */
	return true;
}

void jvalue_compact(struct jvalue value, struct buf *b)
{
	const char *at = value.at, *end = value.at + value.len;

	while (at < end) {
		const char *begin = at;
		if (*at == '"')
			at = skip_string(at);
		else
			while (at < end && strchr(" \n\t\r\"", *at) == NULL)
				at++;
		buf_add(b, begin, (size_t)(at - begin));
		while (at < end && strchr(" \n\t\r", *at) != NULL)
			at++;
	}
}
