/* The last step of a fetch: the file is published under its name. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "fetch/digest.h"
#include "fetch/fetch_parts.h"
#include "fetch/fetch_way.h"

void fetch_on_saved(const struct sink_outcome *outcome, void *arg)
{
	struct fetch *f = arg;

	f->sink = NULL;
	switch (outcome->result) {
	case SINK_SAVED:
		fetch_finish(f, fetch_is_copy(f, outcome) ? ITEM_UNCHANGED : ITEM_OK, REASON_NONE,
		    NULL, outcome);
		break;
	case SINK_NO_COPY:
		fetch_ask_anew(f);
		break;
	case SINK_BAD_DIGEST:
		fetch_finish(f, ITEM_ERROR, REASON_BAD_CHECKSUM,
		    "the SHA-256 digest of the body does not match", NULL);
		break;
	case SINK_FAILED:
		fetch_finish(f, ITEM_ERROR, REASON_DISK, strerror(outcome->error), NULL);
		break;
	}
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* Say whether a name could be another flag's: `BR` is what that of BR is called without a country,
 * and `Land-BR` when `Land` is taken. */
static bool ends_in_code(const char *name)
{
	size_t len = strlen(name);

	return len >= 2 && is_capital(name[len - 1]) && is_capital(name[len - 2]) &&
	       (len == 2 || name[len - 3] == '-');
}

/* Write `United_States.gif`, and `United_States-US.gif` in case that another code has the same
 * country. What looks like another code's name is not taken without one's own behind it, so that no
 * two flags of a job can ever come to one name. */
static void name_by_country(struct fetch *f, char ret_second[static sizeof(f->file_name)])
{
	char country[FILE_NAME_MAX + 1];

	file_name_make(f->country, strlen(f->country), country);
	for (char *s = country; *s != '\0'; s++) {
		if (*s == ' ')
			*s = '_';
	}
	snprintf(ret_second, sizeof(f->file_name), "%s-%.*s.gif", country, (int)f->item.code.len,
	    f->item.code.bytes);
	if (ends_in_code(country))
		memcpy(f->file_name, ret_second, sizeof(f->file_name));
	else
		snprintf(f->file_name, sizeof(f->file_name), "%s.gif", country);
}

/* Blanks and dots alone name nothing. */
static bool is_name(const char *country)
{
	return country[strspn(country, " ._/\\")] != '\0';
}

/* The name that the answer gave, and the one with the item's place in it. */
static void name_by_answer(struct fetch *f, char ret_second[static sizeof(f->file_name)])
{
	const char *name = f->given_name != NULL ? f->given_name : f->file_name;
	const char *slash = strrchr(name, '/'), *leaf = slash != NULL ? slash + 1 : name;
	const char *dot = strrchr(leaf, '.');
	const char *end = dot != NULL && dot != leaf ? dot : leaf + strlen(leaf);

	snprintf(ret_second, sizeof(f->file_name), "%.*s-%u%s", (int)(end - name), name,
	    f->index + 1, end);
	if (f->given_name != NULL)
		snprintf(f->file_name, sizeof(f->file_name), "%s", f->given_name);
}

/* End a file that is not saved: the result has its digest. */
static void finish_digest(struct fetch *f, const uint8_t *expected)
{
	struct sink_outcome outcome = {.result = SINK_SAVED, .n_bytes = f->n_bytes};
	bool is_good = f->last.is_unchanged || digest_finish(f->hash, outcome.digest);

	if (f->last.is_unchanged) {
		memcpy(outcome.digest, f->last.copy.digest, sizeof(outcome.digest));
	} else if (!is_good) {
		outcome.result = SINK_FAILED;
		outcome.error = ENOMEM;
	} else if (expected != NULL && memcmp(expected, outcome.digest, FILE_DIGEST_SIZE) != 0) {
		outcome.result = SINK_BAD_DIGEST;
	}
	fetch_on_saved(&outcome, f);
}

void fetch_save(struct fetch *f, enum reason country_reason)
{
	const struct sink_events events = {.on_done = fetch_on_saved, .arg = f};
	char second[sizeof(f->file_name)];
	uint8_t digest[FILE_DIGEST_SIZE];
	bool has_country = f->item.options.by_country && country_reason == REASON_NONE;
	const uint8_t *expected = file_digest_parse(f->item.sha256, digest) ? digest : NULL;
	bool by_answer = f->item.options.by_disposition;

	if (f->item.options.is_unsaved) {
		finish_digest(f, expected);
		return;
	}
	if (has_country && !is_name(f->country)) {
		country_reason = REASON_MALFORMED;
		has_country = false;
	}
	f->country_reason = country_reason;
	if (has_country)
		name_by_country(f, second);
	else
		f->country[0] = '\0';
	if (by_answer)
		name_by_answer(f, second);
	if (f->sink == NULL) /* an empty file */
		f->sink = sink_new(f->fetcher->folder, f->fetcher->opts.offload, &f->job, &events);
	struct sink_naming naming = {.name = f->file_name,
	    .second = has_country || by_answer ? second : NULL,
	    .never_replaces = by_answer,
	    .expected_digest = expected,
	    .copy = f->last.has_copy ? &f->last.copy : NULL,
	    .is_unchanged = f->last.is_unchanged};
	sink_finish(f->sink, &naming);
	if (f->on_saving != NULL)
		f->on_saving(f->arg);
	f->on_saving = NULL; /* once, though mirrors may follow */
}
