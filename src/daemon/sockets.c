/* Sockets by way of the environment: LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES. */
#include "daemon/sockets.h"

#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef HAVE_LIBSYSTEMD
#include <systemd/sd-daemon.h>
#endif

#include "base/log.h"

#ifdef HAVE_LIBSYSTEMD
bool sockets_take(struct server_opts *opts)
{
	char **names = NULL;
	int n = sd_listen_fds_with_names(1, &names);
	bool good = n >= 0 && n <= SERVER_MAX_LISTENERS;

	if (!good)
		log_error("sockets_invalid", "number=%d most=%d error=%s", n, SERVER_MAX_LISTENERS,
		    log_quote(n < 0 ? strerror(-n) : "too many"));
	for (int i = 0; i < n; i++) {
		if (good) {
			struct server_socket *s = &opts->passed[opts->n_passed++];
			s->fd = SD_LISTEN_FDS_START + i;
			snprintf(s->name, sizeof(s->name), "%s", names[i]);
		}
		free(names[i]);
	}
	free(names);
	return good;
}
#else
bool sockets_take(struct server_opts *opts)
{
	(void)opts;
	return true;
}
#endif
