/* asyncprobectl: the table of commands, which are in files named cmd_*. All speak HTTP through
 * http.c. Thread: main; there is no other. */
#include "config.h"

#include <argp.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>

#include "base/stdfd.h"
#include "ctl/commands.h"
#include "ctl/raw.h"

const char *argp_program_version = "asyncprobectl " PACKAGE_VERSION;

static const struct command commands[] = {
    {"domains", "[NAME|DOMAIN|.TLD|-]...", "check whether domains resolve", cmd_domains},
    {"whois", "NAME", "say whether a name is registered", cmd_whois},
    {"flags", "[CC...]", "download flags of countries", cmd_flags},
    {"download", "URL...", "download files", cmd_download},
    {"jobs", "", "list jobs", cmd_jobs},
    {"show", "ID", "show a job", cmd_show},
    {"results", "ID", "print a job's results", cmd_results},
    {"watch", "ID", "follow a job to its end", cmd_watch},
    {"pause", "ID...", "pause jobs", cmd_pause},
    {"resume", "ID...", "resume paused jobs", cmd_resume},
    {"retry", "ID", "queue failed items again", cmd_retry},
    {"confirm", "ID", "ask RDAP about names left out", cmd_confirm},
    {"cancel", "ID...", "cancel jobs", cmd_cancel},
    {"rm", "ID...", "delete jobs and their results", cmd_rm},
    {"schedules", "COMMAND [ARG...]", "run jobs repeatedly", cmd_schedules},
    {"backup", "FILE", "copy the database to a file", cmd_backup},
    {"servers", "", "list name servers", cmd_servers},
    {"status", "", "show whether the daemon is ready", cmd_status},
    {0},
};

int main(int argc, char **argv)
{
	const char *url = getenv("ASYNCPROBED_URL");
	struct options options = {
	    .url = url != NULL && *url != '\0' ? url : "http://127.0.0.1:8653"};
	char name[] = "asyncprobectl";

	stdfd_open();
	setlocale(LC_CTYPE, "");
	signal(SIGPIPE, SIG_DFL);
	argp_err_exit_status = CTL_USAGE;
	argv[0] = name;
	int status = commands_parse(
	    commands, "Queue, follow and manage the jobs of asyncprobed.", argc, argv, &options);
	/* output that cannot be written, to a full disk for example, is a failure */
	return status == CTL_OK && !raw_flush() ? CTL_FAILED : status;
}
