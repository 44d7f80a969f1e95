/* Batches of flags. */
#include "intake/flags.h"

#include <strings.h>

/* As the client says, or the server with the label, or the first server. */
static const char *find_base_url(
    const struct core_opts *opts, const struct spec *spec, struct problem *p)
{
	if (spec->base_url != NULL)
		return spec->base_url;
	for (size_t i = 0; i < opts->n_flag_servers; i++) {
		const struct flag_server *server = &opts->flag_servers[i];
		if (spec->server == NULL || strcasecmp(spec->server, server->label) == 0)
			return server->base_url;
	}
	problem_add(p, "/server", "Unknown server label.");
	return NULL;
}

const char *flags_prepare(
    const struct core_opts *opts, struct spec *spec, bool has_lines, struct problem *p)
{
	enum { CONCURRENCY = 5 };
	const usec_t timeout = 6100 * USEC_PER_MSEC;
	const char *preset = spec->preset;

	if (preset == NULL && !has_lines && codes_count(&spec->codes) == 0)
		preset = "pop20";
	if (preset != NULL && !codes_add_preset(&spec->codes, preset))
		problem_add(p, "/preset", "Unknown preset.");
	if (spec->params.concurrency == 0)
		spec->params.concurrency = CONCURRENCY;
	if (spec->params.timeout == 0)
		spec->params.timeout = timeout;
	return find_base_url(opts, spec, p);
}
