/* Schedules as JSON, both ways. */
#include "wire/schedule.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"
#include "model/spec.h"
#include "wire/json_text.h"
#include "wire/jvalue.h"

/* --- Fields --- */

struct field {
	const char *name;
	/* A text at this offset of the rule, or a function. */
	bool is_text;
	size_t offset;
	void (*set)(struct schedule_rule *rule, struct jvalue value, struct problem *p);
};

#define TEXT_AT(member) .is_text = true, .offset = offsetof(struct schedule_rule, member)

/* `rule` may be const: then the text is only read. */
static char **text_at(const struct schedule_rule *rule, size_t offset)
{
	return (char **)((char *)(uintptr_t)rule + offset);
}

/* The longest text that means anything is a callback's URL; a longer one is kept so far that it
 * still shows to be too long. */
enum { MAX_TEXT = SPEC_MAX_CALLBACK + 1024, MAX_NAME = 128 };

static void set_overlap(struct schedule_rule *rule, struct jvalue value, struct problem *p)
{
	char text[16];

	jvalue_copy(value, text, sizeof(text));
	if (!schedule_overlap_parse(text, &rule->overlap))
		problem_add(p, "/overlap", "This must be \"skip\", \"queue\" or \"replace\".");
}

static void set_catch_up(struct schedule_rule *rule, struct jvalue value, struct problem *p)
{
	char text[16];

	jvalue_copy(value, text, sizeof(text));
	if (!schedule_catch_up_parse(text, &rule->catch_up))
		problem_add(p, "/catch_up", "This must be \"skip\" or \"one\".");
}

static void set_paused(struct schedule_rule *rule, struct jvalue value, struct problem *p)
{
	char type = jvalue_type(value);

	if (type != 't' && type != 'f')
		problem_add(p, "/paused", "This must be true or false.");
	rule->is_paused = type == 't';
}

/* The schedule determines the start of a run, so its job must not have run_at. */
static void set_job(struct schedule_rule *rule, struct jvalue value, struct problem *p)
{
	char deadline[64];
	struct buf job;
	usec_t time;

	if (jvalue_type(value) != '{') {
		problem_add(p, "/job", "This must be an object.");
		return;
	}
	if (jvalue_find(value, "run_at").at != NULL)
		problem_add(p, "/job/run_at", "Not allowed in the job of a schedule.");
	jvalue_copy(jvalue_find(value, "deadline"), deadline, sizeof(deadline));
	if (clock_parse(deadline, &time) == OK)
		problem_add(p, "/job/deadline",
		    "The deadline of a schedule's job must be a duration like 90s, 10m or 2h.");
	buf_init(&job, SCHEDULE_MAX_JOB);
	jvalue_compact(value, &job);
	if (job.overflow)
		problem_add(p, "/job", "This must have at most %d bytes.", SCHEDULE_MAX_JOB);
	rule->job = buf_take(&job, NULL);
}

static const struct field fields[] = {
    {"name", TEXT_AT(name)},
    {"every", TEXT_AT(every)},
    {"cron", TEXT_AT(cron)},
    {"timezone", TEXT_AT(zone)},
    {"overlap", .set = set_overlap},
    {"catch_up", .set = set_catch_up},
    {"jitter", TEXT_AT(jitter)},
    {"paused", .set = set_paused},
    {"callback_url", TEXT_AT(callback_url)},
    {"job", .set = set_job},
};

enum { N_FIELDS = sizeof(fields) / sizeof(fields[0]) };

static void format_pointer(const char *name, char *ret_pointer, size_t size)
{
	ret_pointer[0] = '/';
	problem_escape(name, ret_pointer + 1, size - 1);
}

static void set_text(char **text, struct jvalue value)
{
	char copy[MAX_TEXT];

	jvalue_copy(value, copy, sizeof(copy));
	free(*text);
	*text = xstrdup(copy);
}

static void set_field(
    struct schedule_rule *rule, const char *name, struct jvalue value, struct problem *p)
{
	char pointer[80];

