/* The data of an answer as lines of text: sorted and without repeats, so that two answers that
 * differ in the order of their records are alike. Thread: any. */
#pragma once

#include "dns/answer.h"

/* Add the text form of each datum to `b`, each with a NUL behind it, sorted. Returns how many there
 * are. When `b` is too small for all, it says so (b->overflow) and what is in it is no use. */
size_t dns_recordset_write(const struct dns_answer *a, struct buf *b);
