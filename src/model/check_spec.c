/* What a check asks for. */
#include "model/check_spec.h"

#include <string.h>

#include "model/asked_tags.h"
#include "model/rrtype.h"
#include "model/tagged.h"

static const char *const family_names[N_ADDRESS_FAMILIES] = {
    [FAMILY_ANY] = "any", [FAMILY_IPV4] = "ipv4", [FAMILY_IPV6] = "ipv6", [FAMILY_BOTH] = "both"};

const char *family_name(enum address_family family)
{
	return family_names[family];
}

bool family_parse(const char *name, enum address_family *ret_family)
{
	for (int i = 0; i < N_ADDRESS_FAMILIES; i++) {
		if (strcmp(family_names[i], name) == 0) {
			*ret_family = (enum address_family)i;
			return true;
		}
	}
	return false;
}

static const char *const wildcard_use_names[N_WILDCARD_USES] = {
    [WILDCARDS_OFF] = "off", [WILDCARDS_DETECT] = "detect", [WILDCARDS_DROP] = "drop"};

const char *wildcard_use_name(enum wildcard_use use)
{
	return wildcard_use_names[use];
}

bool wildcard_use_parse(const char *name, enum wildcard_use *ret_use)
{
	for (int i = 0; i < N_WILDCARD_USES; i++) {
		if (strcmp(wildcard_use_names[i], name) == 0) {
			*ret_use = (enum wildcard_use)i;
			return true;
		}
	}
	return false;
}

const char *check_spec_add_type(struct check_spec *spec, const char *text)
{
	uint16_t type;

	if (!dns_type_parse(text, strlen(text), &type))
		return "This must be a type of records, such as MX or TYPE65280.";
	if (!dns_type_is_askable(type) || type == DNS_TYPE_ANY)
		return "Records of this type cannot be asked for.";
	for (int i = 0; i < spec->n_types; i++) {
		if (spec->types[i] == type)
			return NULL;
	}
	if (spec->n_types == CHECK_MAX_TYPES)
		return "There may be at most 32 types.";
	spec->types[spec->n_types++] = type;
	return NULL;
}

void check_spec_pack(const struct check_spec *spec, struct buf *fields)
{
	char types[2 * CHECK_MAX_TYPES];

	for (int i = 0; i < spec->n_types; i++) {
		types[2 * i] = (char)(spec->types[i] >> 8);
		types[2 * i + 1] = (char)spec->types[i];
	}
	if (spec->n_types > 0)
		tagged_add(fields, ASKED_TYPES, (struct span){types, 2U * spec->n_types});
	if (spec->family != FAMILY_ANY)
		tagged_add_number(fields, ASKED_FAMILY, spec->family);
	if (spec->wildcards != WILDCARDS_OFF)
		tagged_add_number(fields, ASKED_WILDCARDS, spec->wildcards);
	if (spec->if_changed)
		tagged_add_number(fields, ASKED_IF_CHANGED, 1);
	if (spec->rdap.wants_details)
		tagged_add_number(fields, ASKED_DETAILS, 1);
	if (spec->rdap.use != RDAP_ALL)
		tagged_add_number(fields, ASKED_RDAP, spec->rdap.use);
	if (spec->rdap.use == RDAP_MOST)
		tagged_add_number(fields, ASKED_RDAP_MOST, spec->rdap.most);
	if (spec->rdap.has_max_age)
		tagged_add_number(fields, ASKED_MAX_AGE, spec->rdap.max_age);
	if (spec->grid.n > 0) {
		tagged_add_number(fields, ASKED_GRID_FIRST, spec->grid.first);
		tagged_add_number(fields, ASKED_GRID_N, spec->grid.n);
		tagged_add_number(fields, ASKED_GRID_WIDTH, spec->grid.width);
	}
}

static bool read_types(struct span value, struct check_spec *spec)
{
	const uint8_t *bytes = (const uint8_t *)value.bytes;

	if (value.len % 2 != 0 || value.len > sizeof(spec->types))
		return false;
	for (size_t i = 0; i < value.len; i += 2)
		spec->types[spec->n_types++] = (uint16_t)(bytes[i] << 8 | bytes[i + 1]);
	return true;
}

/* What is damaged makes no grid. */
static struct grid_place read_grid(struct span fields)
{
	uint64_t first = 0, n = 0, width = 0;

	(void)tagged_find_number(fields, ASKED_GRID_FIRST, &first);
	(void)tagged_find_number(fields, ASKED_GRID_N, &n);
	(void)tagged_find_number(fields, ASKED_GRID_WIDTH, &width);
	if (first > UINT32_MAX || n > UINT32_MAX - first || width == 0 || width > n)
		return (struct grid_place){.n = 0};
	return (struct grid_place){(uint32_t)first, (uint32_t)n, (uint32_t)width};
}

bool check_spec_unpack(struct span fields, struct check_spec *ret_spec)
{
	struct check_spec spec = {.family = FAMILY_ANY};
	struct span types = {NULL, 0};
	uint64_t family = FAMILY_ANY, wildcards = WILDCARDS_OFF, details = 0, rdap = RDAP_ALL,
		 rdap_most = 0, max_age = 0;
	uint64_t if_changed = 0;

	(void)tagged_find_number(fields, ASKED_FAMILY, &family);
	(void)tagged_find_number(fields, ASKED_WILDCARDS, &wildcards);
	(void)tagged_find_number(fields, ASKED_DETAILS, &details);
	(void)tagged_find_number(fields, ASKED_IF_CHANGED, &if_changed);
	(void)tagged_find_number(fields, ASKED_RDAP, &rdap);
	(void)tagged_find_number(fields, ASKED_RDAP_MOST, &rdap_most);
	bool has_max_age = tagged_find_number(fields, ASKED_MAX_AGE, &max_age);
	if (family >= N_ADDRESS_FAMILIES || max_age > UINT32_MAX || rdap > RDAP_UNLIKELY_ONLY ||
	    rdap_most > UINT32_MAX || wildcards >= N_WILDCARD_USES ||
	    (tagged_find(fields, ASKED_TYPES, &types) && !read_types(types, &spec)))
		return false;
	spec.family = (enum address_family)family;
	spec.wildcards = (enum wildcard_use)wildcards;
	spec.if_changed = if_changed > 0;
	spec.rdap = (struct rdap_params){.use = (enum rdap_use)rdap,
	    .most = (uint32_t)rdap_most,
	    .wants_details = details > 0,
	    .has_max_age = has_max_age,
	    .max_age = (uint32_t)max_age};
	spec.grid = read_grid(fields);
	*ret_spec = spec;
	return true;
}
