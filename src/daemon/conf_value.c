/* Values of settings. */
#include "daemon/conf_value.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/str.h"
#include "check/server_list.h"
#include "dns/name.h"
#include "fetch/policy.h"
#include "model/result.h"
#include "model/url.h"

/* Count them; false when one is neither an endpoint nor a Unix socket. A port may be 0. */
static bool count_listeners(const char *text, uint64_t *ret_n)
{
	char element[256];
	struct endpoint e;
	uint64_t n = 0;

	for (text += strspn(text, CONF_SEPARATORS); *text != '\0'; n++) {
		size_t len = strcspn(text, CONF_SEPARATORS);
		if (len >= sizeof(element))
			return false;
		memcpy(element, text, len);
		element[len] = '\0';
		if (strncmp(element, "unix:/", 6) != 0 && !endpoint_parse(element, 1, &e))
			return false;
		text += len;
		text += strspn(text, CONF_SEPARATORS);
	}
	*ret_n = n;
	return true;
}

/* Count the `LABEL=URL` elements; false when one is none. */
static bool count_labels(const char *text, uint64_t *ret_n)
{
	uint64_t n = 0;

	for (text += strspn(text, CONF_SEPARATORS); *text != '\0'; n++) {
		size_t len = strcspn(text, CONF_SEPARATORS), label = strcspn(text, "=");
		struct url url;
		if (label == 0 || label >= len ||
		    url_parse(text + label + 1, len - label - 1, &url) != URL_GOOD)
			return false;
		url_done(&url);
		text += len;
		text += strspn(text, CONF_SEPARATORS);
	}
	*ret_n = n;
	return true;
}

/* Count names of hosts, or origins; false when one is none. */
static bool count_names(const char *text, bool is_origins, uint64_t *ret_n)
{
	static const char host[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789.-_:[]";
	uint64_t n = 0;

	for (text += strspn(text, CONF_SEPARATORS); *text != '\0'; n++) {
		size_t len = strcspn(text, CONF_SEPARATORS), scheme = 0;
		if (is_origins)
			scheme = strncmp(text, "http://", 7) == 0    ? 7
				 : strncmp(text, "https://", 8) == 0 ? 8
								     : len;
		if (scheme >= len || strspn(text + scheme, host) < len - scheme)
			return false;
		text += len;
		text += strspn(text, CONF_SEPARATORS);
	}
	*ret_n = n;
	return true;
}

static bool is_domain(const char *text)
{
	struct dns_name name;

	return *text == '\0' || dns_name_from_text(text, strlen(text), &name);
}

static bool is_policy_list(enum conf_type type, const char *text, struct buf *why)
{
	return type == PORTS ? policy_ports_are_valid(text, why) : policy_list_is_valid(text, why);
}

static bool parse_word(const char *text, const char *const *words, uint64_t *ret_number)
{
	for (uint64_t i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], text) == 0) {
			*ret_number = i;
			return true;
		}
	}
	return false;
}

static bool parse_mode(const char *text, uint64_t *ret_mode)
{
	size_t len = strlen(text);

	if (len < 3 || len > 4 || strspn(text, "01234567") < len)
		return false;
	*ret_mode = strtoul(text, NULL, 8);
	return true;
}

const char *conf_value_describe(enum conf_type type)
{
	static const char *const texts[] = {[TEXT] = "a string",
	    [LISTENERS] = "a list of address:port, [address]:port or unix:/path",
	    [SERVERS] = "a list of address, address:port, [address]:port or @/path",
	    [DOMAIN] = "a domain name",
	    [ADDRESSES] = "a list of addresses and networks like 10.0.0.0/8",
	    [PORTS] = "a list of ports and ranges like 80,443,8000-8100",
	    [LABELS] = "a list of LABEL=URL",
	    [HOSTS] = "a list of at most 64 host names or addresses, without ports",
	    [ORIGINS] = "a list of at most 64 origins like https://host or http://host:8080",
	    [DATABASE] = "like sqlite:///absolute/path",
	    [NUMBER] = "a whole number",
	    [SIZE] = "a size like 64K, 10M or 2G",
	    [DURATION] = "a duration like 500ms, 3s, 5m, 2h or 7d",
	    [BOOL] = "yes or no",
	    [LEVEL] = "debug, info, warning or error",
	    [FORMAT] = "text or json",
	    [RESOLVER] = "engine or evdns",
	    [STRATEGY] = "auto, order or spread",
	    [MODE] = "an octal mode like 0660"};

	return texts[type];
}

enum err conf_value_parse(enum conf_type type, const char *text, uint64_t least, uint64_t most,
    uint64_t *ret_number, struct buf *why)
{
	static const char *const levels[] = {"debug", "info", "warning", "error", NULL};
	static const char *const formats[] = {"text", "json", NULL};
	static const char *const resolvers[] = {"engine", "evdns", NULL};
	static const char *const strategies[] = {"auto", "order", "spread", NULL};
	static const char *const truths[] = {"no", "yes", NULL};
	struct server_list servers;
	usec_t duration = 0;
	enum err e = OK;

	*ret_number = 0;
	switch (type) {
	case TEXT:
		return OK;
	case LISTENERS:
		e = count_listeners(text, ret_number) ? OK : ERR_INVALID;
		break;
	case SERVERS:
		e = server_list_read(text, &servers, why);
		if (e != OK)
			return e;
		*ret_number = servers.n;
		server_list_done(&servers);
		break;
	case DOMAIN:
		e = is_domain(text) ? OK : ERR_INVALID;
		break;
	case ADDRESSES:
	case PORTS:
		return is_policy_list(type, text, why) ? OK : ERR_INVALID;
	case LABELS:
		e = count_labels(text, ret_number) ? OK : ERR_INVALID;
		break;
	case HOSTS:
	case ORIGINS:
		e = count_names(text, type == ORIGINS, ret_number) ? OK : ERR_INVALID;
		break;
	case DATABASE:
		return *text == '\0' || strncmp(text, "sqlite:///", 10) == 0 ? OK : ERR_INVALID;
	case NUMBER:
		e = str_to_u64(text, most, ret_number);
		break;
	case SIZE:
		e = str_to_size(text, most, ret_number);
		break;
	case DURATION:
		e = strcmp(text, "0") == 0 ? OK : str_to_duration(text, &duration);
		*ret_number = (uint64_t)duration;
		break;
	case BOOL:
		return parse_word(text, truths, ret_number) ? OK : ERR_INVALID;
	case LEVEL:
		return parse_word(text, levels, ret_number) ? OK : ERR_INVALID;
	case FORMAT:
		return parse_word(text, formats, ret_number) ? OK : ERR_INVALID;
	case RESOLVER:
		return parse_word(text, resolvers, ret_number) ? OK : ERR_INVALID;
	case STRATEGY:
		return parse_word(text, strategies, ret_number) ? OK : ERR_INVALID;
	case MODE:
		e = parse_mode(text, ret_number) ? OK : ERR_INVALID;
		break;
	}
	if (e == OK && (*ret_number < least || *ret_number > most))
		e = ERR_TOO_BIG;
	return e;
}