	format_pointer(name, pointer, sizeof(pointer));
	for (size_t i = 0; i < N_FIELDS; i++) {
		if (strcmp(fields[i].name, name) != 0)
			continue;
		if (jvalue_type(value) == 'n' && fields[i].set != set_job)
			return; /* as if it were absent */
		if (fields[i].set != NULL)
			fields[i].set(rule, value, p);
		else if (jvalue_type(value) == '"')
			set_text(text_at(rule, fields[i].offset), value);
		else
			problem_add(p, pointer, "This must be a string.");
		return;
	}
	problem_add(p, pointer, "Unknown field.");
}

static void set_fields(struct schedule_rule *rule, struct jvalue object, struct problem *p)
{
	struct jvalue key, value;
	char name[MAX_NAME];

	for (const char *at = jvalue_begin(object); jvalue_next_member(&at, &key, &value);) {
		jvalue_copy(key, name, sizeof(name));
		set_field(rule, name, value, p);
	}
}

/* --- Checks --- */

/* The interval; 0 when it is none. */
static usec_t check_every(const char *text, usec_t min_every, struct problem *p)
{
	usec_t every;
	enum err e = str_to_duration(text, &every);

	if (e == OK && every >= min_every && every <= RECURRENCE_MAX_EVERY)
		return every;
	if (e == ERR_INVALID)
		problem_add(p, "/every", "This must be a duration like 500ms, 90s, 10m, 2h or 7d.");
	else if (e == OK && every < min_every)
		problem_add(p, "/every", "The interval must be at least %lld ms.",
		    (long long)(min_every / USEC_PER_MSEC));
	else
		problem_add(p, "/every", "The interval must be at most 366d.");
	return 0;
}

/* From one due time to the one after; the least of some. */
static usec_t gap_of(const struct recurrence *r)
{
	usec_t gap = RECURRENCE_MAX_EVERY;

	if (r->every > 0)
		return r->every;
	usec_t at = cron_next(&r->cron, r->zone, clock_wall());
	for (int i = 0; i < SCHEDULE_NEXT_RUNS && at >= 0; i++) {
		usec_t next = cron_next(&r->cron, r->zone, at);
		if (next >= 0 && next - at < gap)
			gap = next - at;
		at = next;
	}
	return gap;
}

static void check_jitter(const char *text, const struct recurrence *r, struct problem *p)
{
	usec_t jitter;

	if (str_to_duration(text, &jitter) != OK)
		problem_add(p, "/jitter", "This must be a duration like 500ms, 90s, 10m or 2h.");
	else if (jitter > gap_of(r))
		problem_add(p, "/jitter", "The jitter must not be longer than the interval.");
}

static void check_when(const struct schedule_rule *rule, usec_t min_every,
    struct recurrence *ret_recurrence, struct problem *p)
{
	char fault[CRON_FAULT_SIZE], pointer[32];
	const char *field;

	if (rule->every == NULL && rule->cron == NULL) {
		problem_add(p, "/every", "Either every or cron is required.");
	} else if (rule->every != NULL && rule->cron != NULL) {
		problem_add(p, "/cron", "every and cron are mutually exclusive.");
	} else if (rule->every != NULL && rule->zone != NULL && strcmp(rule->zone, "UTC") != 0) {
		problem_add(p, "/timezone", "timezone is allowed only with cron.");
	} else if (rule->every != NULL && check_every(rule->every, min_every, p) == 0) {
		return;
	} else if (!schedule_read_recurrence(rule, ret_recurrence, &field, fault)) {
		snprintf(pointer, sizeof(pointer), "/%s", field);
		problem_add(p, pointer, "%s", fault);
	} else if (rule->jitter != NULL) {
		check_jitter(rule->jitter, ret_recurrence, p);
	}
}

static void check_rule(const struct schedule_rule *rule, usec_t min_every,
    struct recurrence *ret_recurrence, struct problem *p)
{
	if (rule->name != NULL && strlen(rule->name) > SCHEDULE_MAX_NAME)
		problem_add(p, "/name", "The name must be at most %d bytes.", SCHEDULE_MAX_NAME);
	if (rule->callback_url != NULL)
		(void)problem_check_url(p, "/callback_url", rule->callback_url, SPEC_MAX_CALLBACK);
	if (rule->job == NULL && p->status == 0)
		problem_add(p, "/job", "The job is missing.");
	check_when(rule, min_every, ret_recurrence, p);
}

