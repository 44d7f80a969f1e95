#include "registration/registries.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "model/url.h"
#include "wire/jvalue.h"

enum {
	LEAST_SUFFIXES = 500, /* of a bootstrap; IANA's has 1,200 */
	MAX_SUFFIX = 254,
	MAX_URL = 1024
};

struct entry {
	char *suffix, *base_url; /* owned */
	UT_hash_handle hh;
};

struct registries {
	struct entry *tables[N_REGISTRY_SOURCES]; /* owned */
	usec_t published_at;
};

static void free_table(struct entry *table)
{
	struct entry *e, *next;

	HASH_ITER (hh, table, e, next) {
		HASH_DEL(table, e);
		FREE_ALL(e->suffix, e->base_url, e);
	}
}

/* The first that names a suffix has it. */
static void add(struct entry **table, const char *suffix, const char *url)
{
	struct entry *e;
	size_t n = strlen(url);

	HASH_FIND_STR(*table, suffix, e);
	if (e != NULL)
		return;
	e = xcalloc(1, sizeof(*e));
	e->suffix = xstrdup(suffix);
	e->base_url = xmalloc(n + 2);
	memcpy(e->base_url, url, n + 1);
	if (url[n - 1] != '/')
		memcpy(e->base_url + n, "/", 2);
	HASH_ADD_KEYPTR(hh, *table, e->suffix, strlen(e->suffix), e);
}

struct registries *registries_new(void)
{
	static const struct {
		const char *suffix, *url;
	} built_in[] = {
#define CCTLD(suffix, url) {suffix, url},
#include "registration/cctlds.def"
#undef CCTLD
	};
	struct registries *r = xcalloc(1, sizeof(*r));

	for (size_t i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		add(&r->tables[REGISTRY_BUILT_IN], built_in[i].suffix, built_in[i].url);
	return r;
}

void registries_free(struct registries *registries)
{
	if (registries == NULL)
		return;
	for (int i = 0; i < N_REGISTRY_SOURCES; i++)
		free_table(registries->tables[i]);
	free(registries);
}

/* --- Reading --- */

/* A suffix in lower case, of whole labels, without dots at its ends. */
static bool copy_suffix(struct jvalue value, char *ret_suffix, size_t size)
{
	size_t n = jvalue_type(value) == '"' ? jvalue_copy(value, ret_suffix, size) : 0;

	if (n == 0 || n > MAX_SUFFIX || strlen(ret_suffix) != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (ret_suffix[i] >= 'A' && ret_suffix[i] <= 'Z')
			ret_suffix[i] = (char)(ret_suffix[i] - 'A' + 'a');
	}
	return strspn(ret_suffix, "abcdefghijklmnopqrstuvwxyz0123456789-.") == n &&
	       ret_suffix[0] != '.' && ret_suffix[n - 1] != '.' && strstr(ret_suffix, "..") == NULL;
}

static bool copy_url(struct jvalue value, bool allows_http, char *ret_url, size_t size)
{
	size_t n = jvalue_type(value) == '"' ? jvalue_copy(value, ret_url, size) : 0;
	struct url url;

	if (n == 0 || n + 1 >= size || url_parse(ret_url, n, &url) != URL_GOOD)
		return false;
	bool is_good = url.is_tls || allows_http;
	url_done(&url);
	return is_good && strpbrk(ret_url, "?#") == NULL;
}

/* One service: [[suffix, ...], [URL, ...]], of which the first URL that may be used counts. */
static bool read_service(struct jvalue service, bool allows_http, struct entry **table)
{
	const char *at = jvalue_begin(service);
	struct jvalue suffixes, urls, value;
	char suffix[MAX_SUFFIX + 6], url[MAX_URL];

	if (jvalue_type(service) != '[' || !jvalue_next(&at, &suffixes) ||
	    !jvalue_next(&at, &urls) || jvalue_type(suffixes) != '[' || jvalue_type(urls) != '[')
		return false;
	for (at = jvalue_begin(urls); jvalue_next(&at, &value);) {
		if (!copy_url(value, allows_http, url, sizeof(url)))
			continue;
		for (at = jvalue_begin(suffixes); jvalue_next(&at, &value);) {
			if (copy_suffix(value, suffix, sizeof(suffix)))
				add(table, suffix, url);
		}
		break;
	}
	return true;
}

static bool parse_object(const char *json, size_t len, struct jvalue *ret_root, struct buf *why)
{
	struct problem fault = {.status = 0};
	bool is_object = jvalue_parse(json, len, ret_root, &fault) && jvalue_type(*ret_root) == '{';

	if (!is_object)
		buf_add_str(why, fault.detail != NULL ? fault.detail : "not a JSON object");
	problem_done(&fault);
	return is_object;
}

static void put(struct registries *r, enum registry_source source, struct entry *table)
{
	free_table(r->tables[source]);
	r->tables[source] = table;
}

bool registries_load_iana(
    struct registries *registries, const char *json, size_t len, bool allows_http, struct buf *why)
{
	struct jvalue root, service;
	struct entry *table = NULL;
	char date[64];
	usec_t published_at = 0;

