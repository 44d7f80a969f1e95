/* See describe.h. */
#include "describe.h"

#include <string.h>

#include "base/buf.h"

void describe_problem(const struct problem *p, char *ret_text, size_t size)
{
	struct buf b;

	buf_init(&b, size - 1);
	if (p->status == 0)
		buf_add_char(&b, '-');
	else
		buf_addf(&b, "%d", p->status);
	for (size_t i = 0; i < p->n_errors; i++)
		buf_addf(
		    &b, " %s", p->errors[i].pointer[0] != '\0' ? p->errors[i].pointer : "\"\"");
	memcpy(ret_text, b.data, b.len + 1);
	buf_done(&b);
}
