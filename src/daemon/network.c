/* Changes of files, addresses and routes. */
#include "daemon/network.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/log.h"

/* Changes come in swarms, so what follows after the first is waited for. */
#define FILES_SETTLE     (100 * USEC_PER_MSEC)
#define ADDRESSES_SETTLE (250 * USEC_PER_MSEC)
#define ADDRESSES_EVERY  USEC_PER_SEC

/* While a file is not there, its folder may not be there either. */
#define ABSENT_EVERY USEC_PER_SEC

enum {
	FILE_EVENTS = IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF,
	FOLDER_EVENTS = IN_CREATE | IN_MOVED_TO | IN_CLOSE_WRITE | IN_DELETE | IN_MOVED_FROM,
};

static void watch_folder(const struct network *network, const char *path)
{
	AUTO_FREE char *folder = xstrdup(path);
	char *slash = strrchr(folder, '/');

	if (slash == NULL)
		return;
	slash[slash == folder ? 1 : 0] = '\0';
	inotify_add_watch(network->inotify, folder, FOLDER_EVENTS | IN_ONLYDIR);
}

/* Watch the file, its folder, and the folder of what it is a link to. The same again is no other
 * watch. Returns whether the file is there. */
static bool watch_file(const struct network *network, const char *path)
{
	AUTO_FREE char *target = realpath(path, NULL);

	watch_folder(network, path);
	if (target == NULL)
		return false;
	watch_folder(network, target);
	return inotify_add_watch(network->inotify, target, FILE_EVENTS) >= 0;
}

static void watch_files(struct network *network)
{
	bool are_there = true;

	for (int i = 0; i < NETWORK_MAX_FILES; i++) {
		if (network->opts.files[i] != NULL)
			are_there = watch_file(network, network->opts.files[i]) && are_there;
	}
	if (!are_there)
		timer_start(&network->file_timer, ABSENT_EVERY);
}

static void on_files_settled(void *arg)
{
	struct network *network = arg;

	watch_files(network);
	network->opts.on_files(network->opts.arg);
}

static void on_file_event(void *arg)
{
	struct network *network = arg;
	char events[4096];

	while (read(network->inotify, events, sizeof(events)) > 0)
		;
	timer_start(&network->file_timer, FILES_SETTLE);
}

static void on_addresses_settled(void *arg)
{
	struct network *network = arg;

	network->told_at = clock_mono();
	network->opts.on_addresses(network->opts.arg);
}

/* What changed doesn't matter. A full buffer, which is an error here, tells as much. */
static void on_address_event(void *arg)
{
	struct network *network = arg;
	char messages[8192];
	usec_t wait = network->told_at + ADDRESSES_EVERY - clock_mono();

	for (int i = 0; i < 64; i++) {
		if (recv(network->netlink, messages, sizeof(messages), MSG_DONTWAIT) < 0 &&
		    errno != ENOBUFS)
			break;
	}
	if (!timer_is_set(&network->address_timer))
		timer_start(
		    &network->address_timer, wait > ADDRESSES_SETTLE ? wait : ADDRESSES_SETTLE);
}

static int open_netlink(void)
{
	struct sockaddr_nl address = {.nl_family = AF_NETLINK,
	    .nl_groups =
		RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_IFADDR | RTMGRP_IPV6_ROUTE};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_ROUTE);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static void watch(
    int fd, struct watch *w, struct network *network, loop_fn *on_event, const char *what)
{
	if (fd < 0 || watch_start_read(w, network->opts.loop, fd, on_event, network) != OK)
		log_warning(
		    "network_not_watched", "what=%s error=%s", what, log_quote(strerror(errno)));
}

void network_start(struct network *network, const struct network_opts *opts)
{
	*network = (struct network){.opts = *opts,
	    .inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC),
	    .netlink = open_netlink()};
	timer_init(&network->file_timer, opts->loop, on_files_settled, network);
	timer_init(&network->address_timer, opts->loop, on_addresses_settled, network);
	watch(network->inotify, &network->file_watch, network, on_file_event, "files");
	watch(network->netlink, &network->address_watch, network, on_address_event, "addresses");
	watch_files(network);
}

void network_stop(struct network *network)
{
	if (network->opts.loop == NULL)
		return;
	watch_cancel(&network->file_watch);
	watch_cancel(&network->address_watch);
	timer_cancel(&network->file_timer);
	timer_cancel(&network->address_timer);
	if (network->inotify >= 0)
		close(network->inotify);
	if (network->netlink >= 0)
		close(network->netlink);
	*network = (struct network){.inotify = -1, .netlink = -1};
}