	if (!parse_object(json, len, &root, why))
		return false;
	struct jvalue services = jvalue_find(root, "services");
	bool is_good = jvalue_type(services) == '[';
	const char *at = jvalue_begin(services);
	while (is_good && jvalue_next(&at, &service))
		is_good = read_service(service, allows_http, &table);
	jvalue_copy(jvalue_find(root, "publication"), date, sizeof(date));
	if (!is_good)
		buf_add_str(why, "no list of services");
	else if (clock_parse(date, &published_at) != OK)
		buf_add_str(why, "no date of publication");
	else if (HASH_COUNT(table) < LEAST_SUFFIXES)
		buf_addf(why, "only %u suffixes", (unsigned)HASH_COUNT(table));
	else if (published_at < registries->published_at)
		buf_add_str(why, "published before the one in force");
	if (why->len > 0) {
		free_table(table);
		return false;
	}
	put(registries, REGISTRY_IANA, table);
	registries->published_at = published_at;
	return true;
}

bool registries_load_operator(
    struct registries *registries, const char *json, size_t len, bool allows_http, struct buf *why)
{
	struct jvalue root, name, value;
	struct entry *table = NULL;
	char suffix[MAX_SUFFIX + 6], url[MAX_URL];

	if (!parse_object(json, len, &root, why))
		return false;
	const char *at = jvalue_begin(root);
	while (why->len == 0 && jvalue_next_member(&at, &name, &value)) {
		if (!copy_suffix(name, suffix, sizeof(suffix)))
			buf_addf(why, "a name is no suffix: %.*s", (int)name.len, name.at);
		else if (!copy_url(value, allows_http, url, sizeof(url)))
			buf_addf(why, "%s has no %s URL", suffix, allows_http ? "HTTP" : "HTTPS");
		else
			add(&table, suffix, url);
	}
	if (why->len > 0) {
		free_table(table);
		return false;
	}
	put(registries, REGISTRY_OPERATOR, table);
	return true;
}

/* --- Asking --- */

usec_t registries_published_at(const struct registries *registries)
{
	return registries->published_at;
}

void registries_each(const struct registries *registries,
    void (*on_suffix)(const char *suffix, void *arg), void *arg)
{
	struct entry *e, *next;

	for (int i = 0; i < N_REGISTRY_SOURCES; i++) {
		HASH_ITER (hh, registries->tables[i], e, next) {
			on_suffix(e->suffix, arg);
		}
	}
}

size_t registries_count(const struct registries *registries, enum registry_source source)
{
	return HASH_COUNT(registries->tables[source]);
}

bool registries_find(
    const struct registries *registries, const char *name, struct registry *ret_registry)
{
	const char *dot = name;
	struct entry *e;

	while ((dot = strchr(dot, '.')) != NULL) {
		dot++;
		for (int i = 0; i < N_REGISTRY_SOURCES; i++) {
			HASH_FIND_STR(registries->tables[i], dot, e);
			if (e == NULL)
				continue;
			*ret_registry = (struct registry){.suffix = e->suffix,
			    .base_url = e->base_url,
			    .source = (enum registry_source)i};
			return true;
		}
	}
	return false;
}

struct registry_host registry_host_find(const char *host, const char *suffix)
{
	/* What careful clients are set to; the registries publish no limits. */
	static const struct {
		const char *host;
		struct registry_host known;
	} rows[] = {
	    {"rdap.verisign.com", {.rate = 6, .burst = 6}},
	    {"pubapi.registry.google", {.rate = 0.8, .burst = 5}},
	    {"rdap.identitydigital.services", {.rate = 3, .burst = 3}},
	    {"rdap.centralnic.com", {.rate = 1.5, .burst = 2}},
	    {"rdap.nominet.uk", {.rate = 0.5, .burst = 1}},
	    {"rdap.nic.ch", {.rate = 0.5, .burst = 1, .has_401 = true}},
	    {"rdap.nic.li", {.rate = 0.5, .burst = 1, .has_401 = true}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].host, host) == 0)
			return rows[i].known;
	}
	/* country codes have two letters, and often a small server */
	if (strlen(suffix) == 2)
		return (struct registry_host){.rate = 0.5, .burst = 1};
	return (struct registry_host){.rate = 2, .burst = 2};
}
