/* The meaning of a complete request header, and its canonical text. */
#include "http/head.h"

#include <assert.h>

#include "http/authority.h"

/* Read Content-Length (RFC 9112 section 6.3). */
static bool read_length(struct slice value, uint64_t *ret_length, struct fault *ret_fault)
{
	uint64_t length = 0;

	for (size_t i = 0; i < value.len; i++) {
		unsigned digit = (unsigned char)value.data[i] - (unsigned)'0';
		if (digit > 9)
			return fault_set(ret_fault, 400, "The Content-Length is not a number.");
		if (length > (UINT64_MAX - digit) / 10)
			return fault_set(ret_fault, 413, "The body is too long.");
		length = length * 10 + digit;
	}
	if (value.len == 0)
		return fault_set(ret_fault, 400, "The Content-Length is not a number.");
	*ret_length = length;
	return true;
}

/* Whether it is an unknown coding or a malformed list. */
static bool refuse_coding(struct slice list, struct fault *ret_fault)
{
	bool is_known = true;
	struct slice coding;

	while (span_next(&list, &coding)) {
		if (!span_is_token(coding))
			return fault_set(ret_fault, 400, "Malformed Transfer-Encoding.");
		is_known = is_known && span_equals(coding, "chunked");
	}
	if (is_known)
		return fault_set(
		    ret_fault, 400, "Transfer-Encoding: chunked is applied more than once.");
	return fault_set(ret_fault, 501, "The only supported Transfer-Encoding is chunked.");
}

static bool read_framing(const struct fields *fields, uint64_t max_body, struct request_head *head,
    struct fault *ret_fault)
{
	struct slice length, coding;
	bool has_length = fields_find(fields, FIELD_CONTENT_LENGTH, &length);
	bool has_coding = fields_find(fields, FIELD_TRANSFER_ENCODING, &coding);

	if (has_length && !read_length(length, &head->content_length, ret_fault))
		return false;
	if (has_length && has_coding)
		return fault_set(ret_fault, 400,
		    "Content-Length and Transfer-Encoding must not both be present.");
	if (has_coding && head->is_http_1_0)
		return fault_set(
		    ret_fault, 400, "Transfer-Encoding is not supported with HTTP/1.0.");
	if (has_coding && !span_equals(coding, "chunked"))
		return refuse_coding(coding, ret_fault);
	if (head->content_length > max_body)
		return fault_set(ret_fault, 413, "The body is too long.");
	head->is_chunked = has_coding;
	head->has_body = has_coding || head->content_length > 0;
	return true;
}

/* RFC 9110 section 10.1.1 */
static bool read_expect(
    const struct fields *fields, struct request_head *head, struct fault *ret_fault)
{
	struct slice value;

	if (head->is_http_1_0 || !fields_find(fields, FIELD_EXPECT, &value))
		return true;
	if (!span_equals(value, "100-continue"))
		return fault_set(ret_fault, 417, "The only supported expectation is 100-continue.");
	head->expects_continue = head->has_body;
	return true;
}

/* RFC 9112 section 3.2. The authority of the target, where it has one, replaces the field. */
static bool choose_host(const struct request_line *line, const struct fields *fields,
    struct slice *ret_host, struct fault *ret_fault)
{
	bool is_there = fields_find(fields, FIELD_HOST, ret_host);

	if (!is_there && !line->is_http_1_0)
		return fault_set(ret_fault, 400, "The Host header is missing.");
	if (is_there && ret_host->len > 0 && !authority_is_valid(*ret_host))
		return fault_set(ret_fault, 400, "The Host header is not a valid host and port.");
	if (line->authority.data != NULL)
		*ret_host = line->authority;
	return true;
}

static void write_head(const struct request_line *line, const struct fields *fields,
    const struct slice *host, bool has_length, struct request_head *head)
{
	struct buf *text = &head->text;

	buf_add(text, line->method.data, line->method.len);
	buf_add_str(text, line->is_rootless ? " /" : " ");
	buf_add(text, line->path.data, line->path.len);
	buf_add_str(text, line->is_http_1_0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n");
	if (host->data != NULL) {
		buf_add_str(text, "Host: ");
		buf_add(text, host->data, host->len);
		buf_add_str(text, "\r\n");
	}
	fields_write(fields, text);
	if (head->is_chunked) {
		buf_add_str(text, "Transfer-Encoding: chunked\r\n");
	} else if (has_length) {
		buf_add_str(text, "Content-Length: ");
		buf_add_u64(text, head->content_length);
		buf_add_str(text, "\r\n");
	}
	if (head->expects_continue)
		buf_add_str(text, "Expect: 100-continue\r\n");
	if (head->is_last)
		buf_add_str(text, "Connection: close\r\n");
	buf_add_str(text, "\r\n");
	assert(!text->overflow);
}

bool head_make(const struct request_line *line, struct fields *fields, uint64_t max_body,
    struct request_head *ret_head, struct fault *ret_fault)
{
	struct slice host = {0}, length;
	bool is_close;

	ret_head->is_http_1_0 = line->is_http_1_0;
	if (!choose_host(line, fields, &host, ret_fault) ||
	    !read_framing(fields, max_body, ret_head, ret_fault) ||
	    !read_expect(fields, ret_head, ret_fault) ||
	    !fields_read_connection(fields, &is_close, ret_fault))
		return false;
	ret_head->is_last = is_close || line->is_http_1_0;
	write_head(
	    line, fields, &host, fields_find(fields, FIELD_CONTENT_LENGTH, &length), ret_head);
	return true;
}
