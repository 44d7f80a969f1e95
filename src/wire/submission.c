/* Submissions. One table of fields serves both forms. */
#include "wire/submission.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "base/utf8.h"
#include "model/pattern.h"
#include "model/target.h"
#include "model/url.h"
#include "wire/asked.h"
#include "wire/submission_files.h"

enum { FOR_DOMAINS = 1 << KIND_DOMAINS, FOR_DOWNLOADS = 1 << KIND_DOWNLOADS };
/* Bytes kept of a text. It is more than any field may have, so what is cut is refused, or stays an
 * item that is none. */
enum { MAX_TEXT = 16 << 10 };
enum { FOR_FLAGS = 1 << KIND_FLAGS, FOR_ALL = FOR_DOMAINS | FOR_DOWNLOADS | FOR_FLAGS };

struct field {
	const char *name;
	unsigned kinds; /* of jobs that have it */
	/* Exactly one of these: a text, a number of at most `max`, a truth, a list whose
	 * elements `add` or, where they are more than texts, `add_json` takes until it says
	 * false. Numbers and truths are stored where AT says: in a uint32_t, 64 bits or a bool. */
	void (*set_text)(struct spec *spec, const char *value, struct problem *p);
	size_t number, wide, truth; /* 0: none */
	size_t copy;                /* where a truth is stored too; 0: nowhere */
	size_t mark;                /* a bool that tells that a number was given; 0: none */
	bool (*add)(struct spec *spec, const char *value, const char *pointer, struct problem *p);
	bool (*add_json)(
	    struct spec *spec, struct jvalue value, const char *pointer, struct problem *p);
	/* Or an object, which is read as a whole; beside set_text where a text will do too. */
	void (*set_object)(struct spec *spec, struct jvalue value, struct problem *p);
	uint64_t max, unit; /* of a number; it is stored as a multiple of the unit, 0: 1 */
	bool is_inverse;    /* of a truth: what is stored is its opposite */
	bool may_be_one;    /* a list that may be given as its only element */
};

#define AT(member) offsetof(struct spec, member)

static void set_kind(struct spec *spec, const char *value, struct problem *p)
{
	if (!job_kind_parse(value, &spec->kind))
		problem_add(
		    p, "/kind", "The kind must be \"domains\", \"downloads\" or \"flags\".");
}

