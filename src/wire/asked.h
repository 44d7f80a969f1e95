/* The fields of a submission that say what is asked for of its names. Part of wire/submission.
 * Thread: any. */
#pragma once

#include "model/spec.h"
#include "wire/jvalue.h"
#include "wire/problem.h"

void asked_set_family(struct spec *spec, const char *value, struct problem *p);
bool asked_add_server(struct spec *spec, const char *value, const char *pointer, struct problem *p);
void asked_set_wildcard(struct spec *spec, const char *value, struct problem *p);

/* In a query the number of {"max": N} stands alone. */
void asked_set_rdap(struct spec *spec, const char *value, struct problem *p);
void asked_set_rdap_object(struct spec *spec, struct jvalue object, struct problem *p);

/* Add one; false when no more are wanted, for there are faults enough. */
bool asked_add_type(struct spec *spec, const char *value, const char *pointer, struct problem *p);
bool asked_add_prefix(struct spec *spec, const char *value, const char *pointer, struct problem *p);
bool asked_add_suffix(struct spec *spec, const char *value, const char *pointer, struct problem *p);
bool asked_add_ptr(struct spec *spec, const char *value, const char *pointer, struct problem *p);

/* Check the fields of names together. */
void asked_check(const struct spec *spec, bool has_lines, struct problem *p);
