/* Time zones on GLib's GTimeZone, which is a list of intervals, each with its offset. It says in
 * which interval an instant lies but not where that ends, so the end is searched for. Where it goes
 * on by a zone's last rule, from 2038 on, it has the one zone whose winter is the exception
 * (Europe/Dublin) the wrong way round. */
#include "model/zone.h"

#include <fcntl.h>
#include <glib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than any zone ever was from UTC (15:57 hours), or two of its offsets from each other. */
enum { MAX_OFFSET = 26 * 3600 };

static bool is_name(const char *name)
{
	static const char *const others[] = {"posix/", "right/", "localtime", "posixrules"};
	size_t len = strlen(name);

	if (len == 0 || len > ZONE_NAME_MAX || !g_ascii_isalpha(name[0]))
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		if (strncmp(name, others[i], strlen(others[i])) == 0)
			return false;
	}
	/* no dot: excludes `..` and the tables next to the zones */
	return strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
	       len;
}

/* Say whether there is such a file of zone data. GLib would also take what is none, as an offset or
 * a rule, and complains on stderr about files of another kind. */
static bool has_file(const char *name)
{
	const char *folder = getenv("TZDIR"); /* where GLib looks */
	char path[PATH_MAX], magic[4];

	int len = snprintf(
	    path, sizeof(path), "%s/%s", folder != NULL ? folder : "/usr/share/zoneinfo", name);
	if (len < 0 || (size_t)len >= sizeof(path))
		return false;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return false;
	bool is_zone = read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
		       memcmp(magic, "TZif", sizeof(magic)) == 0;
	close(fd);
	return is_zone;
}

/* A `struct zone` is a GTimeZone by another name: it is shared by reference, and has its own name.
 */
static GTimeZone *glib(const struct zone *zone)
{
	return (GTimeZone *)(uintptr_t)zone;
}

struct zone *zone_open(const char *name)
{
	if (!is_name(name) || (strcmp(name, "UTC") != 0 && !has_file(name)))
		return NULL;
	return (struct zone *)g_time_zone_new_identifier(name);
}

void zone_close(struct zone *zone)
{
	if (zone != NULL)
		g_time_zone_unref(glib(zone));
}

struct zone *zone_ref(struct zone *zone)
{
	return (struct zone *)g_time_zone_ref(glib(zone));
}

const char *zone_name(const struct zone *zone)
{
	return g_time_zone_get_identifier(glib(zone));
}

static int interval_at(const struct zone *zone, int64_t instant)
{
	return g_time_zone_find_interval(glib(zone), G_TIME_TYPE_UNIVERSAL, instant);
}

int64_t zone_local(const struct zone *zone, int64_t instant)
{
	return instant + g_time_zone_get_offset(glib(zone), interval_at(zone, instant));
}

int64_t zone_change(const struct zone *zone, int64_t instant, int64_t until)
{
	int interval = interval_at(zone, instant);

	if (until <= instant || interval_at(zone, until) == interval)
		return -1;
	while (until - instant > 1) {
		int64_t middle = instant + (until - instant) / 2;
		if (interval_at(zone, middle) == interval)
			instant = middle;
		else
			until = middle;
	}
	return until;
}

int64_t zone_instant(const struct zone *zone, int64_t local)
{
	int64_t instant = local - MAX_OFFSET; /* its local time is earlier */

	for (;;) {
		int64_t missing = local - zone_local(zone, instant);
		if (missing <= 0)
			return instant;
		int64_t change = zone_change(zone, instant, instant + missing);
		if (change < 0)
			return instant + missing;
		instant = change;
	}
}
