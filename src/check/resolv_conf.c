/* The name servers of resolv.conf. */
#include "check/resolv_conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void read_line(char *line, size_t max, struct endpoint *servers, size_t *n)
{
	char *rest = line, *word = strsep(&rest, " \t\r\n");

	if (word == NULL || strcmp(word, "nameserver") != 0 || *n == max)
		return;
	while ((word = strsep(&rest, " \t\r\n")) != NULL && *word == '\0')
		;
	if (word != NULL && endpoint_parse(word, 53, &servers[*n]))
		(*n)++;
}

enum err resolv_conf_load(const char *path, size_t max, struct endpoint *ret_servers, size_t *ret_n)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0, n = 0;

	if (f == NULL)
		return ERR_IO;
	while (getline(&line, &room, f) >= 0)
		read_line(line, max, ret_servers, &n);
	free(line);
	fclose(f);
	if (n == 0)
		return ERR_NOT_FOUND;
	*ret_n = n;
	return OK;
}
