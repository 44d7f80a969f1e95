/* Results. */
#include "model/result.h"

void result_add_evidence(struct result *r, const struct evidence *e)
{
	if (r->n_evidence == RESULT_MAX_EVIDENCE)
		r->n_evidence--;
	r->evidence[r->n_evidence++] = *e;
}
