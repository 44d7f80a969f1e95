/* The fields of one head. */
#include "http/fields.h"

#include <stdlib.h>

#include "base/alloc.h"

enum { MAX_OPTIONS = 32 };

enum use {
	ONCE,    /* duplicates are refused: implementations differ in which one they use */
	LIST,    /* several are joined by commas */
	ONE_HOP, /* about this connection only: not passed on */
	UNREAD,  /* not used: not passed on */
};

#define NAMED(text)                                                                                \
	{                                                                                          \
		(text), sizeof(text) - 1                                                           \
	}

static const struct {
	struct slice name;
	enum use use;
} table[] = {
    [FIELD_HOST] = {NAMED("Host"), ONCE},
    [FIELD_CONTENT_LENGTH] = {NAMED("Content-Length"), ONCE},
    [FIELD_TRANSFER_ENCODING] = {NAMED("Transfer-Encoding"), ONCE},
    [FIELD_EXPECT] = {NAMED("Expect"), ONCE},
    [FIELD_CONNECTION] = {NAMED("Connection"), ONE_HOP},
    [FIELD_N_LOOKED_FOR] = {NAMED("Accept"), LIST},
    {NAMED("Accept-Charset"), LIST},
    {NAMED("Accept-Encoding"), LIST},
    {NAMED("Accept-Language"), LIST},
    {NAMED("Access-Control-Request-Headers"), LIST},
    {NAMED("Access-Control-Request-Method"), ONCE},
    {NAMED("Authorization"), ONCE},
    {NAMED("Cache-Control"), LIST},
    {NAMED("Content-Disposition"), ONCE},
    {NAMED("Content-Encoding"), ONCE},
    {NAMED("Content-Language"), LIST},
    {NAMED("Content-Location"), ONCE},
    {NAMED("Content-Range"), ONCE},
    {NAMED("Content-Type"), ONCE},
    /* libmicrohttpd would parse it, and close without an answer where that takes much memory */
    {NAMED("Cookie"), UNREAD},
    {NAMED("Date"), ONCE},
    {NAMED("Forwarded"), LIST},
    {NAMED("From"), ONCE},
    {NAMED("Idempotency-Key"), ONCE},
    {NAMED("If-Match"), LIST},
    {NAMED("If-Modified-Since"), ONCE},
    {NAMED("If-None-Match"), LIST},
    {NAMED("If-Range"), ONCE},
    {NAMED("If-Unmodified-Since"), ONCE},
    {NAMED("Keep-Alive"), ONE_HOP},
    {NAMED("Last-Event-ID"), ONCE},
    {NAMED("Max-Forwards"), ONCE},
    {NAMED("Origin"), ONCE},
    {NAMED("Pragma"), LIST},
    {NAMED("Prefer"), LIST},
    {NAMED("Proxy-Authorization"), ONCE},
    {NAMED("Proxy-Connection"), ONE_HOP},
    {NAMED("Range"), ONCE},
    {NAMED("Referer"), ONCE},
    {NAMED("Sec-Fetch-Dest"), ONCE},
    {NAMED("Sec-Fetch-Mode"), ONCE},
    {NAMED("Sec-Fetch-Site"), ONCE},
    {NAMED("Sec-Fetch-User"), ONCE},
    {NAMED("TE"), ONE_HOP},
    {NAMED("Trailer"), ONE_HOP},
    {NAMED("Upgrade"), ONE_HOP},
    {NAMED("User-Agent"), ONCE},
    {NAMED("Via"), LIST},
    {NAMED("X-Forwarded-For"), LIST},
    {NAMED("X-Forwarded-Host"), LIST},
    {NAMED("X-Forwarded-Proto"), LIST},
};

static int kind_of(struct slice name)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (span_same(name, table[i].name))
			return (int)i;
	}
	return FIELD_UNKNOWN;
}

static struct slice name_of(const struct fields *f, const struct field *row)
{
	return (struct slice){f->text.data + row->name, row->name_len};
}

static struct slice value_of(const struct fields *f, const struct field *row)
{
	return span_trim((struct slice){f->text.data + row->value, row->value_len});
}

void fields_init(struct fields *f, size_t max_text)
{
	*f = (struct fields){0};
	buf_init(&f->text, max_text);
}

