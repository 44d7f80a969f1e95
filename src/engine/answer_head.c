/* Headers of answers (RFC 9112 section 6). */
#include "engine/answer_head.h"

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "model/file.h"

enum { MAX_BYTES = 64 << 10, MAX_DIGITS = 24 };

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

enum reason answer_head_add(
    struct answer_head *head, const char *line, size_t len, const char **ret_detail)
{
	struct span value;

	head->n_bytes += len;
	if (head->n_bytes > MAX_BYTES) {
		*ret_detail = ANSWER_HEAD_TOO_LONG;
		return REASON_TOO_LARGE;
	}
	if (len >= 5 && strncmp(line, "HTTP/", 5) == 0) /* another answer, after an interim one */
		head->has_length = false;
	if (has_name((struct span){line, len}, "Content-Length", &value) &&
	    !take_length(head, value)) {
		*ret_detail = "Content-Length makes no sense";
		return REASON_CONNECT;
	}
	if (has_name((struct span){line, len}, "Transfer-Encoding", &value) &&
	    !is_word(value, "chunked") && !is_word(value, "identity")) {
		*ret_detail = "a transfer coding that was not asked for";
		return REASON_CONNECT;
	}
	return REASON_NONE;
}
