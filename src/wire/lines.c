/* Names, one a line. */
#include "wire/lines.h"

#include <string.h>

#include "base/utf8.h"
#include "model/file.h"
#include "wire/jvalue.h"
#include "wire/url_item.h"

void lines_init(struct lines *l, enum lines_format format, bool has_files)
{
	*l = (struct lines){.format = format, .has_files = has_files};
	buf_init(&l->rest, LINES_MAX);
}

void lines_done(struct lines *l)
{
	buf_done(&l->rest);
}

/* The common case, a string without escapes, is used in place. */
static bool is_simple_string(const char *line, size_t len)
{
	if (len < 2 || line[0] != '"' || line[len - 1] != '"')
		return false;
	for (size_t i = 1; i < len - 1; i++) {
		unsigned char c = (unsigned char)line[i];
		if (c < 0x20 || c >= 0x7f || c == '"' || c == '\\')
			return false; /* whether it is UTF-8 the decoder says */
	}
	return true;
}

static void add_text(
    const struct lines *l, const char *text, size_t len, lines_fn *on_item, void *arg)
{
	struct buf item;

	if (!l->has_files) {
		on_item(text, len, arg);
		return;
	}
	buf_init(&item, FILE_ITEM_MAX);
	if (l->format == LINES_TEXT)
		url_item_add_line(&item, text, len);
	else
		url_item_add_plain(&item, text, len);
	on_item(item.data, item.len, arg);
	buf_done(&item);
}

static bool read_file(
    struct lines *l, struct jvalue value, lines_fn *on_item, void *arg, struct problem *p)
{
	struct url_item_fault fault = {.detail = NULL};
	struct buf item;

	buf_init(&item, FILE_ITEM_MAX);
	bool good = url_item_add(&item, value, &fault);
	if (good)
		on_item(item.data, item.len, arg);
	else
		problem_set(p, 422, "Line %llu%s%s: %s", (unsigned long long)l->n,
		    fault.member[0] != '\0' ? ", " : "", fault.member, fault.detail);
	buf_done(&item);
	return good;
}

/* The string of a line: the line itself, or the only member of an object. */
static struct jvalue find_domain(struct jvalue value)
{
	struct jvalue name, first;

	if (jvalue_type(value) != '{')
		return value;
	const char *at = jvalue_begin(value);
	if (!jvalue_next_member(&at, &name, &first) || jvalue_next_member(&at, &name, &first))
		return (struct jvalue){NULL, 0};
	return jvalue_find(value, "domain");
}

static bool read_json(
    struct lines *l, const char *line, size_t len, lines_fn *on_item, void *arg, struct problem *p)
{
	char text[LINES_MAX];
	struct problem fault = {.status = 0};
	struct jvalue value;

	if (is_simple_string(line, len)) {
		add_text(l, line + 1, len - 2, on_item, arg);
		return true;
	}
	bool is_json = jvalue_parse_any(line, len, &value, &fault);
	problem_done(&fault);
	if (!is_json) {
		problem_set(
		    p, 400, "Line %llu of the body is not valid JSON.", (unsigned long long)l->n);
		return false;
	}
	if (l->has_files)
		return read_file(l, value, on_item, arg, p);
	struct jvalue domain = find_domain(value);
	if (jvalue_type(domain) != '"') {
		problem_set(p, 422,
		    "Line %llu is neither a string nor an object with only a \"domain\".",
		    (unsigned long long)l->n);
		return false;
	}
	on_item(text, jvalue_copy(domain, text, sizeof(text)), arg);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Look at the first line: some programs put a byte order mark before it. */
static bool begin(const char **line, size_t *len, struct problem *p)
{
	size_t mark = utf8_mark_length(*line, *len);

	*line += mark;
	*len -= mark;
	if (utf8_is_wide(*line, *len))
		problem_set(p, 400, "The body is UTF-16; it must be UTF-8.");
	return p->status == 0;
}

static bool read_line(
    struct lines *l, const char *line, size_t len, lines_fn *on_item, void *arg, struct problem *p)
{
	if (l->n++ == 0 && !begin(&line, &len, p))
		return false;
	while (len > 0 && is_blank(line[len - 1]))
		len--;
	while (len > 0 && is_blank(line[0])) {
		line++;
		len--;
	}
	if (len == 0)
		return true;
	if (l->format == LINES_NDJSON)
		return read_json(l, line, len, on_item, arg, p);
	if (line[0] != '#')
		add_text(l, line, len, on_item, arg);
	return true;
}

/* Keep the start of an unfinished line; one that grows too long is handed on cut short, as a name
 * that is none. */
static bool keep_rest(
    struct lines *l, const char *bytes, size_t n, lines_fn *on_item, void *arg, struct problem *p)
{
	if (l->is_skipping)
		return true;
	size_t room = l->rest.max - l->rest.len;
	buf_add(&l->rest, bytes, n < room ? n : room);
	if (n < room)
		return true;
	l->is_skipping = true;
	bool good =
	    l->format == LINES_TEXT && read_line(l, l->rest.data, l->rest.len, on_item, arg, p);
	if (!good)
		problem_set(
		    p, 400, "Line %llu of the body is too long.", (unsigned long long)l->n + 1);
	buf_clear(&l->rest);
	return good;
}

bool lines_feed(struct lines *l, const char *bytes, size_t n_bytes, lines_fn *on_item, void *arg,
    struct problem *p)
{
	const char *end = bytes + n_bytes, *line_end;

	for (; (line_end = memchr(bytes, '\n', (size_t)(end - bytes))) != NULL;
	     bytes = line_end + 1) {
		size_t n = (size_t)(line_end - bytes);
		if (!l->is_skipping && l->rest.len == 0 && n < LINES_MAX) {
			if (!read_line(l, bytes, n, on_item, arg, p))
				return false;
			continue;
		}
		if (!keep_rest(l, bytes, n, on_item, arg, p) || !lines_finish(l, on_item, arg, p))
			return false;
	}
	return bytes == end || keep_rest(l, bytes, (size_t)(end - bytes), on_item, arg, p);
}

bool lines_finish(struct lines *l, lines_fn *on_item, void *arg, struct problem *p)
{
	bool good = l->is_skipping || l->rest.len == 0 ||
		    read_line(l, l->rest.data, l->rest.len, on_item, arg, p);

	l->is_skipping = false;
	buf_clear(&l->rest);
	return good;
}
