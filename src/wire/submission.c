/* Submissions. One table of fields serves both forms. */
#include "wire/submission.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "model/target.h"
#include "wire/json_text.h"

struct field {
	const char *name;
	/* Exactly one of the three: a text, a number of at most `max`, or a list whose elements
	 * `add` takes until it says false. */
	void (*set_text)(struct spec *spec, const char *value, struct problem *p);
	void (*set_number)(struct spec *spec, uint64_t value);
	bool (*add)(struct spec *spec, const char *value, const char *pointer, struct problem *p);
	uint64_t max;
};

static void set_kind(struct spec *spec, const char *value, struct problem *p)
{
	if (!job_kind_parse(value, &spec->kind))
		problem_add(p, "/kind", "The kind must be \"domains\".");
}

static void set_check(struct spec *spec, const char *value, struct problem *p)
{
	if (!job_check_parse(value, &spec->check))
		problem_add(p, "/check", "The check must be \"resolve\".");
}

static bool is_utf8(const char *s)
{
	for (size_t left = strlen(s), n; left > 0; s += n, left -= n) {
		n = utf8_length(s, left);
		if (n == 0)
			return false;
	}
	return true;
}

static void set_label(struct spec *spec, const char *value, struct problem *p)
{
	if (strlen(value) > SPEC_MAX_LABEL || !is_utf8(value)) {
		problem_add(
		    p, "/label", "The label must be at most %d bytes of UTF-8.", SPEC_MAX_LABEL);
		return;
	}
	free(spec->label);
	spec->label = xstrdup(value);
}

static void set_preset(struct spec *spec, const char *value, struct problem *p)
{
	(void)p; /* whether there is such a preset is known where presets are */
	free(spec->preset);
	spec->preset = xstrdup(value);
}

static void set_concurrency(struct spec *spec, uint64_t value)
{
	spec->params.concurrency = (uint32_t)value;
}

static void set_rate(struct spec *spec, uint64_t value)
{
	spec->params.rate = (uint32_t)value;
}

static void set_timeout(struct spec *spec, uint64_t value)
{
	spec->params.timeout = (usec_t)value * USEC_PER_MSEC;
}

static void set_attempts(struct spec *spec, uint64_t value)
{
	spec->params.attempts = (uint32_t)value;
}

static void set_max_length(struct spec *spec, uint64_t value)
{
	spec->max_length = (uint32_t)value;
}

static bool add_domain(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	(void)pointer, (void)p; /* what is no domain is its own result later */
	text_list_add(&spec->domains, value);
	return true;
}

static bool add_name(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	(void)pointer, (void)p;
	text_list_add(&spec->names, value);
	return true;
}

static bool add_tld(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	if (spec->tlds.n == SPEC_MAX_TLDS) {
		problem_add(p, "/tlds", "There may be at most %d TLDs.", SPEC_MAX_TLDS);
		return false;
	}
	if (!spec_add_tld(spec, value))
		problem_add(p, pointer, "This is no domain name.");
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

static const struct field fields[] = {
    {"kind", .set_text = set_kind},
    {"check", .set_text = set_check},
    {"label", .set_text = set_label},
    {"preset", .set_text = set_preset},
    {"domains", .add = add_domain},
    {"names", .add = add_name},
    {"tlds", .add = add_tld},
    {"max_length", .set_number = set_max_length, .max = TARGET_MAX},
    {"concurrency", .set_number = set_concurrency, .max = SPEC_MAX_CONCURRENCY},
    {"rate", .set_number = set_rate, .max = SPEC_MAX_RATE},
    {"timeout_ms", .set_number = set_timeout, .max = SPEC_MAX_TIMEOUT_MS},
    {"attempts", .set_number = set_attempts, .max = SPEC_MAX_ATTEMPTS},
};

static const struct field *find_field(const char *name)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].name, name) == 0)
			return &fields[i];
	}
	return NULL;
}

/* Write the pointer to member `name` (RFC 6901 section 3), cut to what a fault needs. */
static void format_pointer(const char *name, char *ret_pointer, size_t size)
{
	size_t n = 0;

	ret_pointer[n++] = '/';
	for (; *name != '\0' && n + 3 < size; name++) {
		if (*name == '~' || *name == '/') {
			ret_pointer[n++] = '~';
			ret_pointer[n++] = *name == '~' ? '0' : '1';
		} else {
			ret_pointer[n++] = *name;
		}
	}
	ret_pointer[n] = '\0';
}

