/* asyncprobed: build everything upward from the loop, run, tear it down in mirror order. */
#include "config.h"

#include <argp.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/stdfd.h"
#include "daemon/conf.h"
#include "daemon/daemon.h"
#include "daemon/entrance.h"
#include "daemon/secret.h"
#include "daemon/versions.h"

enum { MAX_OVERRIDES = 100, EXIT_USAGE = 2 };

struct arguments {
	const char *conf_path;
	const char *overrides[MAX_OVERRIDES];
	size_t n_overrides;
	bool is_test, is_version;
};

static error_t on_option(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'c':
		a->conf_path = value;
		return 0;
	case 'o':
		if (a->n_overrides == MAX_OVERRIDES)
			argp_error(state, "too many -o options");
		a->overrides[a->n_overrides++] = value;
		return 0;
	case 't':
		a->is_test = true;
		return 0;
	case 'V':
		a->is_version = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "unexpected argument; only options are accepted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void read_arguments(int argc, char **argv, struct arguments *ret_arguments)
{
	static const struct argp_option options[] = {
	    {"config", 'c', "FILE", 0, "Read settings from FILE", 0},
	    {"set", 'o', "SECTION.KEY=VALUE", 0, "Override one setting; may be repeated", 0},
	    {"test", 't', NULL, 0,
		"Check the configuration and exit with 0 if it is valid, else with 1", 0},
	    {"version", 'V', NULL, 0, "Print versions and exit", 0},
	    {0},
	};
	static const struct argp argp = {.options = options,
	    .parser = on_option,
	    .doc = "Check domains and download files in bulk, with an HTTP API. Runs in the "
		   "foreground; see "
		   "asyncprobed(8)."};

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, ret_arguments);
}

/* Says on stderr what is wrong. */
static bool read_conf(const struct conf_origin *origin, struct conf *conf)
{
	AUTO_FREE char *why = NULL;
	enum err e = conf_load(conf, origin, &why);

	if (e != OK)
		fprintf(stderr, "asyncprobed: %s\n", why);
	return e == OK;
}

/* What is wrong beyond the settings themselves: in the files they name, and with each other. */
static bool check_conf(const struct conf *conf)
{
	AUTO_FREE char *why = NULL;
	bool is_good = entrance_check(conf, &why) && secret_check(conf, &why);

	if (!is_good)
		fprintf(stderr, "asyncprobed: %s\n", why);
	return is_good;
}

/* Thousands of clients need more descriptors than the customary soft limit. */
static void raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Blocks of some size go back to the system when they are freed. Without this the allocator raises
 * its bound with each large block that is freed, up to 32 MiB, and what was a list once stays with
 * the process for good. */
static void return_large_blocks(void)
{
	(void)mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

int main(int argc, char **argv)
{
	struct arguments arguments = {0};
	struct conf conf;
	int status = EXIT_FAILURE;

	return_large_blocks();
	stdfd_open();
	read_arguments(argc, argv, &arguments);
	if (arguments.is_version) {
		versions_print();
		return EXIT_SUCCESS;
	}
	const struct conf_origin origin = {.path = arguments.conf_path,
	    .overrides = arguments.overrides,
	    .n_overrides = arguments.n_overrides};
	conf_init(&conf);
	if (read_conf(&origin, &conf)) {
		if (arguments.is_test) {
			status = check_conf(&conf) ? EXIT_SUCCESS : EXIT_FAILURE;
		} else {
			(void)log_detect_journal();
			raise_descriptor_limit();
			signal(SIGPIPE, SIG_IGN);
			signal(SIGXFSZ,
			    SIG_IGN); /* a file at its limit is an error of write, not the end */
			signal(SIGHUP, SIG_IGN); /* until there is something to reload */
			status = daemon_run(&conf, &origin);
		}
	}
	conf_done(&conf);
	return status;
}
