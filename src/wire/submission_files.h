/* Inside submissions: the fields of files. Not for other folders. Thread: any. */
#pragma once

#include "model/spec.h"
#include "wire/jvalue.h"
#include "wire/problem.h"

/* As struct field of wire/submission.c has them. */
bool files_add_url(struct spec *spec, struct jvalue value, const char *pointer, struct problem *p);
void files_set_layout(struct spec *spec, const char *value, struct problem *p);
void files_set_keep(struct spec *spec, const char *value, struct problem *p);
void files_set_headers(struct spec *spec, struct jvalue value, struct problem *p);

/* Check what concerns several of them. */
void files_check(const struct spec *spec, struct problem *p);