static void set_list(
    struct spec *spec, const struct field *field, const json_t *value, struct problem *p)
{
	char pointer[64];
	const json_t *element;
	size_t i;

	if (!json_is_array(value)) {
		snprintf(pointer, sizeof(pointer), "/%s", field->name);
		problem_add(p, pointer, "This must be a list of strings.");
		return;
	}
	json_array_foreach(value, i, element)
	{
		snprintf(pointer, sizeof(pointer), "/%s/%zu", field->name, i);
		if (!json_is_string(element))
			problem_add(p, pointer, "This must be a string.");
		else if (!field->add(spec, json_string_value(element), pointer, p))
			return;
		if (p->n_errors == PROBLEM_MAX_ERRORS)
			return;
	}
}

static void set_json(struct spec *spec, const char *name, const json_t *value, struct problem *p)
{
	const struct field *field = find_field(name);
	char pointer[80];

	format_pointer(name, pointer, sizeof(pointer));
	if (field == NULL) {
		problem_add(p, pointer, "There is no such field.");
	} else if (field->add != NULL) {
		set_list(spec, field, value, p);
	} else if (field->set_text != NULL) {
		if (json_is_string(value))
			field->set_text(spec, json_string_value(value), p);
		else
			problem_add(p, pointer, "This must be a string.");
	} else if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		   (uint64_t)json_integer_value(value) > field->max) {
		problem_add(p, pointer, "This must be a whole number from 0 to %llu.",
		    (unsigned long long)field->max);
	} else {
		field->set_number(spec, (uint64_t)json_integer_value(value));
	}
}

bool submission_parse_json(const char *body, size_t len, struct spec *spec, struct problem *p)
{
	json_error_t error;
	json_auto_t *root = json_loadb(body, len, JSON_REJECT_DUPLICATES, &error);
	const char *name;
	json_t *value;

	if (root == NULL && json_error_code(&error) == json_error_numeric_overflow) {
		/* JSON all the same, with a number that no field of ours could hold */
		problem_add(p, "", "The number in line %d, column %d is out of bounds.", error.line,
		    error.column);
		return false;
	}
	if (root == NULL) {
		problem_set(p, 400, "The body is not JSON: %s (line %d, column %d).", error.text,
		    error.line, error.column);
		return false;
	}
	if (!json_is_object(root)) {
		problem_add(p, "", "A submission must be an object.");
		return false;
	}
	if (json_object_get(root, "kind") == NULL)
		problem_add(p, "/kind", "The kind is missing; it must be \"domains\".");
	json_object_foreach(root, name, value) set_json(spec, name, value, p);
	return p->status == 0;
}

void submission_set_query(struct spec *spec, const char *name, const char *value, struct problem *p)
{
	const struct field *field = find_field(name);
	char pointer[80];
	uint64_t number;

	format_pointer(name, pointer, sizeof(pointer));
	if (field == NULL) {
		problem_add(p, pointer, "There is no such query parameter.");
	} else if (field->set_text != NULL) {
		field->set_text(spec, value, p);
	} else if (field->set_number != NULL) {
		if (str_to_u64(value, field->max, &number) != OK)
			problem_add(p, pointer, "This must be a whole number from 0 to %llu.",
			    (unsigned long long)field->max);
		else
			field->set_number(spec, number);
	} else {
		AUTO_FREE char *list = xstrdup(value);
		char *rest = list;
		for (char *s; (s = strsep(&rest, ",")) != NULL;) {
			if (!field->add(spec, s, pointer, p))
				return;
		}
	}
}

bool submission_check(const struct spec *spec, bool has_lines, struct problem *p)
{
	bool has_words =
	    spec->names.n > 0 || spec->preset != NULL || (has_lines && spec->tlds.n > 0);

	if (has_words && spec->tlds.n == 0)
		problem_add(p, "/tlds", "Names and presets need TLDs to be looked up under.");
	if (!has_words && spec->tlds.n > 0)
		problem_add(p, "/names", "TLDs need names or a preset to be combined with.");
	if (!has_lines && !has_words && spec->domains.n == 0)
		problem_add(p, "/domains",
		    "There is nothing to check: give domains, or names or a preset with TLDs.");
	return p->status == 0;
}
