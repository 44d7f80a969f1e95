/* asyncprobectl backup: a copy of the database. It is written to a temporary file in the same
 * folder, which replaces the named file once it is complete and on disk. Thread: main. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "ctl/answer.h"
#include "ctl/commands.h"
#include "ctl/message.h"
#include "ctl/raw.h"

enum { MAX_PATH_BYTES = 4096 };

/* The daemon makes its copy before it sends the first byte. */
#define MAX_SILENCE (3600 * USEC_PER_SEC)

struct output {
	const char *name; /* borrowed from argv; "-": standard output */
	char *temporary;  /* owned; NULL: standard output, or already renamed */
	int fd, why;      /* why: errno of what failed */
	unsigned long long n_bytes;
};

static int fail(const char *name, int why)
{
	message_error("%s: %s", name, strerror(why));
	return CTL_FAILED;
}

static bool is_stdout(const struct output *out)
{
	return strcmp(out->name, "-") == 0;
}

static int open_output(struct output *out)
{
	struct buf path;

	if (is_stdout(out)) {
		out->fd = STDOUT_FILENO;
		if (!isatty(out->fd))
			return CTL_OK;
		message_error("a backup is binary and is not written to a terminal");
		return CTL_USAGE;
	}
	buf_init(&path, MAX_PATH_BYTES);
	buf_addf(&path, "%s.%ld.part", out->name, (long)getpid());
	bool is_too_long = path.overflow;
	out->temporary = buf_take(&path, NULL);
	if (is_too_long)
		return fail(out->name, ENAMETOOLONG);
	out->fd = open(out->temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (out->fd >= 0)
		return CTL_OK;
	free(TAKE(out->temporary)); /* it is another process's file */
	return fail(out->name, errno);
}

static bool on_bytes(const char *bytes, size_t n_bytes, void *arg)
{
	struct output *out = arg;

	if (!raw_save(out->fd, bytes, n_bytes)) {
		out->why = errno;
		return false;
	}
	out->n_bytes += n_bytes;
	return true;
}

/* Bring the new name to disk too. */
static bool sync_folder(const char *name)
{
	AUTO_FREE char *folder = xstrdup(name);
	char *slash = strrchr(folder, '/');

	if (slash != NULL)
		*(slash > folder ? slash : slash + 1) = '\0';
	int fd = open(slash != NULL ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_good = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return is_good;
}

static int keep(struct output *out)
{
	if (is_stdout(out))
		return CTL_OK;
	if (fsync(out->fd) != 0 || rename(out->temporary, out->name) != 0)
		return fail(out->name, errno);
	free(TAKE(out->temporary));
	return sync_folder(out->name) ? CTL_OK : fail(out->name, errno);
}

static void close_output(struct output *out)
{
	if (out->temporary != NULL)
		(void)unlink(out->temporary);
	free(out->temporary);
	if (!is_stdout(out) && out->fd >= 0)
		close(out->fd);
}

static int fetch(struct output *out, struct http *http)
{
	struct http_call *call = http_run(http, &(struct http_request){.method = "GET",
						    .path = "/backup",
						    .on_body = on_bytes,
						    .arg = out,
						    .max_silence = MAX_SILENCE});
	const struct http_answer *answer = http_call_answer(call);
	int status;

	if (answer->outcome == HTTP_STOPPED)
		status = fail(is_stdout(out) ? "standard output" : out->name, out->why);
	else
		status = answer_check(answer, NULL);
	http_call_free(call);
	return status;
}

int cmd_backup(int argc, char **argv, struct options *options)
{
	static const struct syntax syntax = {.usage = "FILE",
	    .doc = "Copy the database of the daemon to FILE (-: standard output).",
	    .min_args = 1,
	    .max_args = 1};
	struct args args;

	args_parse(argc, argv, &syntax, options, NULL, &args);
	struct http *http = answer_open(options);
	if (http == NULL)
		return CTL_USAGE;
	struct output out = {.name = args.list[0], .fd = -1};
	int status = open_output(&out);
	if (status == CTL_OK)
		status = fetch(&out, http);
	if (status == CTL_OK)
		status = keep(&out);
	if (status == CTL_OK && !is_stdout(&out) && !options->is_quiet)
		fprintf(stderr, "%llu bytes\n", out.n_bytes);
	close_output(&out);
	http_free(http);
	return status;
}
