/* Schedules as values. */
#include "model/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/str.h"

static const char *const overlap_names[N_OVERLAPS] = {
    [OVERLAP_SKIP] = "skip", [OVERLAP_QUEUE] = "queue", [OVERLAP_REPLACE] = "replace"};
static const char *const catch_up_names[2] = {[CATCH_UP_SKIP] = "skip", [CATCH_UP_ONE] = "one"};

STR_DEFINE_NAMES(schedule_overlap, enum schedule_overlap, overlap_names)

STR_DEFINE_NAMES(schedule_catch_up, enum catch_up, catch_up_names)

void schedule_rule_done(struct schedule_rule *rule)
{
	free(rule->name);
	free(rule->every);
	free(rule->cron);
	free(rule->zone);
	free(rule->jitter);
	free(rule->callback_url);
	free(rule->job);
	*rule = (struct schedule_rule){0};
}

static char *copy_text(const char *text)
{
	return text != NULL ? xstrdup(text) : NULL;
}

struct schedule_rule schedule_rule_copy(const struct schedule_rule *rule)
{
	struct schedule_rule copy = *rule;

	copy.name = copy_text(rule->name);
	copy.every = copy_text(rule->every);
	copy.cron = copy_text(rule->cron);
	copy.zone = copy_text(rule->zone);
	copy.jitter = copy_text(rule->jitter);
	copy.callback_url = copy_text(rule->callback_url);
	copy.job = copy_text(rule->job);
	return copy;
}

void schedule_done(struct schedule *schedule)
{
	schedule_rule_done(&schedule->rule);
}

usec_t schedule_every(const struct schedule_rule *rule)
{
	usec_t every = 0;

	if (rule->every != NULL && str_to_duration(rule->every, &every) != OK)
		return 0;
	return every;
}

usec_t schedule_jitter(const struct schedule_rule *rule)
{
	usec_t jitter;

	if (rule->jitter != NULL && str_to_duration(rule->jitter, &jitter) == OK)
		return jitter;
	return recurrence_default_jitter(schedule_every(rule));
}

bool schedule_read_recurrence(const struct schedule_rule *rule, struct recurrence *ret_recurrence,
    const char **ret_field, char ret_fault[static CRON_FAULT_SIZE])
{
	struct recurrence r = {.every = schedule_every(rule)};

	if (r.every > 0) {
		*ret_recurrence = r;
		return true;
	}
	*ret_field = "cron";
	if (rule->cron == NULL) {
		snprintf(ret_fault, CRON_FAULT_SIZE,
		    "Neither an interval nor a cron expression is given.");
		return false;
	}
	if (!cron_parse(rule->cron, &r.cron, ret_fault))
		return false;
	r.zone = zone_open(rule->zone != NULL ? rule->zone : "UTC");
	if (r.zone == NULL) {
		*ret_field = "timezone";
		snprintf(ret_fault, CRON_FAULT_SIZE, "Unknown time zone.");
		return false;
	}
	*ret_recurrence = r;
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void join_addresses(const struct result *r, char value[static FINDING_VALUE_SIZE])
{
	char texts[RESULT_MAX_ADDRESSES][ADDRESS_TEXT_SIZE];
	size_t len = 0;

	for (uint32_t i = 0; i < r->n_addresses; i++)
		address_format(&r->addresses[i], texts[i]);
	qsort(texts, r->n_addresses, sizeof(texts[0]), compare_texts);
	for (uint32_t i = 0; i < r->n_addresses; i++) {
		size_t n = strlen(texts[i]);
		if (len > 0)
			value[len++] = ' ';
		memcpy(value + len, texts[i], n);
		len += n;
	}
	value[len] = '\0';
}

struct finding finding_of(const struct result *r, char value[static FINDING_VALUE_SIZE])
{
	_Static_assert(FILE_DIGEST_TEXT < (int)FINDING_VALUE_SIZE, "a digest fits");

	uint8_t digest[FILE_DIGEST_SIZE];

	value[0] = '\0';
	if (!r->is_file)
		join_addresses(r, value);
	else if (result_digest(r, digest))
		file_digest_format(digest, value);
	return (struct finding){r->status, r->reason, value};
}

struct span finding_target(const struct result *r)
{
	if (r->is_file && r->file.code.len > 0)
		return r->file.code;
	return (struct span){r->name, r->name_len};
}
