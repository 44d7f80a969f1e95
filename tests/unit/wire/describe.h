/* Problems in one line, for tables of tests. */
#pragma once

#include <stddef.h>

#include "wire/problem.h"

/* Write status and pointers as `422 /kind /rate`, `-` when there is no problem. */
void describe_problem(const struct problem *p, char *ret_text, size_t size);
