/* A 404 settles that a name is not registered only when it comes from an RDAP server: with an error
 * object of RDAP, or without a body, as some registries answer. A proxy, a captive portal or a
 * content network says 404 too, with HTML or with JSON of its own. */
#include "registration/rdap.h"

#include <string.h>
#include <strings.h>

#include "wire/jvalue.h"

static void unknown(struct rdap_answer *a, const char *why)
{
	*a = (struct rdap_answer){.verdict = RDAP_UNKNOWN, .why = why};
}

static bool is_string(struct jvalue value, const char *text)
{
	char copy[RDAP_MAX_TEXT];

	return jvalue_type(value) == '"' && jvalue_copy(value, copy, sizeof(copy)) > 0 &&
	       strcasecmp(copy, text) == 0;
}

/* --- What a document holds --- */

/* The name of the object, which a final dot may end. */
static bool has_name(struct jvalue root, const char *name)
{
	char said[RDAP_MAX_TEXT];
	size_t n = jvalue_copy(jvalue_find(root, "ldhName"), said, sizeof(said));

	if (n > 0 && said[n - 1] == '.')
		said[n - 1] = '\0';
	return n > 0 && strcasecmp(said, name) == 0;
}

static bool has_status(const struct rdap_answer *a, const char *status)
{
	for (uint32_t i = 0; i < a->n_statuses; i++) {
		if (strcasecmp(a->statuses[i], status) == 0)
			return true;
	}
	return false;
}

static void read_statuses(struct jvalue list, struct rdap_answer *a)
{
	const char *at = jvalue_begin(list);
	struct jvalue element;
	char status[sizeof(a->statuses[0])];

	if (jvalue_type(list) != '[')
		return;
	while (a->n_statuses < RDAP_MAX_STATUSES && jvalue_next(&at, &element)) {
		if (jvalue_copy(element, status, sizeof(status)) > 0 && !has_status(a, status))
			memcpy(a->statuses[a->n_statuses++], status, sizeof(status));
	}
	a->drops = has_status(a, "redemption period") || has_status(a, "pending delete");
}

/* Events that are not known are passed over, and so is a date that is none. */
static void read_events(struct jvalue list, struct rdap_answer *a)
{
	const char *at = jvalue_begin(list);
	struct jvalue event;
	char date[64];

	if (jvalue_type(list) != '[')
		return;
	while (jvalue_next(&at, &event)) {
		struct jvalue action = jvalue_find(event, "eventAction");
		usec_t *to = is_string(action, "registration") ? &a->created
			     : is_string(action, "expiration") ? &a->expires
							       : NULL;
		usec_t when;
		jvalue_copy(jvalue_find(event, "eventDate"), date, sizeof(date));
		if (to != NULL && clock_parse(date, &when) == OK)
			*to = when;
	}
}

/* The full name in a jCard (RFC 7095): ["vcard", [[name, {}, type, value], ...]]. */
static void read_card(struct jvalue card, char *ret_name, size_t size)
{
	const char *at = jvalue_begin(card);
	struct jvalue part, property, field;

	if (jvalue_type(card) != '[' || !jvalue_next(&at, &part) || !jvalue_next(&at, &part) ||
	    jvalue_type(part) != '[')
		return;
	for (at = jvalue_begin(part); jvalue_next(&at, &property);) {
		if (jvalue_type(property) != '[')
			continue;
		const char *in = jvalue_begin(property);
		if (!jvalue_next(&in, &field) || !is_string(field, "fn"))
			continue;
		if (jvalue_next(&in, &field) && jvalue_next(&in, &field) &&
		    jvalue_next(&in, &field) && jvalue_type(field) == '"')
			jvalue_copy(field, ret_name, size);
		return;
	}
}

static void read_registrar(struct jvalue list, struct rdap_answer *a)
{
	const char *at = jvalue_begin(list);
	struct jvalue entity, role;

	if (jvalue_type(list) != '[')
		return;
	while (a->registrar[0] == '\0' && jvalue_next(&at, &entity)) {
		struct jvalue roles = jvalue_find(entity, "roles");
		const char *in = jvalue_begin(roles);
		while (jvalue_type(roles) == '[' && jvalue_next(&in, &role)) {
			if (is_string(role, "registrar"))
				read_card(jvalue_find(entity, "vcardArray"), a->registrar,
				    sizeof(a->registrar));
		}
	}
}

