/* The options that select jobs. The daemon checks the kind, as it may know more of them. Thread:
 * main. */
#include "ctl/filter.h"

#define AT(field) offsetof(struct filter, field)

static const struct option_row options[] = {
    {"state", 's', "STATE", "Only jobs in this state: queued, running, done, cancelled or failed",
	OPT_WORD, .offset = AT(state), .takes = "queued, running, done, cancelled or failed"},
    {"kind", 'k', "KIND", "Only jobs of this kind: domains, flags or downloads",
	.offset = AT(kind)},
    {"label", 0, "TEXT", "Only jobs with this label", .offset = AT(label)},
    {"schedule", 0, "ID", "Only runs of this schedule", .offset = AT(schedule),
	.read = option_check_id, .takes = "the ID of a schedule"},
    {0},
};

const struct option_row *filter_options(void)
{
	return options;
}

bool filter_is_empty(const struct filter *f)
{
	return f->state == NULL && f->kind == NULL && f->label == NULL && f->schedule == NULL;
}

void filter_add(const struct filter *f, struct fields *fields)
{
	fields_add_text(fields, "state", f->state);
	fields_add_text(fields, "kind", f->kind);
	fields_add_text(fields, "label", f->label);
	fields_add_text(fields, "schedule_id", f->schedule);
}
