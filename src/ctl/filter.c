/* Which jobs are meant. Kinds are the daemon's to know. Thread: main. */
#include "ctl/filter.h"

#include "base/id.h"
#include "ctl/http.h"
#include "model/state.h"

enum { OPT_FILTER_LABEL = 0x3000, OPT_SCHEDULE };

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct filter *f = state->input;
	enum job_state wanted;
	struct id id;

	switch (key) {
	case 's':
		if (!job_state_parse(value, &wanted))
			argp_error(state, "'%s' is no state of a job", value);
		f->state = value;
		return 0;
	case 'k':
		f->kind = value;
		return 0;
	case OPT_FILTER_LABEL:
		f->label = value;
		return 0;
	case OPT_SCHEDULE:
		if (!id_parse(value, &id))
			argp_error(state, "'%s' is no schedule's ID", value);
		f->schedule = value;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp *filter_argp(void)
{
	static const struct argp_option options[] = {
	    {"state", 's', "STATE", 0,
		"Only jobs that are queued, running, done, cancelled or failed", 0},
	    {"kind", 'k', "KIND", 0, "Only jobs of domains, flags or downloads", 0},
	    {"label", OPT_FILTER_LABEL, "TEXT", 0, "Only jobs that are called TEXT", 0},
	    {"schedule", OPT_SCHEDULE, "ID", 0, "Only runs of this schedule", 0},
	    {0},
	};
	static const struct argp argp = {.options = options, .parser = on_option};

	return &argp;
}

bool filter_is_empty(const struct filter *f)
{
	return f->state == NULL && f->kind == NULL && f->label == NULL && f->schedule == NULL;
}

void filter_add(const struct filter *f, struct buf *path)
{
	const struct {
		const char *name, *value;
	} given[] = {
	    {"state", f->state},
	    {"kind", f->kind},
	    {"label", f->label},
	    {"schedule_id", f->schedule},
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (given[i].value != NULL)
			http_add_query(path, given[i].name, given[i].value);
	}
}