/* --- Patches --- */

/* Objects inside each other that are merged. No job has as many: those further inside are taken
 * from the patch as they are, and refused when the job is read. */
enum { MERGE_DEPTH = 8 };

static void add_member(struct buf *b, struct jvalue key)
{
	if (b->len > 0 && b->data[b->len - 1] != '{')
		buf_add_char(b, ',');
	buf_add(b, key.at, key.len);
	buf_add_char(b, ':');
}

/* RFC 7396 section 2, on texts. */
static void merge(struct buf *b, struct jvalue target, struct jvalue patch, int depth)
{
	struct jvalue key, value, change;
	char name[MAX_NAME];

	if (jvalue_type(patch) != '{' || depth == MERGE_DEPTH) {
		jvalue_compact(patch, b);
		return;
	}
	buf_add_char(b, '{');
	if (jvalue_type(target) != '{')
		target = (struct jvalue){"{}", 2};
	for (const char *at = jvalue_begin(target); jvalue_next_member(&at, &key, &value);) {
		jvalue_copy(key, name, sizeof(name));
		change = jvalue_find(patch, name);
		if (jvalue_type(change) == 'n')
			continue;
		add_member(b, key);
		if (change.at != NULL)
			merge(b, value, change, depth + 1);
		else
			jvalue_compact(value, b);
	}
	for (const char *at = jvalue_begin(patch); jvalue_next_member(&at, &key, &change);) {
		jvalue_copy(key, name, sizeof(name));
		if (jvalue_type(change) == 'n' || jvalue_find(target, name).at != NULL)
			continue;
		add_member(b, key);
		merge(b, (struct jvalue){NULL, 0}, change, depth + 1);
	}
	buf_add_char(b, '}');
}

/* The patched rule as an object. */
static void merge_rule(struct buf *b, const struct schedule_rule *base, struct jvalue patch)
{
	struct problem fault = {.status = 0};
	struct jvalue job;
	struct buf rule;

	buf_init(&rule, SIZE_MAX / 2);
	buf_addf(&rule, "{\"overlap\":\"%s\",\"catch_up\":\"%s\",\"paused\":%s",
	    schedule_overlap_name(base->overlap), schedule_catch_up_name(base->catch_up),
	    base->is_paused ? "true" : "false");
	for (size_t i = 0; i < N_FIELDS; i++) {
		const char *text = fields[i].is_text ? *text_at(base, fields[i].offset) : NULL;
		if (text == NULL)
			continue;
		buf_addf(&rule, ",\"%s\":", fields[i].name);
		json_add_string(&rule, text, strlen(text));
	}
	/* it comes from a file, and what is walked through must have been judged */
	if (jvalue_parse(base->job, strlen(base->job), &job, &fault))
		buf_addf(&rule, ",\"job\":%s", base->job);
	problem_done(&fault);
	buf_add_char(&rule, '}');
	merge(b, (struct jvalue){rule.data, rule.len}, patch, 0);
	buf_done(&rule);
}

/* What a patch takes away isn't in the outcome, but must have been a field all the same. */
static void check_names(struct jvalue patch, struct problem *p)
{
	struct schedule_rule nothing = {.name = NULL};
	struct jvalue key, value;
	char name[MAX_NAME];

	for (const char *at = jvalue_begin(patch); jvalue_next_member(&at, &key, &value);) {
		jvalue_copy(key, name, sizeof(name));
		if (jvalue_type(value) == 'n' && strcmp(name, "job") != 0)
			set_field(&nothing, name, value, p);
	}
}

bool schedule_parse(const char *body, size_t len, const struct schedule_rule *base,
    usec_t min_every, struct schedule_rule *ret_rule, struct recurrence *ret_recurrence,
    struct problem *p)
{
	struct schedule_rule rule = {.name = NULL};
	struct recurrence recurrence = {.every = 0};
	struct jvalue root;
	struct buf merged;

