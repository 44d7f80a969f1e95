/* Versions: those of the libraries at run time, since a security fix may come with the library
 * alone. */
#include "daemon/versions.h"

#include "config.h"

#include <event2/event.h>
#include <jansson.h>
#include <microhttpd.h>
#include <sqlite3.h>
#include <stdio.h>

#include "base/metrics.h"

void versions_print(void)
{
	printf("asyncprobed %s\nlibevent %s\nlibmicrohttpd %s\njansson %s\nsqlite %s\n",
	    PACKAGE_VERSION, event_get_version(), MHD_get_version(), jansson_version_str(),
	    sqlite3_libversion());
}

static double get_one(void *arg)
{
	(void)arg;
	return 1;
}

void versions_add_metric(void)
{
	metrics_getter(METRIC_BUILD_INFO, get_one, NULL, PACKAGE_VERSION, event_get_version(),
	    MHD_get_version(), jansson_version_str(), sqlite3_libversion());
}