/* Registries tell by the title of a notice that an absent name is not simply free. */
static enum rdap_verdict read_notices(struct jvalue root)
{
	struct jvalue list = jvalue_find(root, "notices"), notice;
	const char *at = jvalue_begin(list);

	if (jvalue_type(list) != '[')
		return RDAP_ABSENT;
	while (jvalue_next(&at, &notice)) {
		struct jvalue title = jvalue_find(notice, "title");
		if (is_string(title, "Blocked Domain"))
			return RDAP_BLOCKED;
		if (is_string(title, "Expiry Access Period"))
			return RDAP_PREMIUM;
	}
	return RDAP_ABSENT;
}

/* --- Verdicts --- */

/* A media type of JSON, whatever its parameters. */
static bool is_json(const char *type)
{
	static const char *const known[] = {"application/rdap+json", "application/json"};

	for (size_t i = 0; type != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i]);
		if (strncasecmp(type, known[i], n) == 0 &&
		    (type[n] == '\0' || type[n] == ';' || type[n] == ' ' || type[n] == '\t'))
			return true;
	}
	return false;
}

static bool parse(const struct rdap_reply *reply, struct jvalue *ret_root)
{
	struct problem fault = {.status = 0};
	bool is_object = !reply->is_cut && reply->body.len > 0 && is_json(reply->content_type) &&
			 jvalue_parse(reply->body.bytes, reply->body.len, ret_root, &fault) &&
			 jvalue_type(*ret_root) == '{';

	problem_done(&fault);
	return is_object;
}

static void judge_found(const char *name, const struct rdap_reply *reply, struct rdap_answer *a)
{
	struct jvalue root;

	if (!parse(reply, &root)) {
		unknown(a, "the answer is not RDAP");
	} else if (jvalue_type(jvalue_find(root, "errorCode")) != '\0') {
		unknown(a, "the answer has status 200 and an error");
	} else if (!is_string(jvalue_find(root, "objectClassName"), "domain")) {
		unknown(a, "the answer is about no domain");
	} else if (!has_name(root, name)) {
		unknown(a, "the answer is about another name");
	} else {
		a->verdict = RDAP_REGISTERED;
		read_statuses(jvalue_find(root, "status"), a);
		read_events(jvalue_find(root, "events"), a);
		read_registrar(jvalue_find(root, "entities"), a);
	}
}

static void judge_absent(const struct rdap_reply *reply, struct rdap_answer *a)
{
	struct jvalue root;
	int64_t code = 0;

	if (reply->body.len == 0 && !reply->is_cut) {
		a->verdict = RDAP_ABSENT;
	} else if (!parse(reply, &root)) {
		unknown(a, "the answer has status 404 and is not RDAP");
	} else if (!jvalue_integer(jvalue_find(root, "errorCode"), &code) || code != 404) {
		unknown(a, "the answer has status 404 and no error code of RDAP");
	} else {
		a->verdict = read_notices(root);
	}
}

void rdap_judge(
    const char *name, bool has_401, const struct rdap_reply *reply, struct rdap_answer *ret_answer)
{
	struct rdap_answer *a = ret_answer;

	*a = (struct rdap_answer){.verdict = RDAP_UNKNOWN};
	switch (reply->status) {
	case 200:
		judge_found(name, reply, a);
		break;
	case 404:
		judge_absent(reply, a);
		break;
	case 401:
		if (has_401)
			a->verdict = RDAP_REGISTERED;
		else
			unknown(a, "the server wants credentials");
		break;
	case 403:
	case 422:
	case 429:
	case 503:
		a->verdict = RDAP_LIMITED;
		a->why = "the server refuses, as for too many requests";
		break;
	case 400:
		unknown(a, "the server does not serve this name");
		break;
	default:
		unknown(a, reply->status >= 300 && reply->status < 400
			       ? "the server redirects"
			       : "the answer has an unexpected status");
	}
}
