/* The hosts file, in a hash table by name. */
#include "check/hosts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/alloc.h"
#include "model/target.h"

struct host {
	char *name; /* owned, normalised */
	size_t n;
	struct address addresses[RESULT_MAX_ADDRESSES];
	UT_hash_handle hh;
};

struct hosts {
	struct host *by_name;
};

static void add(struct hosts *hosts, const char *text, const struct address *address)
{
	char name[TARGET_MAX + 1];
	struct host *host;

	if (target_normalise(text, strlen(text), name) == 0)
		return;
	HASH_FIND_STR(hosts->by_name, name, host);
	if (host == NULL) {
		host = xcalloc(1, sizeof(*host));
		host->name = xstrdup(name);
		HASH_ADD_KEYPTR(hh, hosts->by_name, host->name, strlen(host->name), host);
	}
	if (host->n < RESULT_MAX_ADDRESSES)
		host->addresses[host->n++] = *address;
}

static void read_line(struct hosts *hosts, char *line)
{
	struct endpoint endpoint;
	char *rest = line, *word = NULL;

	line[strcspn(line, "#\n")] = '\0';
	while ((word = strsep(&rest, " \t\r")) != NULL && *word == '\0')
		;
	if (word == NULL || strchr(word, '%') != NULL || !endpoint_parse(word, 0, &endpoint))
		return;
	while ((word = strsep(&rest, " \t\r")) != NULL) {
		if (*word != '\0')
			add(hosts, word, &endpoint.address);
	}
}

enum err hosts_load(const char *path, struct hosts **ret_hosts)
{
	FILE *f = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (f == NULL)
		return ERR_IO;
	struct hosts *hosts = xcalloc(1, sizeof(*hosts));
	while (getline(&line, &room, f) >= 0)
		read_line(hosts, line);
	bool failed = ferror(f) != 0;
	free(line);
	fclose(f);
	if (failed) {
		hosts_free(hosts);
		return ERR_IO;
	}
	*ret_hosts = hosts;
	return OK;
}

void hosts_free(struct hosts *hosts)
{
	struct host *host, *next;

	if (hosts == NULL)
		return;
	HASH_ITER (hh, hosts->by_name, host, next) {
		HASH_DEL(hosts->by_name, host);
		free(host->name);
		free(host);
	}
	free(hosts);
}

const struct address *hosts_find(const struct hosts *hosts, const char *name, size_t *ret_n)
{
	struct host *host = NULL;

	if (hosts == NULL || hosts->by_name == NULL)
		return NULL;
	HASH_FIND_STR(hosts->by_name, name, host);
	if (host == NULL)
		return NULL;
	*ret_n = host->n;
	return host->addresses;
}
