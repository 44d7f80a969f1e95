/* The strict reader: heads and trailers byte by byte, and the way from one part of a request to the
 * next. What a part means is told by request_line.c, fields.c, head.c and chunked.c. */
#include "http/reader.h"

#include <assert.h>
#include <string.h>

#include "base/log.h"
#include "http/head.h"

enum { MAX_EMPTY_LINES = 2 };

/* Until HEAD_LF the order counts: the request line comes before LINE_LF. */
enum state {
	START,
	EMPTY_LF, /* an empty line before the request */
	METHOD,
	TARGET,
	VERSION,
	LINE_LF,
	FIELD_START,
	NAME,
	VALUE,
	VALUE_LF,
	HEAD_LF, /* the line that ends a head or the trailers */
	BODY,
	CHUNKS,
	DONE,
	BAD
};

/* What a byte of a head completes. */
enum step { STEP_ON, STEP_LINE, STEP_FIELD, STEP_END, STEP_BAD };

/* The states of a head change with each word, so the log tells only what follows one. */
static void set_state(struct reader *r, enum state state)
{
	static const struct {
		const char *name;
		unsigned next; /* bits of the states that may follow */
	} rows[] = {[START] = {"start", 1 << EMPTY_LF | 1 << METHOD | 1 << BAD},
	    [EMPTY_LF] = {"empty_lf", 1 << START | 1 << BAD},
	    [METHOD] = {"method", 1 << TARGET | 1 << BAD},
	    [TARGET] = {"target", 1 << VERSION | 1 << BAD},
	    [VERSION] = {"version", 1 << LINE_LF | 1 << BAD},
	    [LINE_LF] = {"line_lf", 1 << FIELD_START | 1 << BAD},
	    [FIELD_START] = {"field_start", 1 << NAME | 1 << HEAD_LF | 1 << BAD},
	    [NAME] = {"name", 1 << VALUE | 1 << BAD},
	    [VALUE] = {"value", 1 << VALUE_LF | 1 << BAD},
	    [VALUE_LF] = {"value_lf", 1 << FIELD_START | 1 << BAD},
	    [HEAD_LF] = {"head_lf", 1 << BODY | 1 << CHUNKS | 1 << DONE | 1 << BAD},
	    [BODY] = {"body", 1 << DONE},
	    [CHUNKS] = {"chunks", 1 << FIELD_START | 1 << BAD},
	    [DONE] = {"done", 1 << START},
	    [BAD] = {"bad", 0}};

	assert((rows[r->state].next >> state & 1) != 0);
	if (state > HEAD_LF)
		log_debug(
		    "request_reader_state", "from=%s to=%s", rows[r->state].name, rows[state].name);
	r->state = state;
}

static enum step refuse(struct reader *r, int status, const char *detail)
{
	r->status = status;
	r->detail = detail;
	set_state(r, BAD);
	return STEP_BAD;
}

void reader_init(struct reader *r, const struct reader_limits *limits)
{
	*r = (struct reader){.limits = *limits, .state = START};
	/* what is added here: the blank behind a colon, and `Connection: close` */
	buf_init(&r->head.text, limits->max_head + 2 * limits->max_fields + 64);
	buf_init(&r->line_text, limits->max_head);
	fields_init(&r->fields, limits->max_head);
}

/* Idle connections use no memory. */
static void forget_input(struct reader *r)
{
	buf_done(&r->line_text);
	fields_done(&r->fields);
}

void reader_done(struct reader *r)
{
	forget_input(r);
	buf_done(&r->head.text);
}

/* --- The bytes of a head --- */

static enum step start(struct reader *r, unsigned char c)
{
	r->head = (struct request_head){.text = r->head.text};
	if (c == '\r') {
		if (++r->n_empty_lines > MAX_EMPTY_LINES)
			return refuse(r, 400, "Too many empty lines before the request.");
		set_state(r, EMPTY_LF);
		return STEP_ON;
	}
	if (!char_is_token(c))
		return refuse(r, 400, "The request does not start with a method.");
	r->method.len = 1;
	r->target.len = 0;
	set_state(r, METHOD);
	return STEP_ON;
}

static enum step in_method(struct reader *r, unsigned char c)
{
	if (c == ' ') {
		set_state(r, TARGET);
		return STEP_ON;
	}
	if (!char_is_token(c))
		return refuse(
		    r, 400, "Malformed request line; expected method, target and version.");
	if (++r->method.len > REQUEST_MAX_METHOD)
		return refuse(r, 501, "Unknown method.");
	return STEP_ON;
}

static enum step in_target(struct reader *r, unsigned char c)
{
	if (c == ' ' && r->target.len > 0) {
		set_state(r, VERSION);
		return STEP_ON;
	}
	if (c == '\r')
		return refuse(
		    r, 400, "Malformed request line; expected method, target and version.");
	if (c == ' ')
		return refuse(r, 400, "Malformed request line: too many spaces.");
	if (!char_is_visible(c) || c == '#')
		return refuse(r, 400, "Invalid character in the request target.");
	r->target.len++;
	return STEP_ON;
}

