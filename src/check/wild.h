/* Which parents have a wildcard that answers for DS: a random name is looked up once for all names
 * of a parent. Private to this room. Thread: loop. */
#pragma once

#include "check/parents.h"

struct checker;

struct parents *wild_new(struct checker *checker);

/* A random name exists, or nobody said that it doesn't. */
bool wild_may_be(const struct parent *parent);
