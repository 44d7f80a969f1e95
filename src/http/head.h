/* What a whole head says about its body and its connection, and the text of it that is passed on.
 * Thread: any. */
#pragma once

#include <stdbool.h>

#include "http/fields.h"
#include "http/reader.h"
#include "http/request_line.h"

/* Judge a head whose line and fields are each well-formed, and fill *ret_head but for is_head. Its
 * text is empty and has room for all. Fields that Connection names are marked. Refuses with 400,
 * 413, 417 or 501; ret_head->text may be filled in part then. */
bool head_make(const struct request_line *line, struct fields *fields, uint64_t max_body,
    struct request_head *ret_head, struct fault *ret_fault);
