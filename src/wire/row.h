/* A result as a row: one table of fields for each kind of result serves JSON and CSV. A new field
 * is a row of such a table and a function that adds its value. Inside wire: result_text.h is the
 * face. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/records.h"
#include "model/result.h"

/* A row that is being written. */
struct row {
	struct buf *out;
	bool is_json;    /* or CSV */
	bool is_guarded; /* CSV: no cell is a formula, as cell_add_csv */
	/* CSV of records: where the line is. */
	struct record_set set;
	size_t set_at, datum_at;
	bool is_begun, has_set;
	const char *datum; /* NULL: the set has none */
};

struct row_field {
	const char *json; /* `,"KEY":`; NULL: not in JSON */
	size_t json_len;
	const char *csv; /* `,COLUMN`; NULL: not in CSV */
	/* Add the value. False: the result has no such field; it is left out of JSON then, and its
	 * cell is empty. */
	bool (*add)(struct row *row, const struct result *r);
};

#define ROW_KEY(key) ",\"" key "\":", sizeof(",\"" key "\":") - 1
#define ROW_FIELD(key, add)                                                                        \
	{                                                                                          \
		ROW_KEY(key), "," key, add                                                         \
	}
#define ROW_JSON(key, add)                                                                         \
	{                                                                                          \
		ROW_KEY(key), NULL, add                                                            \
	}
#define ROW_CSV(key, add)                                                                          \
	{                                                                                          \
		NULL, 0, "," key, add                                                              \
	}
#define ROW_END                                                                                    \
	{                                                                                          \
		NULL, 0, NULL, NULL                                                                \
	}

/* Fields that all results of names begin with, and those of how it ended. */
#define ROW_NAME                                                                                   \
	ROW_FIELD("seq", row_seq), ROW_FIELD("index", row_index), ROW_FIELD("domain", row_name),   \
	    ROW_FIELD("unicode", row_unicode)
#define ROW_OUTCOME                                                                                \
	ROW_FIELD("status", row_status), ROW_FIELD("reason", row_reason),                          \
	    ROW_FIELD("attempts", row_attempts), ROW_FIELD("duration_ms", row_duration),           \
	    ROW_FIELD("finished_at", row_finished)

struct row_table {
	const struct row_field *fields; /* up to ROW_END */
	void (*add_text)(struct buf *b, const struct result *r);
	/* CSV: move to the first or the next line of the result; false behind the last. NULL: a
	 * result is a line. */
	bool (*next_line)(struct row *row, const struct result *r);
};

/* Define a function that returns a table. */
#define ROW_TABLE(name, ...)                                                                       \
	const struct row_table *name(void)                                                         \
	{                                                                                          \
		static const struct row_table table = {__VA_ARGS__};                               \
		return &table;                                                                     \
	}

const struct row_table *row_of_domains(void);
const struct row_table *row_of_records(void);
const struct row_table *row_of_files(void);
const struct row_table *row_of_registrations(void);
const struct row_table *row_of_delegations(void);

/* Values that every kind has. */
bool row_seq(struct row *row, const struct result *r);
bool row_index(struct row *row, const struct result *r);
bool row_name(struct row *row, const struct result *r);
bool row_status(struct row *row, const struct result *r);
bool row_reason(struct row *row, const struct result *r);
bool row_attempts(struct row *row, const struct result *r);
bool row_duration(struct row *row, const struct result *r);
bool row_finished(struct row *row, const struct result *r);

/* Values of names. */
bool row_unicode(struct row *row, const struct result *r);
bool row_idna2008(struct row *row, const struct result *r);
bool row_wildcard(struct row *row, const struct result *r);
bool row_is_wildcard(const struct result *r); /* it was found, and only by a wildcard */
bool row_evidence(struct row *row, const struct result *r); /* of the DNS; JSON only */

/* Add a value; each returns true. What is absent is null in JSON, and an empty cell. */
bool row_add_text(struct row *row, struct span text); /* from outside */
bool row_add_span(struct row *row, struct span text); /* likewise; absent when empty */
bool row_add_word(struct row *row, const char *word); /* ours, with nothing to escape; or NULL */
bool row_add_number(struct row *row, uint64_t number);
bool row_add_msec(struct row *row, usec_t duration);
bool row_add_nothing(struct row *row);

/* Add a JSON list of texts (model/records.h). */
void row_add_list(struct buf *b, struct span list);
