/* A checker (check/checker.h) without a network: checks end when the test says so, or by themselves
 * in the next turn of the loop. Linked in place of the real one. Thread: loop. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "check/checker.h"

/* `room`: checks at most at one time. */
struct checker *fake_checks_new(struct loop *loop, size_t room);

void fake_checks_set_room(struct checker *checker, size_t room);

/* Have all checks end by themselves from now on: found when the name begins with `f`, else not. */
void fake_checks_answer_all(struct checker *checker);

/* End the check of this name, the oldest when `name` is NULL. False when there is none. */
bool fake_checks_finish(struct checker *checker, const char *name, enum item_status status);

/* A check of a name that begins with `poison` was started: it answers nothing any more, until it is
 * revived. */
bool fake_checks_is_dead(const struct checker *checker);
void fake_checks_revive(struct checker *checker);

size_t fake_checks_n_started(const struct checker *checker); /* in all */
/* The name of the check that was started as the i-th, from 0. */
const char *fake_checks_name(const struct checker *checker, size_t i);
const struct check_request *fake_checks_last(const struct checker *checker); /* its name is gone */
