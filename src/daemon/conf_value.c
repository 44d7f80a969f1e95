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
#include "registration/rates.h"
#include "registration/tld_lists.h"

/* --- Elements of lists; `element` is not terminated --- */

static bool is_listener(const char *element, size_t len)
{
	char text[256];
	struct endpoint e;

	if (len >= sizeof(text))
		return false;
	memcpy(text, element, len);
	text[len] = '\0';
	return strncmp(text, "unix:/", 6) == 0 || endpoint_parse(text, 1, &e);
}

static bool is_label(const char *element, size_t len)
{
	size_t label = strcspn(element, "=");
	struct url url;

	if (label == 0 || label >= len ||
	    url_parse(element + label + 1, len - label - 1, &url) != URL_GOOD)
		return false;
	url_done(&url);
	return true;
}

static bool is_host(const char *element, size_t len)
{
	static const char host[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				   "0123456789.-_:[]";

	return len > 0 && strspn(element, host) >= len;
}

static bool is_origin(const char *element, size_t len)
{
	size_t scheme = strncmp(element, "http://", 7) == 0    ? 7
			: strncmp(element, "https://", 8) == 0 ? 8
							       : len;

	return scheme < len && is_host(element + scheme, len - scheme);
}

/* Count the elements of a list; ERR_INVALID if one of them is not valid. */
static enum err count_elements(
    const char *text, bool (*is_valid)(const char *element, size_t len), uint64_t *ret_n)
{
	uint64_t n = 0;

	for (text += strspn(text, CONF_SEPARATORS); *text != '\0'; n++) {
		size_t len = strcspn(text, CONF_SEPARATORS);
		if (!is_valid(text, len))
			return ERR_INVALID;
		text += len;
		text += strspn(text, CONF_SEPARATORS);
	}
	*ret_n = n;
	return OK;
}

static enum err count_servers(const char *text, uint64_t *ret_n, struct buf *why)
{
	struct server_list servers;
	enum err e = server_list_read(text, &servers, why);

	if (e == OK) {
		*ret_n = servers.n;
		server_list_done(&servers);
	}
	return e;
}

/* --- Single values --- */

static bool is_domain(const char *text)
{
	struct dns_name name;

	return *text == '\0' || dns_name_from_text(text, strlen(text), &name);
}

static bool is_policy_list(enum conf_type type, const char *text, struct buf *why)
{
	return type == PORTS ? policy_ports_are_valid(text, why) : policy_list_is_valid(text, why);
}

static enum err parse_word(enum conf_type type, const char *text, uint64_t *ret_number)
{
	static const char *const words[][5] = {[BOOL] = {"no", "yes"},
	    [LEVEL] = {"debug", "info", "warning", "error"},
	    [FORMAT] = {"text", "json"},
	    [RESOLVER] = {"engine", "evdns"},
	    [DNS_MODE] = {"recursive", "authority"},
	    [STRATEGY] = {"auto", "order", "spread"}};

	for (uint64_t i = 0; words[type][i] != NULL; i++) {
		if (strcmp(words[type][i], text) == 0) {
			*ret_number = i;
			return OK;
		}
	}
	return ERR_INVALID;
}

static enum err parse_duration(const char *text, uint64_t *ret_usec)
{
	usec_t duration = 0;
	enum err e = strcmp(text, "0") == 0 ? OK : str_to_duration(text, &duration);

	*ret_usec = (uint64_t)duration;
	return e;
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
	    [SERVERS] = "a list of address, address:port, [address]:port, @/path or an https URL",
	    [DOMAIN] = "a domain name",
	    [ADDRESSES] = "a list of addresses and networks like 10.0.0.0/8",
	    [PORTS] = "a list of ports and ranges like 80,443,8000-8100",
	    [LABELS] = "a list of LABEL=URL",
	    [RATES] = "a list of HOST=NUMBER",
	    [TLD_LISTS] = "a list of NAME=TLD+TLD",
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
	    [DNS_MODE] = "recursive or authority",
	    [STRATEGY] = "auto, order or spread",
	    [MODE] = "an octal mode like 0660"};

	return texts[type];
}

enum err conf_value_parse(enum conf_type type, const char *text, uint64_t least, uint64_t most,
    uint64_t *ret_number, struct buf *why)
{
	enum err e = OK;

	*ret_number = 0;
	switch (type) {
	case TEXT:
		return OK;
	case DATABASE:
		return *text == '\0' || strncmp(text, "sqlite:///", 10) == 0 ? OK : ERR_INVALID;
	case ADDRESSES:
	case PORTS:
		return is_policy_list(type, text, why) ? OK : ERR_INVALID;
	case BOOL:
	case LEVEL:
	case FORMAT:
	case RESOLVER:
	case DNS_MODE:
	case STRATEGY:
		return parse_word(type, text, ret_number);
	case DOMAIN:
		e = is_domain(text) ? OK : ERR_INVALID;
		break;
	case MODE:
		e = parse_mode(text, ret_number) ? OK : ERR_INVALID;
		break;
	case LISTENERS:
		e = count_elements(text, is_listener, ret_number);
		break;
	case RATES:
		return rates_are_valid(text) ? OK : ERR_INVALID;
	case TLD_LISTS:
		return tld_lists_are_valid(text) ? OK : ERR_INVALID;
	case LABELS:
		e = count_elements(text, is_label, ret_number);
		break;
	case HOSTS:
		e = count_elements(text, is_host, ret_number);
		break;
	case ORIGINS:
		e = count_elements(text, is_origin, ret_number);
		break;
	case SERVERS:
		e = count_servers(text, ret_number, why);
		break;
	case NUMBER:
		e = str_to_u64(text, most, ret_number);
		break;
	case SIZE:
		e = str_to_size(text, most, ret_number);
		break;
	case DURATION:
		e = parse_duration(text, ret_number);
		break;
	}
	if (e == OK && (*ret_number < least || *ret_number > most))
		e = ERR_TOO_BIG;
	return e;
}
