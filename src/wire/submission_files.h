/* Inside submissions: the fields of files. Not for other folders. Thread: any. */
#pragma once

#include "model/spec.h"
#include "wire/jvalue.h"
#include "wire/problem.h"

/* As struct field of wire/submission.c has them. */
bool files_add_url(struct spec *spec, struct jvalue value, const char *pointer, struct problem *p);
void files_set_base_url(struct spec *spec, const char *value, struct problem *p);
void files_set_layout(struct spec *spec, const char *value, struct problem *p);
void files_set_keep(struct spec *spec, const char *value, struct problem *p);
void files_set_if_changed(struct spec *spec, bool value);
void files_set_headers(struct spec *spec, struct jvalue value, struct problem *p);
void files_set_by_country(struct spec *spec, bool value);
void files_set_save(struct spec *spec, bool value);
void files_set_disposition(struct spec *spec, bool value);
void files_set_decode(struct spec *spec, bool value);
void files_set_max_rate(struct spec *spec, uint64_t value);

/* Check what concerns several of them. */
void files_check(const struct spec *spec, struct problem *p);
