#include "registration/for_sale.h"

#include <string.h>

#include "model/records.h"
#include "model/registration.h"
#include "model/rrtype.h"
#include "model/tagged.h"
#include "model/target.h"

enum { MAX_TEXT = 512 /* bytes of a record's text that are kept */ };

static const char label[] = "_for-sale.", mark[] = "v=FORSALE1;";

struct check *for_sale_start(
    struct checker *checker, const struct check_request *request, check_fn *on_done, void *arg)
{
	struct check_spec asked = {.n_types = 1, .types = {DNS_TYPE_TXT}};
	struct check_request question = *request;
	char name[sizeof(label) + TARGET_MAX];

	question.name_len = sizeof(label) - 1 + request->name_len;
	if (question.name_len > TARGET_MAX)
		return NULL;
	memcpy(name, label, sizeof(label) - 1);
	memcpy(name + sizeof(label) - 1, request->name, request->name_len);
	question.check = CHECK_RECORDS;
	question.name = name;
	question.asked = &asked;
	return check_start(checker, &question, on_done, arg);
}

/* Read a character, which may be escaped as `\"` or `\DDD`. */
static bool read_character(const char **at, char *ret_c)
{
	const char *s = *at;

	if (*s == '\0')
		return false;
	if (*s != '\\') {
		*ret_c = *s;
		*at = s + 1;
		return true;
	}
	if (s[1] < '0' || s[1] > '9') {
		*ret_c = s[1];
		*at = s + 2;
		return s[1] != '\0';
	}
	if (strspn(s + 1, "0123456789") < 3)
		return false;
	int value = (s[1] - '0') * 100 + (s[2] - '0') * 10 + (s[3] - '0');
	*ret_c = (char)value;
	*at = s + 4;
	return value > 0 && value < 256; /* NUL makes it no text */
}

int for_sale_parse(const char *text, char *to, size_t size)
{
	size_t n = 0;

	while (*text == '"') {
		for (text++; *text != '"'; n++) {
			if (n + 1 >= size || !read_character(&text, &to[n]))
				return -1;
		}
		text++;
		text += strspn(text, " ");
	}
	size_t start = sizeof(mark) - 1;
	if (*text != '\0' || n < start || memcmp(to, mark, start) != 0)
		return -1;
	memmove(to, to + start, n - start);
	to[n - start] = '\0';
	return (int)(n - start);
}

void for_sale_read(const struct result *result, struct buf *facts)
{
	struct registration_facts found = {.knows_for_sale = result->status != ITEM_ERROR};
	char texts[REGISTRATION_MAX_FOR_SALE][MAX_TEXT];
	struct span records = {NULL, 0};
	struct record_set set;
	size_t offset = 0;

	(void)tagged_find(result->tagged, RESULT_TAG_RECORDS, &records);
	while (records_next(records, &offset, &set)) {
		const char *text;
		size_t at = 0;
		while (set.type == DNS_TYPE_TXT && found.n_for_sale < REGISTRATION_MAX_FOR_SALE &&
		       (text = records_next_text(set.data, &at)) != NULL) {
			char *to = texts[found.n_for_sale];
			int n = for_sale_parse(text, to, MAX_TEXT);
			if (n >= 0)
				found.for_sale[found.n_for_sale++] = (struct span){to, (size_t)n};
		}
	}
	registration_facts_add(facts, &found);
}
