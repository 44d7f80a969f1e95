/* Settings: one table, read by libinih. */
#include "daemon/conf.h"

#include "config.h"

#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "check/server_list.h"
#include "daemon/conf_value.h"
#include "daemon/fetching.h"
#include "http/access.h"
#include "http/server.h"
#include "model/spec.h"

enum reload { RESTART, LIVE };

struct row {
	const char *section, *key, *standard, *doc;
	enum conf_type type;
	enum reload reload;
	uint64_t least, most;
};

static const struct row rows[N_SETTINGS] = {
#define SETTING(section_, key_, type_, standard_, least_, most_, reload_, doc_)                    \
	{.section = #section_,                                                                     \
	    .key = #key_,                                                                          \
	    .type = type_,                                                                         \
	    .standard = standard_,                                                                 \
	    .least = least_,                                                                       \
	    .most = most_,                                                                         \
	    .reload = reload_,                                                                     \
	    .doc = doc_},
#include "daemon/conf.def"
#undef SETTING
};

static const struct row *find_row(const char *section, const char *key)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (strcmp(rows[i].section, section) == 0 && strcmp(rows[i].key, key) == 0)
			return &rows[i];
	}
	return NULL;
}

/* Quote a value in a message, without the user information of URLs. */
static void add_quoted(struct buf *why, const char *text)
{
	const char *slashes;

	buf_add_char(why, '"');
	while ((slashes = strstr(text, "://")) != NULL) {
		const char *host = slashes + 3, *at = host;
		buf_add(why, text, (size_t)(host - text));
		for (const char *c = host; *c != '\0' && strchr("/?#, \t\n", *c) == NULL; c++)
			at = *c == '@' ? c : at;
		if (at > host)
			buf_add_str(why, "***");
		text = at > host ? at : host;
	}
	buf_addf(why, "%s\"", text);
}

/* Set a value; false with the reason in `why`. */
static bool set(
    struct conf *conf, const char *section, const char *key, const char *text, struct buf *why)
{
	const struct row *row = find_row(section, key);
	uint64_t number;

	if (row == NULL) {
		buf_addf(why, "unknown setting %s.%s", section, key);
		return false;
	}
	struct buf fault;
	buf_init(&fault, 1024);
	enum err e = conf_value_parse(row->type, text, row->least, row->most, &number, &fault);
	if (e != OK) {
		buf_addf(why, "%s.%s must be %s%s, not ", section, key,
		    conf_value_describe(row->type), e == ERR_TOO_BIG ? " within its bounds" : "");
		add_quoted(why, text);
		if (fault.len > 0)
			buf_addf(why, ": %s", fault.data);
	}
	buf_done(&fault);
	if (e != OK)
		return false;
	struct conf_value *value = &conf->values[row - rows];
	free(value->text);
	value->text = xstrdup(text);
	value->number = number;
	return true;
}

void conf_init(struct conf *conf)
{
	struct buf fault;

	buf_init(&fault, 0);
	*conf = (struct conf){.values = {{NULL, 0}}};
	for (size_t i = 0; i < N_SETTINGS; i++) {
		conf->values[i].text = xstrdup(rows[i].standard);
		(void)conf_value_parse(rows[i].type, rows[i].standard, rows[i].least, rows[i].most,
		    &conf->values[i].number, &fault);
	}
}

void conf_done(struct conf *conf)
{
	for (size_t i = 0; i < N_SETTINGS; i++)
		free(conf->values[i].text);
}

/* --- The file --- */

/* What is read, with a count of its lines: libinih tells only the line of the first fault. */
struct source {
	struct conf *conf;
	FILE *file;
	const char *path;
	int line, seen_line; /* the line read last; the line of the value seen last */
	char key[64]; /* of that value, to tell a value that goes on from a key that stands there
			 twice */
	bool failed;
	struct buf why;
};

static char *read_line(char *line, int size, void *arg)
{
	struct source *source = arg;

	if (source->failed)
		return NULL;
	if (fgets(line, size, source->file) == NULL) {
		source->failed = ferror(source->file) != 0; /* of a folder, for example */
		if (source->failed)
			buf_addf(&source->why, "%s: %s", source->path, strerror(errno));
		return NULL;
	}
	source->line++;
	size_t len = strlen(line);
	if (len > 0 && line[len - 1] != '\n' && !feof(source->file)) {
		buf_addf(&source->why,
		    "%s:%d: the line is too long; continue lists on indented lines", source->path,
		    source->line);
		source->failed = true;
		return NULL;
	}
	return line;
}

static bool is_list(const struct row *row)
{
	return row->type >= LISTENERS && row->type <= ORIGINS;
}

static int on_value(void *arg, const char *section, const char *key, const char *text)
{
	struct source *source = arg;
	const struct row *row = find_row(section, key);
	AUTO_FREE char *joined = NULL;
	struct buf why;

	if (source->failed)
		return 0;
	if (row != NULL && is_list(row) && source->seen_line == source->line - 1 &&
	    strcmp(source->key, key) == 0) {
		struct buf b;
		buf_init(&b, 1 << 20);
		buf_addf(&b, "%s\n%s", source->conf->values[row - rows].text, text);
		joined = buf_take(&b, NULL);
		text = joined;
	}
	source->seen_line = source->line;
	snprintf(source->key, sizeof(source->key), "%s", key);
	buf_init(&why, 4096);
	if (!set(source->conf, section, key, text, &why)) {
		buf_addf(&source->why, "%s:%d: %s", source->path, source->line, why.data);
		source->failed = true;
	}
	buf_done(&why);
	return source->failed ? 0 : 1;
}

