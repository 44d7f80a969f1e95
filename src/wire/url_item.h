/* One file to fetch as a client writes it: a URL, or an object with `url` and perhaps `name`,
 * `sha256`, `mirrors` and `headers`; or a line as sha256sum writes it. To the packed form of
 * model/file.h. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "wire/jvalue.h"

/* What is wrong with an item. */
struct url_item_fault {
	char member[64]; /* as a part of a JSON pointer; "" when it is the item as a whole */
	const char *detail;
};

/* Add the packed item. An invalid URL is not an error here: it becomes the result of the item. */
bool url_item_add(struct buf *b, struct jvalue value, struct url_item_fault *ret_fault);
void url_item_add_plain(struct buf *b, const char *url, size_t len);

/* The same for a line of text: a URL, or a digest, two blanks and a URL or a name. */
void url_item_add_line(struct buf *b, const char *line, size_t len);

/* Add the headers of an object as model/file.h has them. False when one of them may not be set. */
bool url_item_add_headers(
    struct buf *headers, struct jvalue value, struct url_item_fault *ret_fault);
