/* Where the daemon keeps its files. */
#include "daemon/state_dir.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

enum { MAX_PATH = 4096 };

static char *join(const char *folder, const char *rest)
{
	struct buf b;

	buf_init(&b, MAX_PATH);
	buf_addf(&b, "%s/%s", folder, rest);
	return buf_take(&b, NULL);
}

static char *default_database(void)
{
	const char *state = getenv("STATE_DIRECTORY"), *xdg = getenv("XDG_STATE_HOME"),
		   *home = getenv("HOME");

	if (state != NULL && *state != '\0')
		return join(state, "jobs.db");
	if (geteuid() == 0)
		return xstrdup("/var/lib/asyncprobed/jobs.db");
	if (xdg != NULL && *xdg == '/')
		return join(xdg, "asyncprobed/jobs.db");
	return join(home != NULL ? home : "/tmp", ".local/state/asyncprobed/jobs.db");
}

char *state_dir_database(const char *url)
{
	static const char scheme[] = "sqlite://";

	if (*url == '\0')
		return default_database();
	if (strncmp(url, scheme, sizeof(scheme) - 1) != 0 || url[sizeof(scheme) - 1] != '/')
		return NULL;
	return xstrdup(url + sizeof(scheme) - 1);
}

char *state_dir_make(const char *path, bool make_it)
{
	const char *slash = strrchr(path, '/');
	char *folder = xstrndup(path, slash > path ? (size_t)(slash - path) : 1);

	for (char *p = strchr(folder + 1, '/');; p = strchr(p + 1, '/')) {
		if (p != NULL)
			*p = '\0';
		bool is_there = access(folder, F_OK) == 0;
		if (!is_there && (!make_it || mkdir(folder, 0750) != 0)) {
			free(folder);
			return NULL;
		}
		if (p == NULL)
			return folder;
		*p = '/';
	}
}
