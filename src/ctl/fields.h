/* The fields of a submission, written while they are added: as a JSON object, or as the path and
 * query of POST /jobs when the items come as lines of the body. What is empty is left to the daemon
 * and not written. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/spec.h"

struct fields {
	struct buf text; /* complete after each addition */
	bool is_query;
};

/* `kind`: NULL for what has none. */
void fields_init(struct fields *f, bool is_query, const char *kind);
void fields_done(struct fields *f);

void fields_add_text(struct fields *f, const char *name, const char *value);
void fields_add_number(struct fields *f, const char *name, uint64_t value);
void fields_add_flag(struct fields *f, const char *name, bool value);
/* JSON as it stands; in a query a number or a word of it. NULL: not written. */
void fields_add_json(struct fields *f, const char *name, const char *json);
/* In a query the texts stand between commas, which they may not have. */
void fields_add_list(struct fields *f, const char *name, const struct text_list *list);
