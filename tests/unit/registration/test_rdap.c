/* What each answer of an RDAP server means. */
#include "../unit.h"

#include "registration/rdap.h"

#define JSON "application/rdap+json"
#define GOOD "{\"objectClassName\":\"domain\",\"ldhName\":\"Example.DEV\"}"

static const struct {
	const char *name;
	uint32_t status;
	const char *type, *body;
	enum rdap_verdict verdict;
} rows[] = {
    {"domain", 200, JSON, GOOD, RDAP_REGISTERED},
    {"charset", 200, "application/rdap+json;charset=utf-8", GOOD, RDAP_REGISTERED},
    {"plain JSON", 200, "Application/JSON", GOOD, RDAP_REGISTERED},
    {"final dot", 200, JSON, "{\"objectClassName\":\"domain\",\"ldhName\":\"example.dev.\"}",
	RDAP_REGISTERED},
    {"HTML", 200, "text/html", "<html>", RDAP_UNKNOWN},
    {"HTML with the name", 200, "text/html", GOOD, RDAP_UNKNOWN},
    {"HTML said to be JSON", 200, JSON, "<html>", RDAP_UNKNOWN},
    {"another type that begins alike", 200, "application/jsonp", GOOD, RDAP_UNKNOWN},
    {"no type", 200, NULL, GOOD, RDAP_UNKNOWN},
    {"other name", 200, JSON, "{\"objectClassName\":\"domain\",\"ldhName\":\"other.dev\"}",
	RDAP_UNKNOWN},
    {"longer name", 200, JSON, "{\"objectClassName\":\"domain\",\"ldhName\":\"example.dev.x\"}",
	RDAP_UNKNOWN},
    {"no name", 200, JSON, "{\"objectClassName\":\"domain\"}", RDAP_UNKNOWN},
    {"name is a number", 200, JSON, "{\"objectClassName\":\"domain\",\"ldhName\":1}", RDAP_UNKNOWN},
    {"error code", 200, JSON,
	"{\"objectClassName\":\"domain\",\"ldhName\":\"example.dev\",\"errorCode\":404}",
	RDAP_UNKNOWN},
    {"search", 200, JSON, "{\"domainSearchResults\":[" GOOD "]}", RDAP_UNKNOWN},
    {"entity", 200, JSON, "{\"objectClassName\":\"entity\",\"ldhName\":\"example.dev\"}",
	RDAP_UNKNOWN},
    {"list", 200, JSON, "[" GOOD "]", RDAP_UNKNOWN},
    {"empty", 200, JSON, "", RDAP_UNKNOWN},
    {"half", 200, JSON, "{\"objectClassName\":\"domain\",\"ldhName\":\"example.dev\"",
	RDAP_UNKNOWN},
    {"absent", 404, JSON, "{\"errorCode\":404,\"title\":\"Not Found\"}", RDAP_ABSENT},
    {"absent without a body", 404, NULL, "", RDAP_ABSENT},
    {"absent, HTML type, no body", 404, "text/html", "", RDAP_ABSENT},
    {"404 in HTML", 404, "text/html", "<html>not found", RDAP_UNKNOWN},
    {"404 of a content network", 404, "application/json", "{\"message\":\"Not Found\"}",
	RDAP_UNKNOWN},
    {"404 with another code", 404, JSON, "{\"errorCode\":500}", RDAP_UNKNOWN},
    {"404 with a text for a code", 404, JSON, "{\"errorCode\":\"404\"}", RDAP_UNKNOWN},
    {"404 about a domain", 404, JSON, GOOD, RDAP_UNKNOWN},
    {"blocked", 404, JSON, "{\"errorCode\":404,\"notices\":[{\"title\":\"Blocked Domain\"}]}",
	RDAP_BLOCKED},
    {"expiry access", 404, JSON,
	"{\"errorCode\":404,\"notices\":[{\"title\":\"Terms\"},{\"title\":\"Expiry Access "
	"Period\"}]}",
	RDAP_PREMIUM},
    {"notices are no list", 404, JSON, "{\"errorCode\":404,\"notices\":{}}", RDAP_ABSENT},
    {"bad request", 400, JSON, "{\"errorCode\":400}", RDAP_UNKNOWN},
    {"credentials", 401, NULL, "", RDAP_UNKNOWN},
    {"forbidden", 403, "text/plain", "exceeded", RDAP_LIMITED},
    {"unprocessable", 422, JSON, "{}", RDAP_LIMITED},
    {"too many", 429, NULL, "", RDAP_LIMITED},
    {"unavailable", 503, NULL, "", RDAP_LIMITED},
    {"moved", 301, NULL, "", RDAP_UNKNOWN},
    {"found elsewhere", 302, "text/html", "<html>", RDAP_UNKNOWN},
    {"internal error", 500, JSON, "{\"errorCode\":500}", RDAP_UNKNOWN},
    {"gone", 410, NULL, "", RDAP_UNKNOWN},
    {"no content", 204, NULL, "", RDAP_UNKNOWN},
    {"no answer", 0, NULL, "", RDAP_UNKNOWN},
};

