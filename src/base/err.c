/* Names of the errors in err.h. */
#include "base/err.h"

const char *err_str(enum err e)
{
	switch (e) {
	case OK:
		return "ok";
	case ERR_INVALID:
		return "invalid";
	case ERR_TOO_BIG:
		return "too_big";
	case ERR_NOT_FOUND:
		return "not_found";
	case ERR_CONFLICT:
		return "conflict";
	case ERR_FULL:
		return "full";
	case ERR_READ_ONLY:
		return "read_only";
	case ERR_IO:
		return "io";
	case ERR_FATAL:
		return "fatal";
	case ERR_BUSY:
		return "busy";
	case ERR_SYSTEM:
		return "system";
	case ERR_GONE:
		return "gone";
	case ERR_DAMAGED:
		return "damaged";
	}
	return "unknown";
}
