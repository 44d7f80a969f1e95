/* Maintenance of the database (store/backend.h). Internal to the SQLite backend. */
#pragma once

#include "sqlite/database.h"

struct db_files;

struct chores *chores_new(
    struct db *db, const struct db_files *files, const struct chores_events *events);
void chores_free(struct chores *chores);
void chores_look(struct chores *chores, bool is_stuck, bool has_garbage);
usec_t chores_wait(struct chores *chores);
enum err chores_do(struct chores *chores) MUST_CHECK;
struct store_size chores_size(struct chores *chores);
bool chores_are_left(struct chores *chores);
