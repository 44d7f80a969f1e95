#include "registration/tlds.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/small_file.h"
#include "model/target.h"
#include "registration/registries.h"
#include "registration/suffix.h"
#include "registration/tld_lists.h"

enum { MAX_LIST = 4 << 20 /* bytes; the Public Suffix List has 300 kB */ };

static const char system_list[] = "/usr/share/publicsuffix/public_suffix_list.dat";

struct tlds {
	const struct registries *registries; /* borrowed, as the next */
	const struct suffixes *suffixes;
	char *own;               /* owned */
	struct text_list listed; /* TLDs of the Public Suffix List */
};

/* Is the TLD a suffix below which names are registered? Under some, only longer ones are. */
static bool is_open(const struct suffixes *suffixes, const char *tld)
{
	char name[TARGET_MAX + 3] = "x.";

	memcpy(name + 2, tld, strlen(tld) + 1);
	const char *suffix = suffixes_find(suffixes, name);
	return suffix == NULL || suffix == name + 2;
}

/* Rules of one label in the section of ICANN: `com`, not `co.uk`, `*.ck` or `!www.ck`. */
static void read_listed(struct tlds *tlds, const char *path)
{
	struct buf text;
	enum err e;
	bool is_icann = false;

	buf_init(&text, MAX_LIST);
	const char *fault = small_file_read(path, false, &text, &e);
	buf_add_char(&text, '\0');
	char *rest = fault == NULL ? text.data : NULL;
	for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (strstr(line, "===BEGIN ICANN DOMAINS===") != NULL)
			is_icann = true;
		else if (strstr(line, "===END ICANN DOMAINS===") != NULL)
			break;
		line[strcspn(line, " \t\r")] = '\0';
		if (is_icann && *line != '\0' && strpbrk(line, "./*!") == NULL)
			(void)tld_list_add(&tlds->listed, line);
	}
	buf_done(&text);
}

struct tlds *tlds_new(const struct registries *registries, const struct suffixes *suffixes,
    const char *path, const char *own)
{
	struct tlds *tlds = xcalloc(1, sizeof(*tlds));

	tlds->registries = registries;
	tlds->suffixes = suffixes;
	tlds->own = xstrdup(own);
	text_list_init(&tlds->listed);
	read_listed(tlds, path != NULL ? path : system_list);
	return tlds;
}

void tlds_free(struct tlds *tlds)
{
	if (tlds == NULL)
		return;
	free(tlds->own);
	buf_done(&tlds->listed.bytes);
	free(tlds);
}

struct gathering {
	const struct suffixes *suffixes;
	struct text_list *to;
	bool is_country;
};

static void on_suffix(const char *suffix, void *arg)
{
	const struct gathering *g = arg;

	if ((!g->is_country || strlen(suffix) == 2) &&
	    (strchr(suffix, '.') != NULL || is_open(g->suffixes, suffix)))
		text_list_add(g->to, suffix);
}

static bool add_all(const struct tlds *tlds, bool is_country, struct text_list *to)
{
	struct gathering g = {tlds->suffixes, to, is_country};

	for (const char *tld = NULL; (tld = text_list_next(&tlds->listed, tld)) != NULL;)
		on_suffix(tld, &g);
	registries_each(tlds->registries, on_suffix, &g);
	return true;
}

bool tlds_add(const struct tlds *tlds, const char *preset, struct text_list *to)
{
	bool is_country = strcmp(preset, "country") == 0;

	if (tld_lists_add(tlds->own, preset, to) || tld_lists_add(tld_lists_built_in(), preset, to))
		return true;
	return (is_country || strcmp(preset, "all") == 0) && add_all(tlds, is_country, to);
}