	if (!jvalue_parse(body, len, &root, p))
		return false;
	if (jvalue_type(root) != '{') {
		problem_add(p, "", "A schedule must be an object.");
		return false;
	}
	buf_init(&merged, SIZE_MAX / 2);
	if (base != NULL) {
		check_names(root, p);
		merge_rule(&merged, base, root);
		root = (struct jvalue){merged.data, merged.len};
	}
	set_fields(&rule, root, p);
	buf_done(&merged);
	check_rule(&rule, min_every, &recurrence, p);
	if (p->status != 0) {
		schedule_rule_done(&rule);
		zone_close(recurrence.zone);
		return false;
	}
	*ret_rule = rule;
	*ret_recurrence = recurrence;
	return true;
}

/* --- To JSON --- */

static void add_text(struct buf *b, const char *name, const char *text)
{
	buf_addf(b, ",\"%s\":", name);
	json_add_optional(b, text);
}

static void add_rule(struct buf *b, const struct schedule_rule *rule)
{
	char jitter[32];

	snprintf(
	    jitter, sizeof(jitter), "%lldms", (long long)(schedule_jitter(rule) / USEC_PER_MSEC));
	if (schedule_jitter(rule) % USEC_PER_SEC == 0)
		snprintf(jitter, sizeof(jitter), "%llds",
		    (long long)(schedule_jitter(rule) / USEC_PER_SEC));
	add_text(b, "name", rule->name);
	add_text(b, "every", rule->every);
	add_text(b, "cron", rule->cron);
	add_text(b, "timezone", rule->zone != NULL ? rule->zone : "UTC");
	add_text(b, "overlap", schedule_overlap_name(rule->overlap));
	add_text(b, "catch_up", schedule_catch_up_name(rule->catch_up));
	add_text(b, "jitter", rule->jitter != NULL ? rule->jitter : jitter);
	buf_addf(b, ",\"paused\":%s", rule->is_paused ? "true" : "false");
	add_text(b, "callback_url", rule->callback_url);
	buf_addf(b, ",\"job\":%s", rule->job);
}

static void add_time(struct buf *b, const char *name, usec_t time)
{
	buf_addf(b, ",\"%s\":", name);
	json_add_time(b, time);
}

static void add_last_job(struct buf *b, const struct schedule *s, enum job_state state)
{
	char text[ID_TEXT_SIZE];
	bool has_run = !id_is_none(&s->last_job);

	if (has_run)
		id_format(&s->last_job, text);
	add_text(b, "last_job_id", has_run ? text : NULL);
	add_text(b, "last_state", has_run ? job_state_name(state) : NULL);
}

void schedule_add_json(struct buf *b, const struct schedule *s, const struct schedule_facts *facts)
{
	char id[ID_TEXT_SIZE];

	id_format(&s->id, id);
	buf_addf(b, "{\"id\":\"%s\"", id);
	add_rule(b, &s->rule);
	add_time(b, "created_at", s->created_at);
	add_time(b, "updated_at", s->updated_at);
	add_time(b, "next_run_at", facts->n_times > 0 ? facts->times[0] : 0);
	if (facts->has_next_runs) {
		buf_add_str(b, ",\"next_runs\":[");
		for (size_t i = 0; i < facts->n_times; i++) {
			buf_add_str(b, i > 0 ? "," : "");
			json_add_time(b, facts->times[i]);
		}
		buf_add_char(b, ']');
	}
	add_time(b, "last_run_at", s->last);
	add_last_job(b, s, facts->last_state);
	buf_addf(b, ",\"runs\":%llu,\"skipped\":%llu,\"running\":%s,\"changes\":%llu",
	    (unsigned long long)s->runs, (unsigned long long)s->skipped,
	    facts->is_running ? "true" : "false", (unsigned long long)s->changes);
	buf_addf(b,
	    ",\"links\":{\"self\":\"/schedules/%s\",\"jobs\":\"/jobs?schedule_id=%s\","
	    "\"changes\":\"/schedules/%s/changes\",\"events\":\"/schedules/%s/events\"}}",
	    id, id, id, id);
}
