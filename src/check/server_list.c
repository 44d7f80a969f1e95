/* Lists of name servers. */
#include "check/server_list.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define SEPARATORS ", \t\r\n"

enum { PORT = 53, ELEMENT_MAX = 4096 };

static enum err add(struct server_list *list, const char *text)
{
	struct endpoint e;

	if (!endpoint_parse_scoped(text, PORT, &e) || e.port == 0)
		return ERR_INVALID;
	if (list->n == SERVER_LIST_MAX)
		return ERR_TOO_BIG;
	if ((list->n & (list->n - 1)) == 0) /* a power of two, or the first */
		list->servers =
		    xrealloc(list->servers, (list->n == 0 ? 1 : 2 * list->n) * sizeof(e));
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
		line[strcspn(line, "#")] = '\0';
		char *rest = line, *word;
		while (e == OK && (word = strsep(&rest, SEPARATORS)) != NULL)
			e = *word == '\0' ? OK : add(list, word);
	}
	if (e == ERR_INVALID)
		buf_addf(why, "%s:%u is not an address", path, number);
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
	free(list->servers);
	*list = (struct server_list){.n = 0};
}
