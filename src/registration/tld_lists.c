#include "registration/tld_lists.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"

static const char separators[] = ", \t\r\n";

static const char built_in[] =
    "popular=com+net+org+io+co+ai+app+dev+me+xyz+info+biz+online+site+store+shop+tech+cloud+blog+"
    "pro "
    "tech=dev+app+io+ai+tech+cloud+software+systems+computer+network+digital+technology+"
    "engineering+tools+codes+hosting+host+page+bot+sh+so+zone";

/* Read the element at `*list` and move behind it: a name, and TLDs. False at the end. */
static bool next(const char **list, struct span *ret_name, struct span *ret_tlds)
{
	const char *at = *list + strspn(*list, separators);
	size_t len = strcspn(at, separators);
	const char *equals = memchr(at, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - at) : len;

	*ret_name = (struct span){at, name_len};
	*ret_tlds =
	    equals != NULL ? (struct span){equals + 1, len - name_len - 1} : (struct span){NULL, 0};
	*list = at + len;
	return len > 0;
}

/* Add each of TLD+TLD+... False: one is none. */
static bool add_each(struct span tlds, struct text_list *to)
{
	AUTO_FREE char *copy = xstrndup(tlds.len > 0 ? tlds.bytes : "", tlds.len);
	char *rest = copy;
	bool is_good = true;

	for (char *tld; (tld = strsep(&rest, "+")) != NULL;)
		is_good = tld_list_add(to, tld) && is_good;
	return is_good;
}

bool tld_lists_are_valid(const char *list)
{
	struct span name, tlds;
	struct text_list read;
	bool is_good = true;

	while (is_good && next(&list, &name, &tlds)) {
		text_list_init(&read);
		is_good = name.len > 0 && add_each(tlds, &read) && read.n <= SPEC_MAX_TLDS;
		buf_done(&read.bytes);
	}
	return is_good;
}

bool tld_lists_add(const char *lists, const char *name, struct text_list *to)
{
	struct span found, tlds;

	while (next(&lists, &found, &tlds)) {
		if (found.len == strlen(name) && memcmp(found.bytes, name, found.len) == 0)
			return add_each(tlds, to);
	}
	return false;
}

const char *tld_lists_built_in(void)
{
	return built_in;
}
