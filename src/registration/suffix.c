#include "registration/suffix.h"

#include <libpsl.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct suffixes {
	psl_ctx_t *psl; /* owned */
};

struct suffixes *suffixes_new(const char *path)
{
	psl_ctx_t *psl = path != NULL ? psl_load_file(path) : psl_latest(NULL);

	if (psl == NULL)
		return NULL;
	struct suffixes *s = xcalloc(1, sizeof(*s));
	s->psl = psl;
	return s;
}

void suffixes_free(struct suffixes *suffixes)
{
	if (suffixes == NULL)
		return;
	psl_free(suffixes->psl);
	free(suffixes);
}

const char *suffixes_find(const struct suffixes *suffixes, const char *name)
{
	while (name != NULL) {
		if (psl_is_public_suffix2(
			suffixes->psl, name, PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE))
			return name;
		const char *dot = strchr(name, '.');
		name = dot != NULL ? dot + 1 : NULL;
	}
	return NULL;
}
