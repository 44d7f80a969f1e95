/* Lists of name servers. */
#include "check/server_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/url.h"

#define SEPARATORS ", \t\r\n"

enum { PORT = 53, ELEMENT_MAX = 4096 };

/* `https://host/path#address`: where to connect to stands behind the `#`, or is the host. */
static bool read_url(const char *text, struct endpoint *ret_server, char **ret_url)
{
	size_t len = strcspn(text, "#");
	struct url url;
	struct endpoint e;

	if (url_parse(text, len, &url) != URL_GOOD)
		return false;
	e = (struct endpoint){.address = url.address, .port = url.port};
	bool is_good =
	    url.is_tls &&
	    (text[len] == '#' ? endpoint_parse(text + len + 1, url.port, &e) : url.is_address);
	is_good = is_good && e.port == url.port;
	if (is_good) {
		*ret_server = e;
		*ret_url = xstrdup(url.text);
	}
	url_done(&url);
	return is_good;
}

static enum err add(struct server_list *list, const char *text)
{
	bool is_url = strncmp(text, "https://", 8) == 0;
	struct endpoint e = {.port = 0};
	char *url = NULL;

	if (is_url ? !read_url(text, &e, &url) : !endpoint_parse_scoped(text, PORT, &e))
		return ERR_INVALID;
	if (e.port == 0 || list->n == SERVER_LIST_MAX) {
		free(url);
		return e.port == 0 ? ERR_INVALID : ERR_TOO_BIG;
	}
	if ((list->n & (list->n - 1)) == 0) { /* a power of two, or the first */
		size_t room = list->n == 0 ? 1 : 2 * list->n;
		list->servers = xrealloc(list->servers, room * sizeof(e));
		list->urls = xrealloc(list->urls, room * sizeof(url));
	}
	list->urls[list->n] = url;
	list->servers[list->n++] = e;
	return OK;
}

static enum err read_lines(FILE *f, const char *path, struct server_list *list, struct buf *why)
{
	AUTO_FREE char *line = NULL;
	size_t room = 0;
	unsigned number = 0;
	enum err e = OK;

	while (e == OK && getline(&line, &room, f) >= 0) {
		number++;
		char *rest = line, *word;
		while (e == OK && (word = strsep(&rest, SEPARATORS)) != NULL && *word != '#')
			e = *word == '\0' ? OK : add(list, word);
	}
	if (e == ERR_INVALID)
		buf_addf(why, "%s:%u is not a name server", path, number);
	return e;
}

static enum err read_file(const char *path, struct server_list *list, struct buf *why)
{
	FILE *f = fopen(path, "re");

	if (f == NULL) {
		buf_addf(why, "%s: %s", path, strerror(errno));
		return ERR_INVALID;
	}
	enum err e = read_lines(f, path, list, why);
	fclose(f);
	return e;
}

enum err server_list_read(const char *text, struct server_list *ret_list, struct buf *why)
{
	struct server_list list = {.n = 0};
	char element[ELEMENT_MAX];
	enum err e = OK;

	for (text += strspn(text, SEPARATORS); e == OK && *text != '\0';) {
		size_t len = strcspn(text, SEPARATORS);
		if (len >= sizeof(element))
			len = sizeof(element) - 1;
		memcpy(element, text, len);
		element[len] = '\0';
		e = element[0] == '@' ? read_file(element + 1, &list, why) : add(&list, element);
		text += len;
		text += strspn(text, SEPARATORS);
	}
	if (e != OK) {
		server_list_done(&list);
		return e;
	}
	*ret_list = list;
	return OK;
}

void server_list_done(struct server_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->urls[i]);
	free(list->urls);
	free(list->servers);
	*list = (struct server_list){.n = 0};
}
