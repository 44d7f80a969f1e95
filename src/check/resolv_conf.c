/* resolv.conf(5). */
#include "check/resolv_conf.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define BLANKS " \t\r\n"

enum { PORT = 53 };

static char *next_word(char **rest)
{
	char *word;

	while ((word = strsep(rest, BLANKS)) != NULL && *word == '\0')
		;
	return word;
}

/* As the C library does, `127.1` is an address too. */
static bool parse_server(const char *word, struct endpoint *ret_server)
{
	struct in_addr in;

	if (endpoint_parse_scoped(word, PORT, ret_server))
		return true;
	if (inet_aton(word, &in) == 0)
		return false;
	*ret_server = (struct endpoint){.port = PORT};
	memcpy(ret_server->address.bytes, &in, sizeof(in));
	return true;
}

static void read_server(char *rest, struct resolv_conf *conf)
{
	const char *word = next_word(&rest);

	if (word != NULL && conf->n_servers < RESOLV_CONF_MAX_SERVERS &&
	    parse_server(word, &conf->servers[conf->n_servers]))
		conf->n_servers++;
}

static void read_options(char *rest, struct resolv_conf *conf, struct buf *ignored)
{
	const struct {
		const char *name;
		bool *flag;
	} known[] = {
	    {"use-vc", &conf->use_vc}, {"rotate", &conf->rotate}, {"no-aaaa", &conf->no_aaaa}};
	const char *word;

	while ((word = next_word(&rest)) != NULL) {
		bool *flag = NULL;
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
			if (strcmp(word, known[i].name) == 0)
				flag = known[i].flag;
		}
		if (flag != NULL)
			*flag = true;
		else
			buf_addf(ignored, " %s", word);
	}
}

static void read_line(char *line, struct resolv_conf *conf, struct buf *ignored)
{
	char *rest = line;
	bool is_indented = strchr(BLANKS "#;", line[0]) != NULL;
	const char *word = is_indented ? NULL : strsep(&rest, BLANKS);

	if (word == NULL || rest == NULL)
		return;
	if (strcmp(word, "nameserver") == 0)
		read_server(rest, conf);
	else if (strcmp(word, "options") == 0)
		read_options(rest, conf, ignored);
	else
		buf_addf(ignored, " %s", word);
}

void resolv_conf_read(const char *path, struct resolv_conf *ret_conf, struct buf *ignored)
{
	AUTO_FREE char *line = NULL;
	FILE *f = fopen(path, "re");
	size_t room = 0;

	*ret_conf = (struct resolv_conf){.n_servers = 0};
	while (f != NULL && getline(&line, &room, f) >= 0)
		read_line(line, ret_conf, ignored);
	if (f != NULL)
		fclose(f);
	ret_conf->is_implied = ret_conf->n_servers == 0;
	if (ret_conf->is_implied && endpoint_parse("127.0.0.1", PORT, &ret_conf->servers[0]))
		ret_conf->n_servers = 1;
}