static enum step in_version(struct reader *r, unsigned char c)
{
	if (c == '\r')
		set_state(r, LINE_LF);
	else if (!char_is_visible(c))
		return refuse(r, 400, "The request line does not end with an HTTP version.");
	return STEP_ON;
}

static enum step line_feed(struct reader *r, unsigned char c, enum step next)
{
	return c == '\n' ? next : refuse(r, 400, "A line does not end with CR LF.");
}

static enum step field_start(struct reader *r, unsigned char c)
{
	if (c == '\r') {
		set_state(r, HEAD_LF);
		return STEP_ON;
	}
	if (char_is_blank(c))
		return refuse(
		    r, 400, "A header line starts with white space (obsolete line folding).");
	if (c == ':')
		return refuse(r, 400, "A header field has no name.");
	if (!char_is_token(c))
		return refuse(r, 400, "Invalid header field name.");
	r->field.name_len = 1;
	set_state(r, NAME);
	return STEP_ON;
}

static enum step in_name(struct reader *r, unsigned char c)
{
	if (char_is_token(c)) {
		r->field.name_len++;
		return STEP_ON;
	}
	if (char_is_blank(c))
		return refuse(r, 400, "White space in or after a header field name.");
	if (c == '\r')
		return refuse(r, 400, "A header line has no colon.");
	if (c != ':')
		return refuse(r, 400, "Invalid header field name.");
	r->field.value_len = 0;
	set_state(r, VALUE);
	return STEP_ON;
}

static enum step in_value(struct reader *r, unsigned char c)
{
	if (c == '\r')
		set_state(r, VALUE_LF);
	else if (c == '\n')
		return refuse(r, 400, "A line does not end with CR LF.");
	else if (!char_is_value(c))
		return refuse(r, 400, "Control character in a header field.");
	else
		r->field.value_len++;
	return STEP_ON;
}

static enum step empty_line(struct reader *r, unsigned char c)
{
	if (c != '\n')
		return line_feed(r, c, STEP_BAD);
	set_state(r, START);
	return STEP_ON;
}

static enum step step(struct reader *r, unsigned char c)
{
	static const struct {
		enum step (*read)(struct reader *r, unsigned char c);
		enum step line; /* else: what the line feed completes */
	} rows[] = {[START] = {.read = start},
	    [EMPTY_LF] = {.read = empty_line},
	    [METHOD] = {.read = in_method},
	    [TARGET] = {.read = in_target},
	    [VERSION] = {.read = in_version},
	    [LINE_LF] = {.line = STEP_LINE},
	    [FIELD_START] = {.read = field_start},
	    [NAME] = {.read = in_name},
	    [VALUE] = {.read = in_value},
	    [VALUE_LF] = {.line = STEP_FIELD},
	    [HEAD_LF] = {.line = STEP_END}};

	return rows[r->state].read != NULL ? rows[r->state].read(r, c)
					   : line_feed(r, c, rows[r->state].line);
}

static enum step check_limits(struct reader *r)
{
	if (r->state > START && r->state < LINE_LF && r->n_head > r->limits.max_line)
		return refuse(r, 414, "The request line is too long.");
	if (r->n_head > r->limits.max_head)
		return refuse(r, 431,
		    r->is_trailer ? "The trailer section is too long."
				  : "The request header is too long.");
	return STEP_ON;
}

/* --- The parts of a head --- */

static enum step end_line(struct reader *r)
{
	const char *text = r->line_text.data;
	struct fault fault;

	r->method.data = text;
	r->target.data = text + r->method.len + 1;
	struct slice version = {r->target.data + r->target.len + 1,
	    r->line_text.len - r->method.len - r->target.len - 4};
	if (!request_line_read(
		r->method, r->target, version, r->limits.max_params, &r->line, &fault))
		return refuse(r, fault.status, fault.detail);
	r->head.is_head = r->method.len == 4 && memcmp(text, "HEAD", 4) == 0;
	set_state(r, FIELD_START);
	return STEP_ON;
}

static enum step end_field(struct reader *r)
{
	struct fields *fields = &r->fields;
	struct field *place = &r->field;
	struct fault fault;
	bool is_good;

	place->value = fields->text.len - place->value_len - 2;
	place->name = place->value - 1 - place->name_len;
	if (r->is_trailer) {
		struct slice name = {fields->text.data + place->name, place->name_len};
		is_good = fields_check_trailer(name, &fault) &&
			  (++fields->n <= r->limits.max_fields ||
			      fault_set(&fault, 431, "Too many trailer fields."));
		buf_clear(&fields->text);
	} else {
		is_good = fields_add(fields, place, r->limits.max_fields, &fault);
	}
	if (!is_good)
		return refuse(r, fault.status, fault.detail);
	set_state(r, FIELD_START);
	return STEP_ON;
}

