/* What a check asks for, beyond the name: plain values. Thread: any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct span;

enum { CHECK_MAX_TYPES = 32, CHECK_SPEC_PACKED = 256 /* bytes at most */ };

/* Which addresses a name is asked for. Stored as numbers: add at the end. */
enum address_family { FAMILY_ANY, FAMILY_IPV4, FAMILY_IPV6, FAMILY_BOTH, N_ADDRESS_FAMILIES };

/* What becomes of names that only a wildcard answers. Stored as numbers: add at the end. */
enum wildcard_use { WILDCARDS_OFF, WILDCARDS_DETECT, WILDCARDS_DROP, N_WILDCARD_USES };

enum { CHECK_MAX_AGE = 1000000000 /* seconds */ };

/* How a job that checks registrations uses RDAP. */
enum rdap_use {
	RDAP_ALL,           /* ask about each name that needs it */
	RDAP_MOST,          /* ask about so many names */
	RDAP_UNLIKELY_ONLY, /* do not ask about names that the DNS does not know */
};
struct rdap_params {
	enum rdap_use use;
	uint32_t most;      /* of RDAP_MOST */
	bool wants_details; /* ask about registered names, too */
	bool has_max_age;
	uint32_t max_age; /* seconds; of an answer that is not asked for anew; 0: none */
};

/* Items of a job that are words under TLDs, word by word: a grid, as results can be shown. */
struct grid_place {
	uint32_t first, n; /* n 0: there are none, or they do not follow on each other */
	uint32_t width;    /* TLDs */
};

struct check_spec {
	enum address_family family;
	enum wildcard_use wildcards;
	struct rdap_params rdap;
	struct grid_place grid;
	bool if_changed; /* of downloads: items may end as unchanged */
	uint8_t n_types;
	uint16_t types[CHECK_MAX_TYPES]; /* numbers of records' types, each once, in the order given
					  */
};

const char *family_name(enum address_family family);
bool family_parse(const char *name, enum address_family *ret_family);

const char *wildcard_use_name(enum wildcard_use use);
bool wildcard_use_parse(const char *name, enum wildcard_use *ret_use);

/* Add a type by its name or as `TYPE65280`; one that is there already is passed over. NULL, or what
 * is wrong with it. */
const char *check_spec_add_type(struct check_spec *spec, const char *text);

/* Write it as tagged fields (model/tagged.h), nothing when it asks for nothing special; and read
 * it: false when it is damaged. */
void check_spec_pack(const struct check_spec *spec, struct buf *fields);
bool check_spec_unpack(struct span fields, struct check_spec *ret_spec);
