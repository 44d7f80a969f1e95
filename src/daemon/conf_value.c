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

static enum err count_servers(const char *text, uint64_t most, uint64_t *ret_n, struct buf *why)
{
	struct server_list servers;
	enum err e = server_list_read(text, &servers, why);

	(void)most;
	if (e == OK) {
		*ret_n = servers.n;
		server_list_done(&servers);
	}
	return e;
}

/* --- Single values --- */

static bool is_domain(const char *text, struct buf *why)
{
	struct dns_name name;

	(void)why;
	return *text == '\0' || dns_name_from_text(text, strlen(text), &name);
}

static bool is_database(const char *text, struct buf *why)
{
	(void)why;
	return *text == '\0' || strncmp(text, "sqlite:///", 10) == 0;
}

static bool are_rates(const char *text, struct buf *why)
{
	(void)why;
	return rates_are_valid(text);
}

static bool are_tld_lists(const char *text, struct buf *why)
{
	(void)why;
	return tld_lists_are_valid(text);
}

static enum err read_number(const char *text, uint64_t most, uint64_t *ret_number, struct buf *why)
{
	(void)why;
	return str_to_u64(text, most, ret_number);
}

static enum err read_size(const char *text, uint64_t most, uint64_t *ret_size, struct buf *why)
{
	(void)why;
	return str_to_size(text, most, ret_size);
}

static enum err read_duration(const char *text, uint64_t most, uint64_t *ret_usec, struct buf *why)
{
	usec_t duration = 0;
	enum err e = strcmp(text, "0") == 0 ? OK : str_to_duration(text, &duration);

	(void)most, (void)why;
	*ret_usec = (uint64_t)duration;
	return e;
}

static enum err read_mode(const char *text, uint64_t most, uint64_t *ret_mode, struct buf *why)
{
	size_t len = strlen(text);

	(void)most, (void)why;
	if (len < 3 || len > 4 || strspn(text, "01234567") < len)
		return ERR_INVALID;
	*ret_mode = strtoul(text, NULL, 8);
	return OK;
}

/* --- The types --- */

/* A value is one of the words, a list of elements, which are counted, or what `read` makes a number
 * of. `is_valid` judges a value that is no number. */
struct type {
	const char *description;
	const char *words[5];
	bool (*is_element)(const char *element, size_t len);
	bool (*is_valid)(const char *text, struct buf *why);
	enum err (*read)(const char *text, uint64_t most, uint64_t *ret_number, struct buf *why);
};

static const struct type types[] = {
    [TEXT] = {.description = "a string"},
    [LISTENERS] = {"a list of address:port, [address]:port or unix:/path",
	.is_element = is_listener},
    [SERVERS] = {"a list of address, address:port, [address]:port, @/path or an https URL",
	.read = count_servers},
    [DOMAIN] = {"a domain name", .is_valid = is_domain},
    [ADDRESSES] = {"a list of addresses and networks like 10.0.0.0/8",
	.is_valid = policy_list_is_valid},
    [PORTS] = {"a list of ports and ranges like 80,443,8000-8100",
	.is_valid = policy_ports_are_valid},
    [LABELS] = {"a list of LABEL=URL", .is_element = is_label},
    [RATES] = {"a list of HOST=NUMBER", .is_valid = are_rates},
    [TLD_LISTS] = {"a list of NAME=TLD+TLD", .is_valid = are_tld_lists},
    [HOSTS] = {"a list of at most 64 host names or addresses, without ports",
	.is_element = is_host},
    [ORIGINS] = {"a list of at most 64 origins like https://host or http://host:8080",
	.is_element = is_origin},
    [DATABASE] = {"like sqlite:///absolute/path", .is_valid = is_database},
    [NUMBER] = {"a whole number", .read = read_number},
    [SIZE] = {"a size like 64K, 10M or 2G", .read = read_size},
    [DURATION] = {"a duration like 500ms, 3s, 5m, 2h or 7d", .read = read_duration},
    [BOOL] = {"yes or no", .words = {"no", "yes"}},
    [LEVEL] = {"debug, info, warning or error", .words = {"debug", "info", "warning", "error"}},
    [FORMAT] = {"text or json", .words = {"text", "json"}},
    [RESOLVER] = {"engine or evdns", .words = {"engine", "evdns"}},
    [DNS_MODE] = {"recursive or authority", .words = {"recursive", "authority"}},
    [STRATEGY] = {"auto, order or spread", .words = {"auto", "order", "spread"}},
    [MODE] = {"an octal mode like 0660", .read = read_mode},
};

const char *conf_value_describe(enum conf_type type)
{
	return types[type].description;
}

static enum err find_word(const struct type *t, const char *text, uint64_t *ret_number)
{
	for (uint64_t i = 0; t->words[i] != NULL; i++) {
		if (strcmp(t->words[i], text) == 0) {
			*ret_number = i;
			return OK;
		}
	}
	return ERR_INVALID;
}

enum err conf_value_parse(enum conf_type type, const char *text, uint64_t least, uint64_t most,
    uint64_t *ret_number, struct buf *why)
{
	const struct type *t = &types[type];
	enum err e = OK;

	*ret_number = 0;
	if (t->words[0] != NULL)
		return find_word(t, text, ret_number);
	if (t->is_element != NULL)
		e = count_elements(text, t->is_element, ret_number);
	else if (t->read != NULL)
		e = t->read(text, most, ret_number, why);
	else
		return t->is_valid == NULL || t->is_valid(text, why) ? OK : ERR_INVALID;
	if (e == OK && (*ret_number < least || *ret_number > most))
		e = ERR_TOO_BIG;
	return e;
}