void fields_done(struct fields *f)
{
	buf_done(&f->text);
	free(f->rows);
	f->rows = NULL;
	f->n = f->room = 0;
}

/* The first row of a kind, or NULL. */
static const struct field *find(const struct fields *f, int kind)
{
	for (size_t i = 0; i < f->n; i++) {
		if (f->rows[i].kind == kind)
			return &f->rows[i];
	}
	return NULL;
}

bool fields_add(struct fields *f, const struct field *place, size_t max, struct fault *ret_fault)
{
	int kind = kind_of(name_of(f, place));

	if (f->n >= max)
		return fault_set(ret_fault, 431, "Too many header fields.");
	if (kind >= 0 && table[kind].use == ONCE && find(f, kind) != NULL)
		return fault_set(ret_fault, 400, "Duplicate header field.");
	if (f->n == f->room) {
		f->room = f->room > 0 ? 2 * f->room : 16;
		f->rows = xrealloc(f->rows, f->room * sizeof(*f->rows));
	}
	f->rows[f->n] = *place;
	f->rows[f->n].kind = kind;
	f->rows[f->n++].is_dropped = false;
	return true;
}

bool fields_check_trailer(struct slice name, struct fault *ret_fault)
{
	return kind_of(name) < 0 ||
	       fault_set(ret_fault, 400, "A trailer field repeats a header field.");
}

bool fields_find(const struct fields *f, enum field_kind kind, struct slice *ret_value)
{
	const struct field *row = find(f, (int)kind);

	if (row == NULL)
		return false;
	*ret_value = value_of(f, row);
	return true;
}

static void drop(struct fields *f, struct slice name)
{
	for (size_t i = 0; i < f->n; i++) {
		if (span_same(name_of(f, &f->rows[i]), name))
			f->rows[i].is_dropped = true;
	}
}

static bool read_option(
    struct fields *f, struct slice option, bool *ret_is_close, struct fault *ret_fault)
{
	int kind = kind_of(option);

	if (!span_is_token(option))
		return fault_set(ret_fault, 400, "Invalid option in the Connection header.");
	if (kind >= 0 && table[kind].use != ONE_HOP)
		return fault_set(
		    ret_fault, 400, "The Connection header names an end-to-end field.");
	if (span_equals(option, "close"))
		*ret_is_close = true;
	else if (kind < 0)
		drop(f, option);
	return true;
}

bool fields_read_connection(struct fields *f, bool *ret_is_close, struct fault *ret_fault)
{
	size_t n_options = 0;

	*ret_is_close = false;
	for (size_t i = 0; i < f->n; i++) {
		if (f->rows[i].kind != FIELD_CONNECTION)
			continue;
		struct slice list = value_of(f, &f->rows[i]), option;
		while (span_next(&list, &option)) {
			if (++n_options > MAX_OPTIONS)
				return fault_set(
				    ret_fault, 400, "Too many options in the Connection header.");
			if (option.len > 0 && !read_option(f, option, ret_is_close, ret_fault))
				return false;
		}
	}
	return true;
}

static void write_joined(const struct fields *f, const struct field *first, struct buf *text)
{
	bool is_begun = false;

	for (const struct field *row = first; row < f->rows + f->n; row++) {
		struct slice value = value_of(f, row);
		if (row->kind != first->kind || value.len == 0)
			continue;
		if (is_begun)
			buf_add_str(text, ", ");
		buf_add(text, value.data, value.len);
		is_begun = true;
	}
}

void fields_write(const struct fields *f, struct buf *text)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct field *row = &f->rows[i];
		enum use use = row->kind >= 0 ? table[row->kind].use : ONCE;
		bool is_ours = row->kind >= 0 && row->kind < FIELD_N_LOOKED_FOR;
		bool is_joined = use == LIST && find(f, row->kind) != row;
		struct slice name = name_of(f, row), value = value_of(f, row);
		if (is_ours || is_joined || row->is_dropped || use == ONE_HOP || use == UNREAD)
			continue;
		buf_add(text, name.data, name.len);
		buf_add_str(text, ": ");
		if (use == LIST)
			write_joined(f, row, text);
		else
			buf_add(text, value.data, value.len);
		buf_add_str(text, "\r\n");
	}
}
