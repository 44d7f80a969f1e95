/* What several commands print of a schedule. Thread: main. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Print the ID of a schedule and when it runs next; an answer_print_fn. */
bool schedule_text_print_next(const char *text, size_t len, void *arg);
