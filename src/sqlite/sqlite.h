/* The SQLite backend of the store: a database file with its log. */
#pragma once

#include "store/backend.h"

const struct backend *sqlite_backend(void);
