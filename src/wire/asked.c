/* What a submission asks for of its names. */
#include "wire/asked.h"

#include <string.h>

#include "base/str.h"
#include "model/reverse.h"

void asked_set_family(struct spec *spec, const char *value, struct problem *p)
{
	if (!family_parse(value, &spec->params.asked.family))
		problem_add(
		    p, "/family", "The family must be \"any\", \"ipv4\", \"ipv6\" or \"both\".");
}

bool asked_add_server(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	const char *fault = server_set_add(&spec->params.servers, value);

	if (fault != NULL)
		problem_add(p, pointer, "%s", fault);
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

void asked_set_wildcard(struct spec *spec, const char *value, struct problem *p)
{
	if (!wildcard_use_parse(value, &spec->params.asked.wildcards))
		problem_add(p, "/wildcard", "This must be \"off\", \"detect\" or \"drop\".");
}

bool asked_add_type(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	const char *fault = check_spec_add_type(&spec->params.asked, value);

	if (fault != NULL)
		problem_add(p, pointer, "%s", fault);
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

bool asked_add_ptr(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	struct reverse_block block;

	if (reverse_parse(value, &block))
		text_list_add(&spec->ptr, value);
	else
		problem_add(p, pointer,
		    "This must be an address, or a block such as 192.0.2.0/24 without bits behind "
		    "its prefix.");
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

static bool add_affix(
    struct text_list *list, const char *value, const char *pointer, struct problem *p)
{
	if (list->n == SPEC_MAX_AFFIXES) {
		problem_add(p, pointer, "At most %d are allowed.", SPEC_MAX_AFFIXES);
		return false;
	}
	if (!spec_add_affix(list, value))
		problem_add(p, pointer, "This can be no part of a name.");
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

bool asked_add_prefix(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	return add_affix(&spec->prefixes, value, pointer, p);
}

bool asked_add_suffix(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	return add_affix(&spec->suffixes, value, pointer, p);
}

static void set_rdap_most(struct spec *spec, int64_t most, struct problem *p)
{
	if (most < 0 || most > UINT32_MAX)
		problem_add(
		    p, "/rdap/max", "This must be a whole number from 0 to %u.", UINT32_MAX);
	spec->params.asked.rdap.use = RDAP_MOST;
	spec->params.asked.rdap.most = (uint32_t)most;
}

void asked_set_rdap(struct spec *spec, const char *value, struct problem *p)
{
	uint64_t most;

	if (strcmp(value, "all") == 0)
		spec->params.asked.rdap.use = RDAP_ALL;
	else if (strcmp(value, "unlikely_only") == 0)
		spec->params.asked.rdap.use = RDAP_UNLIKELY_ONLY;
	else if (str_to_u64(value, UINT32_MAX, &most) == OK)
		set_rdap_most(spec, (int64_t)most, p);
	else
		problem_add(p, "/rdap", "This must be \"all\", \"unlikely_only\" or {\"max\": N}.");
}

void asked_set_rdap_object(struct spec *spec, struct jvalue object, struct problem *p)
{
	const char *at = jvalue_begin(object);
	struct jvalue name, value;
	int64_t most = -1;
	size_t n = 0;

	for (; jvalue_next_member(&at, &name, &value); n++)
		;
	if (n == 1 && jvalue_integer(jvalue_find(object, "max"), &most))
		set_rdap_most(spec, most, p);
	else
		problem_add(p, "/rdap", "This must be \"all\", \"unlikely_only\" or {\"max\": N}.");
}

/* What is asked for must suit the check. */
static void check_asked(const struct spec *spec, struct problem *p)
{
	enum {
		RESOLVE = 1 << CHECK_RESOLVE,
		RECORDS = 1 << CHECK_RECORDS,
		REGISTRATION = 1 << CHECK_REGISTRATION
	};
	const struct check_spec *asked = &spec->params.asked;
	const struct {
		const char *pointer;
		bool is_given;
		unsigned checks; /* that have it */
		const char *detail;
	} rows[] = {
	    {"/types", asked->n_types > 0, RECORDS, "Only the check \"records\" has types."},
	    {"/ptr", spec->ptr.n > 0, RECORDS,
		"Only the check \"records\" looks up reverse names."},
	    {"/rdap", asked->rdap.use != RDAP_ALL, REGISTRATION,
		"Only the check \"registration\" has this field."},
	    {"/details", asked->rdap.wants_details, REGISTRATION,
		"Only the check \"registration\" has this field."},
	    {"/max_age", asked->rdap.has_max_age, REGISTRATION,
		"Only the check \"registration\" has this field."},
	    {"/servers", spec->params.servers.n > 0, RESOLVE | RECORDS,
		"Only the checks \"resolve\" and \"records\" have servers of their own."},
	    {"/wildcard", asked->wildcards != WILDCARDS_OFF, RESOLVE | RECORDS,
		"Only the checks \"resolve\" and \"records\" look for wildcards."},
	    {"/family", asked->family != FAMILY_ANY, RESOLVE,
		"Only the check \"resolve\" has a family."},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (rows[i].is_given && (rows[i].checks >> spec->check & 1) == 0)
			problem_add(p, rows[i].pointer, "%s", rows[i].detail);
	}
	if (spec->check == CHECK_RECORDS && asked->n_types == 0)
		problem_add(p, "/types", "Give the types of records to ask for.");
}

void asked_check(const struct spec *spec, bool has_lines, struct problem *p)
{
	bool has_tlds = spec->tlds.n + spec->tld_presets.n > 0;
	bool has_words = spec->names.n > 0 || spec->preset != NULL || (has_lines && has_tlds);

	check_asked(spec, p);
	if (has_words && !has_tlds)
		problem_add(p, "/tlds", "names and preset require tlds.");
	if (!has_words && has_tlds)
		problem_add(p, "/names", "tlds requires names or a preset.");
	if (!has_words && spec->prefixes.n > 0)
		problem_add(p, "/prefixes", "prefixes requires names or a preset.");
	if (!has_words && spec->suffixes.n > 0)
		problem_add(p, "/suffixes", "suffixes requires names or a preset.");
	if (!has_lines && !has_words && spec->domains.n == 0 && spec->ptr.n == 0)
		problem_add(p, "/domains",
		    "Nothing to check: give domains, or names or a preset with tlds.");
}
