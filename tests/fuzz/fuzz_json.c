/* JSON against jansson: the same texts are taken, and each value reads the same. */
#include "fuzz.h"

#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "wire/json_check.h"
#include "wire/jvalue.h"

static bool is_same(struct jvalue value, const json_t *want);

static bool is_same_list(struct jvalue value, const json_t *want)
{
	const char *at = jvalue_begin(value);
	struct jvalue element;
	size_t n = 0;

	for (; jvalue_next(&at, &element); n++) {
		if (!is_same(element, json_array_get(want, n)))
			return false;
	}
	return n == json_array_size(want);
}

static bool is_same_object(struct jvalue value, const json_t *want)
{
	const char *at = jvalue_begin(value);
	struct jvalue key, member;
	size_t n = 0;

	for (; jvalue_next_member(&at, &key, &member); n++) {
		AUTO_FREE char *name = xmalloc(key.len + 5);
		size_t len = jvalue_copy(key, name, key.len + 5);
		FUZZ_CHECK(len == strlen(name) && jvalue_find(value, name).at == member.at);
		if (!is_same(member, json_object_get(want, name)))
			return false;
	}
	return n == json_object_size(want);
}

static bool is_same_string(struct jvalue value, const json_t *want)
{
	AUTO_FREE char *text = xmalloc(value.len + 5);
	size_t len = jvalue_copy(value, text, value.len + 5), want_len = json_string_length(want);
	char cut[13];
	size_t cut_len = jvalue_copy(value, cut, sizeof(cut));

	FUZZ_CHECK(cut_len <= len && memcmp(cut, text, cut_len) == 0);
	FUZZ_CHECK(cut_len == len || cut_len + 4 >= sizeof(cut) - 1);
	return len == want_len && memcmp(text, json_string_value(want), len + 1) == 0;
}

static bool is_same_number(struct jvalue value, const json_t *want)
{
	AUTO_FREE char *text = xstrndup(value.at, value.len);
	int64_t integer;

	if (jvalue_integer(value, &integer))
		return json_is_integer(want) && json_integer_value(want) == integer;
	return json_is_real(want) && json_real_value(want) == strtod(text, NULL);
}

static bool is_same(struct jvalue value, const json_t *want)
{
	switch (jvalue_type(value)) {
	case '{':
		return json_is_object(want) && is_same_object(value, want);
	case '[':
		return json_is_array(want) && is_same_list(value, want);
	case '"':
		return json_is_string(want) && is_same_string(value, want);
	case '0':
		return is_same_number(value, want);
	case 't':
		return json_is_true(want);
	case 'f':
		return json_is_false(want);
	default:
		return json_is_null(want);
	}
}

/* Without its blanks it is the same text, and stays so. */
static void check_compact(struct jvalue value, const json_t *want)
{
	struct buf b, again;
	struct problem p = {.status = 0};
	struct jvalue compact;

	buf_init(&b, 1 << 24);
	buf_init(&again, 1 << 24);
	jvalue_compact(value, &b);
	FUZZ_CHECK(b.len <= value.len && jvalue_parse(b.data, b.len, &compact, &p));
	FUZZ_CHECK(is_same(compact, want));
	jvalue_compact(compact, &again);
	FUZZ_CHECK(b.len == again.len && memcmp(b.data, again.data, b.len) == 0);
	buf_done(&b);
	buf_done(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FREE char *text = xmalloc(size);
	struct json_report report;
	struct problem p = {.status = 0};
	json_error_t error;
	struct jvalue value;

	memcpy(text, data, size);
	enum json_verdict verdict = json_check(text, size, &report);
	FUZZ_CHECK((verdict == JSON_GOOD) == (report.fault == NULL));
	json_auto_t *want = json_loadb(text, size, JSON_REJECT_DUPLICATES, &error);
	bool is_good = jvalue_parse(text, size, &value, &p);
	FUZZ_CHECK(is_good == (p.status == 0));
	if (is_good) {
		FUZZ_CHECK(want != NULL && report.n_values > 0 && is_same(value, want));
		check_compact(value, want);
	} else if (memchr(text, '\0', size) == NULL && verdict != JSON_BIG_OBJECT) {
		/* jansson passes over some NULs, and where there are two faults may find the other
		 */
		FUZZ_CHECK(want == NULL);
	}
	problem_done(&p);
	return 0;
}