static struct rdap_reply reply_of(uint32_t status, const char *type, const char *body)
{
	return (struct rdap_reply){
	    .status = status, .content_type = type, .body = {body, strlen(body)}};
}

TEST(verdict)
{
	struct rdap_reply reply = reply_of(rows[_i].status, rows[_i].type, rows[_i].body);
	struct rdap_answer a;

	rdap_judge("example.dev", false, &reply, &a);
	ck_assert_msg(a.verdict == rows[_i].verdict, "%s: %d", rows[_i].name, (int)a.verdict);
	bool has_reason = a.verdict == RDAP_UNKNOWN || a.verdict == RDAP_LIMITED;
	ck_assert_msg((a.why != NULL) == has_reason, "%s", rows[_i].name);
}

/* However good an answer is, cut it tells nothing. */
TEST(cut)
{
	struct rdap_reply reply = reply_of(rows[_i].status, rows[_i].type, rows[_i].body);
	struct rdap_answer a;

	reply.is_cut = true;
	rdap_judge("example.dev", false, &reply, &a);
	ck_assert_msg(a.verdict == RDAP_UNKNOWN || a.verdict == RDAP_LIMITED, "%s", rows[_i].name);
}

TEST(credentials_stand_for_registered_where_known)
{
	struct rdap_reply reply = reply_of(401, NULL, "");
	struct rdap_answer a;

	rdap_judge("example.ch", true, &reply, &a);
	ck_assert_int_eq(a.verdict, RDAP_REGISTERED);
}

TEST(details)
{
	static const char body[] =
	    "{\"objectClassName\":\"domain\",\"ldhName\":\"example.dev\","
	    "\"status\":[\"active\",\"pending delete\",\"Active\",7],"
	    "\"events\":[{\"eventAction\":\"registration\",\"eventDate\":\"2020-01-02T03:04:05+02:"
	    "00\"},"
	    "{\"eventAction\":\"Record expires\",\"eventDate\":\"2030-01-01T00:00:00Z\"},"
	    "{\"eventAction\":\"expiration\",\"eventDate\":\"soon\"},7],"
	    "\"entities\":[{\"roles\":[\"abuse\"]},{\"roles\":[\"registrar\"],\"vcardArray\":["
	    "\"vcard\","
	    "[[\"version\",{},\"text\",\"4.0\"],[\"fn\",{},\"text\",\"Names & Sons\"]]]}]}";
	struct rdap_reply reply = reply_of(200, JSON, body);
	struct rdap_answer a;
	usec_t created = 0;

	rdap_judge("example.dev", false, &reply, &a);
	ck_assert_int_eq(a.verdict, RDAP_REGISTERED);
	ck_assert_uint_eq(a.n_statuses, 2);
	ck_assert_str_eq(a.statuses[1], "pending delete");
	ck_assert(a.drops);
	ck_assert_int_eq(clock_parse("2020-01-02T01:04:05Z", &created), OK);
	ck_assert_int_eq(a.created, created);
	ck_assert_int_eq(a.expires, 0);
	ck_assert_str_eq(a.registrar, "Names & Sons");
}

SUITE(rdap)
{
	ADD_ROWS(verdict, rows);
	ADD_ROWS(cut, rows);
	ADD(credentials_stand_for_registered_where_known);
	ADD(details);
}
