/* Schedules as values. */
#define XXH_INLINE_ALL
#include "model/schedule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "base/alloc.h"
#include "base/str.h"
#include "model/records.h"
#include "model/rrtype.h"
#include "model/tagged.h"

static const char *const overlap_names[N_OVERLAPS] = {
    [OVERLAP_SKIP] = "skip", [OVERLAP_QUEUE] = "queue", [OVERLAP_REPLACE] = "replace"};
static const char *const catch_up_names[2] = {[CATCH_UP_SKIP] = "skip", [CATCH_UP_ONE] = "one"};

STR_DEFINE_NAMES(schedule_overlap, enum schedule_overlap, overlap_names)

STR_DEFINE_NAMES(schedule_catch_up, enum catch_up, catch_up_names)

void schedule_rule_done(struct schedule_rule *rule)
{
	FREE_ALL(rule->name, rule->every, rule->cron, rule->zone, rule->jitter, rule->callback_url,
	    rule->job);
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

/* `A 192.0.2.1; MX 10 mail.example.com.`: each datum, and how a type failed. Without TTLs, which
 * change with each answer of a cache. */
static void join_records(struct span records, struct buf *b)
{
	char type[DNS_TYPE_TEXT_SIZE];
	struct record_set set;
	size_t offset = 0;

	while (records_next(records, &offset, &set)) {
		const char *text = NULL;
		size_t at = 0;
		dns_type_format(set.type, type);
		if (set.reason != REASON_NONE)
			buf_addf(b, "%s%s %s", b->len > 0 ? "; " : "", type, rcode_name(set.rcode));
		while ((text = records_next_text(set.data, &at)) != NULL)
			buf_addf(b, "%s%s %s", b->len > 0 ? "; " : "", type, text);
	}
}

/* Copy the text; of one that is too long as much as fits, and a hash of the whole. */
static void copy_value(const struct buf *text, char value[static FINDING_VALUE_SIZE])
{
	enum { HASH = 24 }; /* bytes of ` ... ` and the digits */

	if (text->len == 0) {
		value[0] = '\0';
	} else if (text->len < FINDING_VALUE_SIZE) {
		memcpy(value, text->data, text->len + 1);
	} else {
		size_t kept = FINDING_VALUE_SIZE - HASH;
		memcpy(value, text->data, kept);
		snprintf(value + kept, HASH, " ... %016llx",
		    (unsigned long long)XXH3_64bits(text->data, text->len));
	}
}

static bool find_records(const struct result *r, char value[static FINDING_VALUE_SIZE])
{
	struct span records;
	struct buf text;

	if (!tagged_find(r->tagged, RESULT_TAG_RECORDS, &records))
		return false;
	buf_init(&text, 2 * RESULT_MAX_FIELDS);
	join_records(records, &text);
	copy_value(&text, value);
	buf_done(&text);
	return true;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void join_addresses(const struct result *r, char value[static FINDING_VALUE_SIZE])
{
	struct address_walk walk = {.n_seen = 0};
	char text[ADDRESS_TEXT_SIZE];
	struct buf texts, joined; /* of texts, each has ADDRESS_TEXT_SIZE bytes */
	struct address a;

	buf_init(&texts, ADDRESS_TEXT_SIZE * (size_t)RESULT_MAX_FIELDS);
	buf_init(&joined, ADDRESS_TEXT_SIZE * (size_t)RESULT_MAX_FIELDS);
	while (result_next_address(r, &walk, &a)) {
		memset(text, 0, sizeof(text));
		address_format(&a, text);
		buf_add(&texts, text, sizeof(text));
	}
	if (texts.len > 0)
		qsort(texts.data, texts.len / sizeof(text), sizeof(text), compare_texts);
	for (size_t i = 0; i < texts.len; i += sizeof(text))
		buf_addf(&joined, "%s%s", i > 0 ? " " : "", texts.data + i);
	copy_value(&joined, value);
	buf_done(&texts);
	buf_done(&joined);
}

struct finding finding_of(const struct result *r, char value[static FINDING_VALUE_SIZE])
{
	_Static_assert(FILE_DIGEST_TEXT < (int)FINDING_VALUE_SIZE, "a digest fits");

	uint8_t digest[FILE_DIGEST_SIZE];

	value[0] = '\0';
	if (r->is_file && result_digest(r, digest))
		file_digest_format(digest, value);
	if (!r->is_file && !find_records(r, value))
		join_addresses(r, value);
	/* unchanged is how it was found out that the file is as before */
	return (struct finding){
	    r->status == ITEM_UNCHANGED ? ITEM_OK : r->status, r->reason, value};
}

struct span finding_target(const struct result *r)
{
	if (r->is_file && r->file.code.len > 0)
		return r->file.code;
	return (struct span){r->name, r->name_len};
}
