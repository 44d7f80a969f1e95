/* Keys are read or refused with their line, and signatures are those of `openssl dgst`. */
#include "../unit.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "fetch/signature.h"

#define K24   "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"
#define OTHER "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

/* Each is what this prints, where KEY is the key in hexadecimal:
 *   printf %s ID.SECONDS.BODY | openssl dgst -sha256 -mac HMAC -macopt hexkey:KEY -binary | base64
 */
static const struct {
	const char *name, *key, *id;
	int64_t seconds;
	const char *body, *want;
} vectors[] = {
    {"of the specification's tests", OTHER, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	"{\"test\": 2432232314}", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
    {"shortest key", K24, "id", 1, "body", "v1,bXREGfwK7md4AaEcVWX/XLlKWF/NziY2D1y5eRaUAlA="},
    {"longest key",
	"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
	"MDAwNw==",
	"0193fd1c-a9c0-7abc-8def-0123456789af", 1795348800, "{}",
	"v1,qzYtHMpfWVAuHW+gcrqzzhHq06puLrt1UI2ZQoYVYBk="},
    {"no body", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3OA==", "x", 0, "",
	"v1,9ZmulaGgN61x+zPTr85+e6DRf7dnmcAdSzlr66kPU0w="},
    {"a time before the epoch", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODk=", "x", -5, "é",
	"v1,6ZkOUEo4QZdl44RAzKlgS80SN0g3rJ9ZyTh25RmMsmI="},
    {"two keys", K24 "\n" OTHER "\n", "id", 1, "body",
	"v1,bXREGfwK7md4AaEcVWX/XLlKWF/NziY2D1y5eRaUAlA= "
	"v1,EwdrcmZN4JZIqWFmhPWFTrF2i9EJUh+0xdbVsFRxLg4="},
};

TEST(signs)
{
	struct signature_keys keys;
	unsigned line;
	const char *why, *text = vectors[_i].key, *body = vectors[_i].body;
	struct buf b;

	ck_assert(signature_keys_parse(text, strlen(text), &keys, &line, &why));
	buf_init(&b, 1000);
	ck_assert(
	    signature_add(&b, &keys, vectors[_i].id, vectors[_i].seconds, body, strlen(body)));
	ck_row_str(vectors[_i].name, b.data, vectors[_i].want);
	buf_done(&b);
	signature_keys_done(&keys);
	ck_assert_uint_eq(keys.n, 0);
}

TEST(signs_nothing_without_a_key)
{
	const struct signature_keys keys = {.n = 0};
	struct buf b;

	buf_init(&b, 1000);
	ck_assert(!signature_add(&b, &keys, "id", 1, "", 0));
	buf_done(&b);
}

static const struct {
	const char *name, *text;
	unsigned line;
	const char *why;
} faults[] = {
    {"empty", "", 0, "contains no key"},
    {"only comments", "# a\n\n  \n", 0, "contains no key"},
    {"no prefix", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3\n", 1, "a key must start with whsec_"},
    {"prefix alone", "# key\nwhsec_\n", 2, "a key must start with whsec_"},
    {"no base64", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY!", 1, "expected base64 after whsec_"},
    {"cut base64", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY", 1, "expected base64 after whsec_"},
    {"blank inside", "whsec_MDEyMzQ1Njc4 WFiY2RlZjAxMjM0NTY3", 1, "expected base64 after whsec_"},
    {"padding inside", "whsec_MDEy=zQ1Njc4OWFiY2RlZjAxMjM0NTY3", 1, "expected base64 after whsec_"},
    {"padding alone", "whsec_====", 1, "expected base64 after whsec_"},
    {"too short", "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY=", 1, "a key must have 24 to 64 bytes"},
    {"too long",
	"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
	"MDAwMDAw",
	1, "a key must have 24 to 64 bytes"},
    {"far too long",
	"whsec_MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
	"MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw"
	"MDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAw",
	1, "expected base64 after whsec_"},
    {"five", K24 "\n" K24 "\n" K24 "\n" K24 "\n" K24, 5, "too many keys"},
};

TEST(refuses_keys)
{
	struct signature_keys keys = {.n = 77};
	unsigned line = 99;
	const char *why = "";

	ck_assert_msg(
	    !signature_keys_parse(faults[_i].text, strlen(faults[_i].text), &keys, &line, &why),
	    "%s", faults[_i].name);
	ck_row_str(faults[_i].name, why, faults[_i].why);
	ck_assert_msg(line == faults[_i].line && keys.n == 77, "%s: %u", faults[_i].name, line);
}

TEST(reads_lines_however_they_end)
{
	static const char text[] = "# new\r\n \t" K24 " \r\n\n#old\n" OTHER;
	struct signature_keys keys;
	unsigned line;
	const char *why;

	ck_assert(signature_keys_parse(text, strlen(text), &keys, &line, &why));
	ck_assert_uint_eq(keys.n, 2);
	ck_assert_uint_eq(keys.list[0].len, 24);
	ck_assert_mem_eq(keys.list[0].bytes, "0123456789abcdef01234567", 24);
}

TEST(makes_keys)
{
	char one[SIGNATURE_KEY_TEXT_SIZE], two[SIGNATURE_KEY_TEXT_SIZE];
	struct signature_keys keys;
	unsigned line;
	const char *why;

	signature_key_make(one);
	signature_key_make(two);
	ck_assert_str_ne(one, two);
	ck_assert_uint_eq(strlen(one), SIGNATURE_KEY_TEXT_SIZE - 1);
	ck_assert(signature_keys_parse(one, strlen(one), &keys, &line, &why));
	ck_assert_uint_eq(keys.list[0].len, SIGNATURE_NEW_KEY);
}

SUITE(signature)
{
	ADD_ROWS(refuses_keys, faults);
	ADD(signs_nothing_without_a_key);
	ADD_ROWS(signs, vectors);
	ADD(reads_lines_however_they_end);
	ADD(makes_keys);
}