enum err conf_read(struct conf *conf, const char *path, char **ret_why)
{
	struct source source = {.conf = conf, .path = path, .file = fopen(path, "re")};
	enum err e = OK;

	buf_init(&source.why, 8192);
	if (source.file == NULL) {
		buf_addf(&source.why, "%s: %s", path, strerror(errno));
		e = ERR_IO;
	} else {
		int line = ini_parse_stream(read_line, &source, on_value, &source);
		fclose(source.file);
		/* libinih tells the first line that it could not read; a value refused above has
		 * told its own */
		if (line != 0 && (!source.failed || line < source.line)) {
			buf_clear(&source.why);
			buf_addf(&source.why, "%s:%d: expected [section] or key = value", path,
			    line > 0 ? line : 0);
			source.failed = true;
		}
		e = source.failed ? ERR_INVALID : OK;
	}
	if (e != OK)
		*ret_why = buf_take(&source.why, NULL);
	buf_done(&source.why);
	return e;
}

enum err conf_override(struct conf *conf, const char *assignment, char **ret_why)
{
	AUTO_FREE char *copy = xstrdup(assignment);
	char *equals = strchr(copy, '='), *dot = strchr(copy, '.');
	struct buf why;
	bool good = false;

	buf_init(&why, 4096);
	if (equals == NULL || dot == NULL || dot > equals) {
		buf_addf(&why, "-o: expected section.key=value, not \"%s\"", assignment);
	} else {
		*equals = *dot = '\0';
		good = set(conf, copy, dot + 1, equals + 1, &why);
	}
	if (!good)
		*ret_why = buf_take(&why, NULL);
	buf_done(&why);
	return good ? OK : ERR_INVALID;
}

/* The file of a service, as new text; NULL when there is none. */
static char *find_file(void)
{
	const char *folders[] = {getenv("CONFIGURATION_DIRECTORY"), AP_SYSCONFDIR "/" PACKAGE_NAME};
	struct buf path;

	if (folders[0] == NULL)
		return NULL;
	buf_init(&path, 4096);
	for (size_t i = 0; i < 2; i++) {
		buf_clear(&path);
		buf_addf(&path, "%s/" PACKAGE_NAME ".conf", folders[i]);
		if (!path.overflow && access(path.data, F_OK) == 0)
			return buf_take(&path, NULL);
	}
	buf_done(&path);
	return NULL;
}

enum err conf_load(struct conf *conf, const struct conf_origin *origin, char **ret_why)
{
	AUTO_FREE char *found = origin->path == NULL ? find_file() : NULL;
	const char *path = origin->path != NULL ? origin->path : found;
	enum err e = path != NULL ? conf_read(conf, path, ret_why) : OK;

	for (size_t i = 0; e == OK && i < origin->n_overrides; i++)
		e = conf_override(conf, origin->overrides[i], ret_why);
	return e;
}

bool conf_is_live(enum setting setting)
{
	return rows[setting].reload == LIVE;
}

void conf_name(enum setting setting, char ret_name[static CONF_NAME_SIZE])
{
	snprintf(ret_name, CONF_NAME_SIZE, "%s.%s", rows[setting].section, rows[setting].key);
}

void conf_keep(struct conf *conf, const struct conf *from, enum setting setting)
{
	struct conf_value *value = &conf->values[setting];

	free(value->text);
	value->text = xstrdup(from->values[setting].text);
	value->number = from->values[setting].number;
}

const char *conf_text(const struct conf *conf, enum setting setting)
{
	return conf->values[setting].text;
}

uint64_t conf_number(const struct conf *conf, enum setting setting)
{
	return conf->values[setting].number;
}

size_t conf_list(const struct conf *conf, enum setting setting, char **ret_elements, size_t max)
{
	const char *text = conf->values[setting].text;
	size_t n = 0;

	for (text += strspn(text, CONF_SEPARATORS); *text != '\0' && n < max;) {
		size_t len = strcspn(text, CONF_SEPARATORS);
		ret_elements[n++] = xstrndup(text, len);
		text += len;
		text += strspn(text, CONF_SEPARATORS);
	}
	return n;
}

/* --- The documents --- */

/* Print text in lines of at most 96 characters, each behind `prefix`. */
static void print_wrapped(const char *prefix, const char *text)
{
	while (*text != '\0') {
		size_t len = strlen(text), most = 96 - strlen(prefix);
		if (len > most) {
			for (len = most; len > 0 && text[len] != ' '; len--)
				;
		}
		printf("%s%.*s\n", prefix, (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

void conf_print_sample(void)
{
	const char *section = "";

	print_wrapped("# ",
	    "Settings of asyncprobed with their default values. Durations: 500ms 3s "
	    "5m 2h 7d; sizes: 64K 10M 2G. Lists can be continued on indented lines. "
	    "See asyncprobed.conf(5).");
	for (size_t i = 0; i < N_SETTINGS; i++) {
		if (strcmp(section, rows[i].section) != 0)
			printf("\n[%s]\n", rows[i].section);
		section = rows[i].section;
		print_wrapped("# ", rows[i].doc);
		printf("#%s =%s%s\n", rows[i].key, rows[i].standard[0] != '\0' ? " " : "",
		    rows[i].standard);
	}
}

void conf_print_man(void)
{
	for (size_t i = 0; i < N_SETTINGS; i++) {
		const char *standard = rows[i].standard[0] != '\0' ? rows[i].standard : "empty";
		printf(".TP\n.BR %s.%s \" (%s, default: %s%s)\"\n%s\n", rows[i].section,
		    rows[i].key, conf_value_describe(rows[i].type), standard,
		    rows[i].reload == LIVE ? ", can be reloaded" : "", rows[i].doc);
	}
}
