/* Answers that no daemon sends. */
#include "hostile.h"

#include <string.h>

#include "base/alloc.h"

const struct hostile hostile_answers[] = {
    {"nothing", "", 0},
    {"white space", " \r\n\t", 0},
    {"no JSON", "<html>", 0},
    {"half an object", "{\"id\":", 0},
    {"half a text", "{\"id\":\"01a2", 0},
    {"something behind", "{} {}", 0},
    {"null", "null", 0},
    {"number", "7", 0},
    {"text", "\"id\"", 0},
    {"array", "[]", 0},
    {"array of nothing", "[null]", 0},
    {"empty object", "{}", 0},
    {"NUL", "{\"id\":\"a\0b\"}", 12},
    {"escaped NUL", "{\"id\":\"\\u0000\"}", 0},
    {"broken UTF-8", "{\"id\":\"\xff\xfe\"}", 0},
    {"half a surrogate", "{\"id\":\"\\ud800\"}", 0},
    {"duplicate member", "{\"id\":1,\"id\":2}", 0},
    {"integer too large", "{\"total\":99999999999999999999}", 0},
    {"real too large", "{\"rate_per_second\":1e999}", 0},
    {"lists of no list", "{\"jobs\":{},\"schedules\":7,\"changes\":\"x\",\"outcomes\":null}", 0},
    {"lists of no objects",
	"{\"jobs\":[7],\"schedules\":[[]],\"changes\":[null],\"outcomes\":[\"x\"],\"next\":1}", 0},
    {"lists of empty objects",
	"{\"jobs\":[{}],\"schedules\":[{}],\"changes\":[{}],\"outcomes\":[{}],\"next\":1}", 0},
    {"members of other types",
	"{\"id\":1,\"kind\":[],\"state\":{},\"every\":1,\"seq\":\"1\",\"at\":2,\"target\":3,\"to\":"
	"4,"
	"\"status\":5,\"code\":6,\"name\":7,\"url\":8,\"total\":\"9\"}",
	0},
    {"no ID", "{\"id\":\"../../x\",\"kind\":\"domains\",\"state\":\"done\",\"every\":\"1h\"}", 0},
};

const int n_hostile_answers = sizeof(hostile_answers) / sizeof(hostile_answers[0]);

char *hostile_copy(const char *text, size_t len)
{
	char *copy = xmalloc(len > 0 ? len : 1);

	memcpy(copy, text, len);
	return copy;
}

char *hostile_nesting(size_t depth)
{
	char *text = xmalloc(2 * depth + 1);

	memset(text, '[', depth);
	memset(text + depth, ']', depth);
	text[2 * depth] = '\0';
	return text;
}
