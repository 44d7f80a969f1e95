/* Who may come in: what the server asks about each request before its handler sees it. Thread:
 * loop. */
#pragma once

#include <stddef.h>

#include "api/tokens.h"

struct access {
	struct tokens *tokens; /* owned; NULL: none is asked for */
};
