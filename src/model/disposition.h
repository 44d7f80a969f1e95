/* Content-Disposition (RFC 6266): the name that a server gives a file. Thread: any. */
#pragma once

#include <stddef.h>

#include "model/file_name.h"

/* Make a harmless name of what the header's value says, `filename*` before `filename`. Returns its
 * length; 0: it names nothing. */
size_t disposition_name(const char *value, char ret_name[static FILE_NAME_MAX + 1]);
