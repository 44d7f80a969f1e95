/* What a submission asks for: kind, sources of items, and the limits it sets itself. Thread: any
 * (one at a time). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/clock.h"
#include "model/check_spec.h"
#include "model/codes.h"
#include "model/result.h"
#include "model/server_set.h"

/* Stored as numbers: add at the end. */
enum job_kind { KIND_DOMAINS, KIND_DOWNLOADS, KIND_FLAGS, N_KINDS };
enum job_check { CHECK_RESOLVE, CHECK_RECORDS, CHECK_REGISTRATION, CHECK_DELEGATION, N_CHECKS };

const char *job_kind_name(enum job_kind kind);
bool job_kind_parse(const char *name, enum job_kind *ret_kind);

/* Say whether items of the kind are files to fetch. */
bool job_kind_is_files(enum job_kind kind);

/* Say whether an item of such a job can end so. */
bool job_has_status(enum job_kind kind, enum job_check check, enum item_status status);

/* How an item of such a job ends that could not be carried out. */
enum item_status job_failure_status(enum job_kind kind, enum job_check check);

const char *job_check_name(enum job_check check);
bool job_check_parse(const char *name, enum job_check *ret_check);

/* Limits of submissions; 0 always means the default of the daemon. */
enum {
	SPEC_MAX_CONCURRENCY = 100000,
	SPEC_MAX_RATE = 1000000,     /* items a second */
	SPEC_MAX_TIMEOUT_MS = 10000, /* of a question */
	SPEC_MAX_ATTEMPTS = 20,
	SPEC_MAX_TRANSFERS = 1000,                  /* concurrency, where items are files */
	SPEC_MAX_TRANSFER_TIMEOUT_MS = 3600 * 1000, /* of a transfer */
	SPEC_MAX_LABEL = 200,                       /* bytes */
	SPEC_MAX_TLDS = 2000,
	SPEC_MAX_AFFIXES = 100, /* prefixes, and suffixes */
	SPEC_MAX_AFFIX = 63,    /* bytes of one */
	SPEC_MAX_FORMS = 20000, /* items that one word becomes */
	SPEC_MAX_PRIORITY = 9,
	SPEC_PRIORITY = 5,        /* when none is given */
	SPEC_MAX_CALLBACK = 2048, /* bytes */
};

/* Bytes a second of a job's transfers. */
#define SPEC_MAX_BYTE_RATE ((uint64_t)1000000000000)

/* A list of texts, packed as NUL-terminated strings one after the other. */
struct text_list {
	struct buf bytes;
	size_t n;
};

void text_list_init(struct text_list *list); /* ended by buf_done of its bytes */
void text_list_add(struct text_list *list, const char *text);
/* Return the text behind `text` in the list, the first for NULL; NULL at the end. Borrowed from the
 * list. */
const char *text_list_next(const struct text_list *list, const char *text);
/* Remove texts that are there before. */
void text_list_drop_repeats(struct text_list *list);

/* What the daemon remembers of a submission as long as the job lives. */
struct job_params {
	uint32_t concurrency; /* items in flight at most */
	uint32_t rate;        /* items a second at most */
	usec_t timeout;       /* of one attempt */
	uint32_t attempts;
	uint32_t priority; /* 0 to SPEC_MAX_PRIORITY; the highest is served first */
	struct check_spec asked;
	struct server_set servers; /* of a job that checks names; none: the daemon's */
};

struct spec {
	uint64_t given; /* which fields were, for wire/submission.h */
	enum job_kind kind;
	enum job_check check;
	struct job_params params;
	char *label;                         /* owned; NULL when none */
	char *callback_url;                  /* owned; NULL when none */
	usec_t run_at;                       /* wall; 0: at once */
	usec_t deadline;                     /* wall; 0: none, or as long as deadline_after */
	usec_t deadline_after;               /* the job may begin; 0: not given so */
	struct text_list domains;            /* explicit items */
	struct text_list names;              /* combined with each of tlds */
	struct text_list tlds;               /* normalised, without a leading dot */
	struct text_list tld_presets;        /* named lists of TLDs, to be added to tlds */
	struct text_list prefixes, suffixes; /* each word also with each of these */
	struct text_list ptr;    /* addresses and blocks whose reverse names are items */
	char *preset;            /* owned; NULL when none */
	uint32_t max_length;     /* longest of names and preset kept, in bytes; 0: no limit */
	struct text_list urls;   /* packed file items (model/file.h), not yet judged */
	struct codes codes;      /* of flags */
	char *server, *base_url; /* owned; where flags, and files without a URL, are; NULL: none */
	uint32_t limit;          /* flags at most; 0: all */
	enum file_layout layout;
	struct file_options files; /* of all files */
	struct buf headers;        /* of all files, as struct file_item has them */
};

void spec_init(struct spec *spec);
void spec_done(struct spec *spec);

/* Normalise `tld` (leading and trailing dots are removed, several labels are allowed) and add it;
 * false if it is invalid. */
bool tld_list_add(struct text_list *list, const char *tld);
bool spec_add_tld(struct spec *spec, const char *tld);

/* Add a prefix or suffix of words; false if it can be part of no label. */
bool spec_add_affix(struct text_list *list, const char *affix);