static void set_check(struct spec *spec, const char *value, struct problem *p)
{
	if (!job_check_parse(value, &spec->check))
		problem_add(
		    p, "/check", "The check must be \"resolve\", \"records\" or \"registration\".");
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

static void set_copy(char **text, const char *value)
{
	free(*text);
	*text = xstrdup(value);
}

static void set_label(struct spec *spec, const char *value, struct problem *p)
{
	if (strlen(value) > SPEC_MAX_LABEL || !is_utf8(value)) {
		problem_add(
		    p, "/label", "The label must be at most %d bytes of UTF-8.", SPEC_MAX_LABEL);
		return;
	}
	set_copy(&spec->label, value);
}

static bool is_url(const char *value, const char *pointer, struct problem *p)
{
	struct url url;
	enum url_fault fault = url_parse(value, strlen(value), &url);

	if (fault == URL_GOOD)
		url_done(&url);
	else
		problem_add(p, pointer, "%s", url_fault_text(fault));
	return fault == URL_GOOD;
}

static void set_base_url(struct spec *spec, const char *value, struct problem *p)
{
	if (is_url(value, "/base_url", p))
		set_copy(&spec->base_url, value);
}

static void set_callback(struct spec *spec, const char *value, struct problem *p)
{
	if (!is_url(value, "/callback_url", p))
		return;
	if (strlen(value) > SPEC_MAX_CALLBACK)
		problem_add(
		    p, "/callback_url", "This must have at most %d bytes.", SPEC_MAX_CALLBACK);
	else
		set_copy(&spec->callback_url, value);
}

static void set_run_at(struct spec *spec, const char *value, struct problem *p)
{
	if (clock_parse(value, &spec->run_at) != OK)
		problem_add(
		    p, "/run_at", "This must be a time like 2026-11-22T12:00:00Z (RFC 3339).");
}

static void set_deadline(struct spec *spec, const char *value, struct problem *p)
{
	spec->deadline = spec->deadline_after = 0;
	if (clock_parse(value, &spec->deadline) == OK)
		return;
	if (str_to_duration(value, &spec->deadline_after) != OK || spec->deadline_after == 0)
		problem_add(p, "/deadline",
		    "This must be a time like 2026-11-22T12:00:00Z (RFC 3339), or a duration "
		    "like 90s, 10m or 2h.");
}

static void set_preset(struct spec *spec, const char *value, struct problem *p)
{
	(void)p; /* whether there is such a preset is known where presets are */
	set_copy(&spec->preset, value);
}

static bool add_domain(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	(void)pointer, (void)p; /* what is no domain is its own result later */
	text_list_add(&spec->domains, value);
	return true;
}

static bool add_name(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	const char *fault = NULL;

	if (pattern_is_needed(value)) {
		struct pattern *pattern = pattern_new(value, &fault);
		if (pattern == NULL)
			problem_add(p, pointer, "This is not a valid pattern. %s", fault);
		pattern_free(pattern);
	}
	text_list_add(&spec->names, value);
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

/* `@` stands before the name of a preset, since some are called as TLDs are. */
static bool add_tld(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	if (value[0] == '@') {
		text_list_add(&spec->tld_presets, value + 1);
		return true; /* which there are is known where presets are */
	}
	if (spec->tlds.n == SPEC_MAX_TLDS) {
		problem_add(p, "/tlds", "At most %d TLDs are allowed.", SPEC_MAX_TLDS);
		return false;
	}
	if (!spec_add_tld(spec, value))
		problem_add(p, pointer, "Not a valid domain name.");
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

static bool add_code(struct spec *spec, const char *value, const char *pointer, struct problem *p)
{
	if (!codes_add(&spec->codes, value, strlen(value)))
		problem_add(p, pointer, "Each CC argument must be A to Z or AA to ZZ.");
	return p->n_errors < PROBLEM_MAX_ERRORS;
}

static void set_server(struct spec *spec, const char *value, struct problem *p)
{
	(void)p; /* which there are is known where servers are */
	set_copy(&spec->server, value);
}

static const struct field fields[] = {
    {"kind", FOR_ALL, .set_text = set_kind},
    {"check", FOR_DOMAINS, .set_text = set_check},
    {"types", FOR_DOMAINS, .add = asked_add_type},
    {"family", FOR_DOMAINS, .set_text = asked_set_family},
    {"servers", FOR_DOMAINS, .add = asked_add_server, .may_be_one = true},
    {"wildcard", FOR_DOMAINS, .set_text = asked_set_wildcard},
    {"details", FOR_DOMAINS, .truth = AT(params.asked.rdap.wants_details)},
    {"max_age", FOR_DOMAINS, .number = AT(params.asked.rdap.max_age),
	.mark = AT(params.asked.rdap.has_max_age), .max = CHECK_MAX_AGE},
    {"rdap", FOR_DOMAINS, .set_text = asked_set_rdap, .set_object = asked_set_rdap_object},
    {"label", FOR_ALL, .set_text = set_label},
    {"preset", FOR_DOMAINS | FOR_FLAGS, .set_text = set_preset},
    {"domains", FOR_DOMAINS, .add = add_domain},
    {"names", FOR_DOMAINS, .add = add_name},
    {"tlds", FOR_DOMAINS, .add = add_tld},
    {"prefixes", FOR_DOMAINS, .add = asked_add_prefix},
    {"suffixes", FOR_DOMAINS, .add = asked_add_suffix},
    {"ptr", FOR_DOMAINS, .add = asked_add_ptr, .may_be_one = true},
    {"max_length", FOR_DOMAINS, .number = AT(max_length), .max = TARGET_MAX},
    {"concurrency", FOR_ALL, .number = AT(params.concurrency), .max = SPEC_MAX_CONCURRENCY},
    {"rate", FOR_ALL, .number = AT(params.rate), .max = SPEC_MAX_RATE},
    {"timeout_ms", FOR_ALL, .wide = AT(params.timeout), .unit = USEC_PER_MSEC,
	.max = SPEC_MAX_TRANSFER_TIMEOUT_MS},
    {"attempts", FOR_ALL, .number = AT(params.attempts), .max = SPEC_MAX_ATTEMPTS},
    {"priority", FOR_ALL, .number = AT(params.priority), .max = SPEC_MAX_PRIORITY},
    {"run_at", FOR_ALL, .set_text = set_run_at},
    {"deadline", FOR_ALL, .set_text = set_deadline},
    {"callback_url", FOR_ALL, .set_text = set_callback},
    {"urls", FOR_DOWNLOADS, .add_json = files_add_url},
    {"layout", FOR_DOWNLOADS, .set_text = files_set_layout},
    {"keep", FOR_DOWNLOADS, .set_text = files_set_keep},
    {"if_changed", FOR_DOWNLOADS, .truth = AT(files.if_changed),
	.copy = AT(params.asked.if_changed)},
    {"save", FOR_DOWNLOADS, .truth = AT(files.is_unsaved), .is_inverse = true},
    {"content_disposition", FOR_DOWNLOADS, .truth = AT(files.by_disposition)},
    {"headers", FOR_DOWNLOADS, .set_object = files_set_headers},
    {"decode", FOR_DOWNLOADS, .truth = AT(files.is_decoded)},
    {"max_rate", FOR_DOWNLOADS, .wide = AT(files.max_rate), .max = SPEC_MAX_BYTE_RATE},
    {"codes", FOR_FLAGS, .add = add_code},
    {"server", FOR_FLAGS, .set_text = set_server},
    {"base_url", FOR_FLAGS | FOR_DOWNLOADS, .set_text = set_base_url},
    {"limit", FOR_FLAGS, .number = AT(limit), .max = CODES_ALL},
    {"name_by_country", FOR_FLAGS, .truth = AT(files.by_country)},
};

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

_Static_assert(N_FIELDS <= 64, "each has a bit of spec.given");

/* Find a field that is being given. */
static const struct field *find_field(struct spec *spec, const char *name)
{
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		spec->given |= (uint64_t)1 << i;
		return &fields[i];
	}
	return NULL;
}

static void format_pointer(const char *name, char *ret_pointer, size_t size)
{
	ret_pointer[0] = '/';
	problem_escape(name, ret_pointer + 1, size - 1);
}

static void set_list(
    struct spec *spec, const struct field *field, struct jvalue value, struct problem *p)
{
	char pointer[64], text[MAX_TEXT];
	struct jvalue element;
	size_t i = 0;

	if (field->may_be_one && jvalue_type(value) == '"') {
		snprintf(pointer, sizeof(pointer), "/%s", field->name);
		jvalue_copy(value, text, sizeof(text));
		(void)field->add(spec, text, pointer, p);
		return;
	}
	if (jvalue_type(value) != '[') {
		snprintf(pointer, sizeof(pointer), "/%s", field->name);
		problem_add(p, pointer, "This must be a list.");
		return;
	}
	for (const char *at = jvalue_begin(value); jvalue_next(&at, &element); i++) {
		snprintf(pointer, sizeof(pointer), "/%s/%zu", field->name, i);
		if (field->add_json != NULL) {
			if (!field->add_json(spec, element, pointer, p))
				return;
		} else if (jvalue_type(element) != '"') {
			problem_add(p, pointer, "This must be a string.");
		} else {
			jvalue_copy(element, text, sizeof(text));
			if (!field->add(spec, text, pointer, p))
				return;
		}
		if (p->n_errors == PROBLEM_MAX_ERRORS)
			return;
	}
}

static void set_number(struct spec *spec, const struct field *field, uint64_t value)
{
	uint64_t unit = field->unit > 0 ? field->unit : 1;

	if (field->wide > 0)
		*(uint64_t *)((char *)spec + field->wide) = value * unit;
	else
		*(uint32_t *)((char *)spec + field->number) = (uint32_t)(value * unit);
	if (field->mark > 0)
		*(bool *)((char *)spec + field->mark) = true;
}

static void set_truth(struct spec *spec, const struct field *field, bool value)
{
	bool stored = value != field->is_inverse;

	*(bool *)((char *)spec + field->truth) = stored;
	if (field->copy > 0)
		*(bool *)((char *)spec + field->copy) = stored;
}

static void refuse_number(uint64_t max, const char *pointer, struct problem *p)
{
	problem_add(
	    p, pointer, "This must be a whole number from 0 to %llu.", (unsigned long long)max);
}

static void set_text(struct spec *spec, const struct field *field, struct jvalue value,
    const char *pointer, struct problem *p)
{
	char text[MAX_TEXT];

	if (jvalue_type(value) != '"') {
		problem_add(p, pointer, "This must be a string.");
		return;
	}
	jvalue_copy(value, text, sizeof(text));
	field->set_text(spec, text, p);
}

static void set_json(struct spec *spec, const char *name, struct jvalue value, struct problem *p)
{
	const struct field *field = find_field(spec, name);
	char pointer[80], type = jvalue_type(value);
	int64_t number;

	format_pointer(name, pointer, sizeof(pointer));
	if (field == NULL) {
		problem_add(p, pointer, "Unknown field.");
	} else if (field->add != NULL || field->add_json != NULL) {
		set_list(spec, field, value, p);
	} else if (field->set_object != NULL && (type == '{' || field->set_text == NULL)) {
		field->set_object(spec, value, p);
	} else if (field->truth > 0) {
		if (type == 't' || type == 'f')
			set_truth(spec, field, type == 't');
		else
			problem_add(p, pointer, "This must be true or false.");
	} else if (field->set_text != NULL) {
		set_text(spec, field, value, pointer, p);
	} else if (!jvalue_integer(value, &number) || number < 0 || (uint64_t)number > field->max) {
		refuse_number(field->max, pointer, p);
	} else {
		set_number(spec, field, (uint64_t)number);
	}
}

bool submission_parse_json(const char *body, size_t len, struct spec *spec, struct problem *p)
{
	struct jvalue root, key, value;
	char name[128]; /* longer than a pointer shows */

	if (!jvalue_parse(body, len, &root, p))
		return false;
	if (jvalue_type(root) != '{') {
		problem_add(p, "", "A submission must be an object.");
		return false;
	}
	if (jvalue_find(root, "kind").at == NULL)
		problem_add(p, "/kind",
		    "The kind is missing; it must be \"domains\", \"downloads\" or "
		    "\"flags\".");
	for (const char *at = jvalue_begin(root); jvalue_next_member(&at, &key, &value);) {
		jvalue_copy(key, name, sizeof(name));
		set_json(spec, name, value, p);
	}
	return p->status == 0;
}

/* Read an object that is given as its JSON. */
static void set_object_text(struct spec *spec, const struct field *field, const char *text,
    const char *pointer, struct problem *p)
{
	struct problem fault = {.status = 0};
	struct jvalue value;

	if (jvalue_parse(text, strlen(text), &value, &fault))
		field->set_object(spec, value, p);
	else
		problem_add(p, pointer, "This must be an object, as JSON.");
	problem_done(&fault);
}

void submission_set_query(struct spec *spec, const char *name, const char *value, struct problem *p)
{
	const struct field *field = find_field(spec, name);
	char pointer[80];
	uint64_t number;

	format_pointer(name, pointer, sizeof(pointer));
	if (field == NULL) {
		problem_add(p, pointer, "Unknown query parameter.");
	} else if (field->set_text != NULL) {
		field->set_text(spec, value, p);
	} else if (field->number > 0 || field->wide > 0) {
		if (str_to_u64(value, field->max, &number) != OK)
			refuse_number(field->max, pointer, p);
		else
			set_number(spec, field, number);
	} else if (field->truth > 0) {
		if (strcmp(value, "true") == 0 || strcmp(value, "false") == 0)
			set_truth(spec, field, value[0] == 't');
		else
			problem_add(p, pointer, "This must be true or false.");
	} else if (field->add_json != NULL) {
		problem_add(p, pointer, "URLs must be sent as lines of the body.");
	} else if (field->set_object != NULL) {
		set_object_text(spec, field, value, pointer, p);
	} else {
		AUTO_FREE char *list = xstrdup(value);
		char *rest = list;
		for (char *s; (s = strsep(&rest, ",")) != NULL;) {
			if (!field->add(spec, s, pointer, p))
				return;
		}
	}
}

/* A field that the kind of job doesn't have is as wrong as one that doesn't exist; and some bounds
 * are narrower than a field's own. */
static void check_kind(const struct spec *spec, struct problem *p)
{
	bool has_files = job_kind_is_files(spec->kind);
	char pointer[80];

	for (size_t i = 0; i < N_FIELDS; i++) {
		if ((spec->given >> i & 1) == 0 || (fields[i].kinds >> spec->kind & 1) != 0)
			continue;
		format_pointer(fields[i].name, pointer, sizeof(pointer));
		problem_add(p, pointer, "Jobs of kind %s do not have this field.",
		    job_kind_name(spec->kind));
	}
	if (has_files && spec->params.concurrency > SPEC_MAX_TRANSFERS)
		refuse_number(SPEC_MAX_TRANSFERS, "/concurrency", p);
	if (!has_files && spec->params.timeout > SPEC_MAX_TIMEOUT_MS * USEC_PER_MSEC)
		refuse_number(SPEC_MAX_TIMEOUT_MS, "/timeout_ms", p);
}

bool submission_check(const struct spec *spec, bool has_lines, struct problem *p)
{
	check_kind(spec, p);
	if (spec->kind == KIND_DOMAINS)
		asked_check(spec, has_lines, p);
	if (spec->kind == KIND_DOWNLOADS && !has_lines && spec->urls.n == 0 && p->status == 0)
		problem_add(p, "/urls", "Nothing to download: give urls.");
	if (spec->kind == KIND_DOWNLOADS)
		files_check(spec, p);
	return p->status == 0;
}
