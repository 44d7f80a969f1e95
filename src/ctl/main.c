/* asyncprobectl: the table of commands. Each stands in a file of its own, named cmd_*; all speak
 * HTTP through http.c. Thread: main, and there is no other. */
#include "config.h"

#include <errno.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/stdfd.h"
#include "ctl/commands.h"

const char *argp_program_version = "asyncprobectl " PACKAGE_VERSION;

static const struct command commands[] = {
    {"domains", "[NAME|DOMAIN|.TLD|-]...", "check whether domains resolve", cmd_domains},
    {"flags", "[CC...]", "download flags of countries", cmd_flags},
    {"download", "URL...", "download files", cmd_download},
    {"jobs", "", "list jobs", cmd_jobs},
    {"show", "ID", "show a job", cmd_show},
    {"results", "ID", "print a job's results", cmd_results},
    {"watch", "ID", "follow a job to its end", cmd_watch},
    {"pause", "ID...", "have jobs wait", cmd_pause},
    {"resume", "ID...", "have jobs go on", cmd_resume},
    {"retry", "ID", "try what failed again", cmd_retry},
    {"cancel", "ID...", "stop jobs", cmd_cancel},
    {"rm", "ID...", "remove jobs and their results", cmd_rm},
    {"schedules", "COMMAND [WORD...]", "jobs that run again and again", cmd_schedules},
    {"backup", "FILE", "copy the database into a file", cmd_backup},
    {"status", "", "say whether the daemon is ready", cmd_status},
    {0},
};

/* What was printed is lost unless it was written: a full disk is a failure. */
static int end_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	if (status == CTL_OK)
		fprintf(stderr, "asyncprobectl: standard output: %s\n", strerror(errno));
	return status == CTL_OK ? CTL_FAILED : status;
}

int main(int argc, char **argv)
{
	const char *url = getenv("ASYNCPROBED_URL");
	struct options options = {
	    .url = url != NULL && *url != '\0' ? url : "http://127.0.0.1:8653"};
	AUTO_FREE char *doc = commands_make_doc(
	    commands, "Queue, follow and manage the jobs of asyncprobed.", "asyncprobectl");
	char name[64] = "asyncprobectl ";

	stdfd_open();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_DFL);
	argp_err_exit_status = CTL_USAGE;
	int at = args_parse_global(argc, argv, doc, &options);
	const struct command *command = commands_find(commands, argv[at]);
	if (command == NULL) {
		fprintf(stderr,
		    "asyncprobectl: there is no command '%s'\n"
		    "Try `asyncprobectl --help' for more information.\n",
		    argv[at]);
		return CTL_USAGE;
	}
	strncat(name, command->name, sizeof(name) - strlen(name) - 1);
	argv[at] = name;
	return end_output(command->run(argc - at, argv + at, &options));
}
