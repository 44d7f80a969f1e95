/* The backend of the store that keeps all in an SQLite database: a file, with its log beside it. */
#pragma once

#include "store/backend.h"

const struct backend *sqlite_backend(void);