/* The line and all fields are there, or all trailers are. */
static enum step end_head(struct reader *r)
{
	struct request_head *head = &r->head;
	struct fault fault;

	if (r->is_trailer) {
		set_state(r, DONE);
	} else if (!head_make(&r->line, &r->fields, r->limits.max_body, head, &fault)) {
		return refuse(r, fault.status, fault.detail);
	} else if (head->is_chunked) {
		chunked_init(&r->chunks, r->limits.max_body);
		set_state(r, CHUNKS);
	} else {
		r->n_left = head->content_length;
		set_state(r, head->has_body ? BODY : DONE);
	}
	forget_input(r);
	return STEP_END;
}

static enum step end_part(struct reader *r, enum step part)
{
	switch (part) {
	case STEP_LINE:
		return end_line(r);
	case STEP_FIELD:
		return end_field(r);
	case STEP_END:
		return end_head(r);
	default:
		return part;
	}
}

static enum reader_event on_done(struct reader *r)
{
	buf_done(&r->head.text);
	r->n_head = r->n_empty_lines = 0;
	r->is_trailer = false;
	set_state(r, START);
	return READER_END;
}

/* Read bytes of a head or of trailers up to the end of a line. Their text is kept as it is, without
 * empty lines before the request. */
static size_t feed_line(struct reader *r, const char *bytes, size_t n, enum step *ret_step)
{
	size_t i = 0, n_skipped = 0;
	enum step result = STEP_ON;
	struct buf *text = r->state < FIELD_START ? &r->line_text : &r->fields.text;

	while (i < n && result == STEP_ON) {
		result = step(r, (unsigned char)bytes[i++]);
		if (r->state <= EMPTY_LF)
			n_skipped = i;
		else if (result != STEP_BAD && (r->n_head++, true))
			result = check_limits(r) == STEP_BAD ? STEP_BAD : result;
	}
	if (result != STEP_BAD)
		buf_add(text, bytes + n_skipped, i - n_skipped);
	*ret_step = end_part(r, result);
	return i;
}

static size_t feed_head(struct reader *r, const char *bytes, size_t n, enum reader_event *ret_event)
{
	bool is_trailer = r->is_trailer;
	enum step result = STEP_ON;
	size_t taken = 0;

	while (taken < n && result == STEP_ON)
		taken += feed_line(r, bytes + taken, n - taken, &result);
	if (result == STEP_BAD)
		*ret_event = READER_BAD;
	else if (result == STEP_END)
		*ret_event = is_trailer ? on_done(r) : READER_HEAD;
	else
		*ret_event = READER_MORE;
	return taken;
}

/* --- Bodies --- */

static size_t feed_body(struct reader *r, const char *bytes, size_t n, enum reader_event *ret_event,
    struct slice *ret_piece)
{
	size_t size = n < r->n_left ? n : (size_t)r->n_left;

	if (size == 0) {
		*ret_event = READER_MORE;
		return 0;
	}
	r->n_left -= size;
	if (r->n_left == 0)
		set_state(r, DONE);
	*ret_event = READER_BODY;
	*ret_piece = (struct slice){bytes, size};
	return size;
}

static size_t feed_chunks(struct reader *r, const char *bytes, size_t n,
    enum reader_event *ret_event, struct slice *ret_piece)
{
	struct fault fault;
	size_t taken = 0;

	*ret_event = READER_MORE;
	switch (chunked_feed(&r->chunks, bytes, n, &taken, ret_piece, &fault)) {
	case CHUNKED_MORE:
		break;
	case CHUNKED_DATA:
		*ret_event = READER_BODY;
		break;
	case CHUNKED_LAST:
		r->is_trailer = true;
		r->n_head = 0;
		set_state(r, FIELD_START);
		return taken + feed_head(r, bytes + taken, n - taken, ret_event);
	case CHUNKED_BAD:
		refuse(r, fault.status, fault.detail);
		*ret_event = READER_BAD;
		break;
	}
	return taken;
}

size_t reader_feed(struct reader *r, const char *bytes, size_t n, enum reader_event *ret_event,
    const char **ret_piece, size_t *ret_n_piece)
{
	struct slice piece = {0};
	size_t taken = 0;

	if (r->state == BAD)
		*ret_event = READER_BAD;
	else if (r->state == DONE)
		*ret_event = on_done(r);
	else if (r->state == BODY)
		taken = feed_body(r, bytes, n, ret_event, &piece);
	else if (r->state == CHUNKS)
		taken = feed_chunks(r, bytes, n, ret_event, &piece);
	else
		taken = feed_head(r, bytes, n, ret_event);
	if (*ret_event == READER_BODY) {
		*ret_piece = piece.data;
		*ret_n_piece = piece.len;
	}
	return taken;
}

bool reader_is_in_head(const struct reader *r)
{
	return r->state > START && r->state <= HEAD_LF && !r->is_trailer;
}
