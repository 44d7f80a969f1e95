/* Names of errors. */
#include "../unit.h"

#include "base/err.h"

static const struct {
	enum err value;
	const char *name;
} errors[] = {{OK, "ok"}, {ERR_INVALID, "invalid"}, {ERR_TOO_BIG, "too_big"},
    {ERR_NOT_FOUND, "not_found"}, {ERR_CONFLICT, "conflict"}, {ERR_FULL, "full"},
    {ERR_READ_ONLY, "read_only"}, {ERR_IO, "io"}, {ERR_FATAL, "fatal"}, {ERR_BUSY, "busy"},
    {ERR_SYSTEM, "system"}, {ERR_GONE, "gone"}, {ERR_DAMAGED, "damaged"}, {(enum err)1, "unknown"},
    {(enum err) - 99, "unknown"}};

TEST(has_a_name)
{
	ck_row_str(errors[_i].name, err_str(errors[_i].value), errors[_i].name);
}

SUITE(err)
{
	ADD_ROWS(has_a_name, errors);
}
