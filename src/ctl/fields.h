/* The fields of a request, written while they are added: as a JSON object, or as a path with a
 * query. Fields that are not set are left out, so that the daemon decides. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/spec.h"

struct fields {
	struct buf text; /* complete after each addition */
	bool is_query;
};

/* `path`: the fields become its query; it may have a query already. NULL: a JSON object. */
void fields_init(struct fields *f, const char *path);
void fields_done(struct fields *f);

/* A value that is NULL, 0, false or an empty list is left out. */
void fields_add_text(struct fields *f, const char *name, const char *value);
void fields_add_number(struct fields *f, const char *name, uint64_t value);
void fields_add_flag(struct fields *f, const char *name, bool value);
/* Add JSON as it stands; for a query it must be a number or a word. */
void fields_add_json(struct fields *f, const char *name, const char *json);
/* In a query the texts are separated by commas, which they must not contain. */
void fields_add_list(struct fields *f, const char *name, const struct text_list *list);
