/* What a check asks for, and its packed form. */
#include "../unit.h"

#include "base/buf.h"
#include "base/span.h"
#include "model/check_spec.h"

static const struct {
	const char *text;
	int want; /* 0: refused */
} types[] = {{"A", 1}, {"mx", 15}, {"HTTPS", 65}, {"TYPE65280", 65280}, {"type1", 1}, {"", 0},
    {"ANY", 0}, {"TYPE255", 0}, {"OPT", 0}, {"AXFR", 0}, {"TYPE0", 0}, {"TYPE65536", 0}, {"15", 0},
    {"A,MX", 0}};

TEST(takes_types)
{
	struct check_spec spec = {.n_types = 0};
	bool is_good = check_spec_add_type(&spec, types[_i].text) == NULL;

	ck_assert_msg(is_good == (types[_i].want > 0), "%s", types[_i].text);
	ck_assert_int_eq(spec.n_types, is_good);
	if (is_good)
		ck_assert_int_eq(spec.types[0], types[_i].want);
}

TEST(takes_each_type_once_and_not_too_many)
{
	struct check_spec spec = {.n_types = 0};
	char text[16];

	ck_assert_ptr_null(check_spec_add_type(&spec, "MX"));
	ck_assert_ptr_null(check_spec_add_type(&spec, "TYPE15"));
	ck_assert_int_eq(spec.n_types, 1);
	for (int i = 1; i < CHECK_MAX_TYPES; i++) {
		snprintf(text, sizeof(text), "TYPE%d", 1000 + i);
		ck_assert_ptr_null(check_spec_add_type(&spec, text));
	}
	ck_assert_ptr_nonnull(check_spec_add_type(&spec, "A"));
	ck_assert_ptr_null(check_spec_add_type(&spec, "MX"));
}

TEST(packs_and_unpacks)
{
	struct check_spec spec = {.family = FAMILY_BOTH, .wildcards = WILDCARDS_DROP}, got;
	char text[16];
	struct buf fields;

	buf_init(&fields, CHECK_SPEC_PACKED);
	check_spec_pack(&(struct check_spec){.family = FAMILY_ANY}, &fields);
	ck_assert_uint_eq(fields.len, 0);
	for (int i = 0; i < CHECK_MAX_TYPES; i++) {
		snprintf(text, sizeof(text), "TYPE%d", 300 * i + 1);
		ck_assert_ptr_null(check_spec_add_type(&spec, text));
	}
	check_spec_pack(&spec, &fields);
	ck_assert(!fields.overflow);
	ck_assert(check_spec_unpack((struct span){fields.data, fields.len}, &got));
	ck_assert(got.family == spec.family && got.wildcards == WILDCARDS_DROP &&
		  got.n_types == spec.n_types);
	ck_assert_mem_eq(got.types, spec.types, sizeof(got.types));
	buf_done(&fields);
}

static const struct {
	const char *name, *bytes;
	size_t len;
} damaged[] = {{"half a type", "\1\3\0\1\0", 5}, {"a family there is not", "\2\1\4", 3}};

TEST(refuses_what_is_damaged)
{
	struct check_spec got = {.n_types = 77};

	ck_assert_msg(!check_spec_unpack((struct span){damaged[_i].bytes, damaged[_i].len}, &got),
	    "%s", damaged[_i].name);
	ck_assert_int_eq(got.n_types, 77);
}

TEST(names_families)
{
	enum address_family family;

	for (int i = 0; i < N_ADDRESS_FAMILIES; i++) {
		ck_assert(family_parse(family_name((enum address_family)i), &family));
		ck_assert_int_eq(family, i);
	}
	ck_assert(!family_parse("ipv5", &family));
}

SUITE(check_spec)
{
	ADD_ROWS(takes_types, types);
	ADD(takes_each_type_once_and_not_too_many);
	ADD(packs_and_unpacks);
	ADD_ROWS(refuses_what_is_damaged, damaged);
	ADD(names_families);
}
