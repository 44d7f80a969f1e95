/* Headers of answers (RFC 9112 section 6). */
#include "fetch/answer_head.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "model/file.h"

enum { MAX_BYTES = 64 << 10, MAX_LINES = 1000, MAX_DIGITS = 24 };

/* Say whether the line is the field `name`, and what its value is. */
static bool has_name(struct span line, const char *name, struct span *ret_value)
{
	size_t len = strlen(name);

	if (line.len <= len || line.bytes[len] != ':' || strncasecmp(line.bytes, name, len) != 0)
		return false;
	struct span value = {line.bytes + len + 1, line.len - len - 1};
	while (value.len > 0 && strchr(" \t", value.bytes[0]) != NULL) {
		value.bytes++;
		value.len--;
	}
	while (value.len > 0 && strchr(" \t\r\n", value.bytes[value.len - 1]) != NULL)
		value.len--;
	*ret_value = value;
	return true;
}

static bool is_word(struct span value, const char *word)
{
	return value.len == strlen(word) && strncasecmp(value.bytes, word, value.len) == 0;
}

/* False: no length, or another one than before. */
static bool take_length(struct answer_head *head, struct span value)
{
	char text[MAX_DIGITS];
	uint64_t length;

	if (value.len >= sizeof(text))
		return false;
	memcpy(text, value.bytes, value.len);
	text[value.len] = '\0';
	if (str_to_u64(text, INT64_MAX, &length) != OK ||
	    (head->has_length && length != head->length))
		return false;
	head->has_length = true;
	head->length = length;
	return true;
}

/* NUL, or CR without LF: what stands behind them is read by one and not by another. */
static bool has_odd_bytes(struct span line)
{
	const char *cr = memchr(line.bytes, '\r', line.len);

	return memchr(line.bytes, '\0', line.len) != NULL ||
	       (cr != NULL && cr + 1 < line.bytes + line.len &&
		   (cr[1] != '\n' || cr + 2 != line.bytes + line.len));
}

/* Follow where in a header the line stands. False: it can stand nowhere there. */
static bool take_place(struct answer_head *head, struct span line)
{
	bool is_end = line.len == 0 || strchr("\r\n", line.bytes[0]) != NULL,
	     is_fold = !is_end && strchr(" \t", line.bytes[0]) != NULL,
	     is_status = !head->is_inside && line.len >= 5 && strncmp(line.bytes, "HTTP/", 5) == 0;

	if (is_fold)
		return head->is_foldable;
	if (is_status) /* another answer may stand after an interim one */
		head->has_length = head->is_chunked = head->is_whole = false;
	if (is_end)
		head->is_whole = true;
	head->is_inside = !is_end;
	head->is_foldable = !is_end && !is_status;
	return true;
}

/* The fields that say where the body ends. */
static const char *judge_framing(struct answer_head *head, struct span line)
{
	struct span value;

	if (has_name(line, "Content-Length", &value)) {
		head->is_foldable = false;
		return take_length(head, value) ? NULL : "invalid Content-Length";
	}
	if (has_name(line, "Transfer-Encoding", &value)) {
		head->is_foldable = false;
		head->is_chunked = head->is_chunked || is_word(value, "chunked");
		return is_word(value, "chunked") || is_word(value, "identity")
			   ? NULL
			   : "unexpected Transfer-Encoding";
	}
	return NULL;
}

enum reason answer_head_add(
    struct answer_head *head, const char *bytes, size_t len, const char **ret_detail)
{
	const struct span line = {bytes, len};

	head->n_bytes += len;
	if (head->n_bytes > MAX_BYTES || ++head->n_lines > MAX_LINES) {
		*ret_detail = ANSWER_HEAD_TOO_LONG;
		return REASON_TOO_LARGE;
	}
	if (has_odd_bytes(line) || !take_place(head, line)) {
		*ret_detail = ANSWER_HEAD_MALFORMED;
		return REASON_CONNECT;
	}
	const char *fault = judge_framing(head, line);
	if (fault != NULL)
		*ret_detail = fault;
	return fault != NULL ? REASON_CONNECT : REASON_NONE;
}
