/* The lock and the mark of a folder. */
#include "fetch/folder_mark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/alloc.h"

enum { MARK_SIZE = 128 };

static const char mark_name[] = ".owner";

/* Two daemons on one folder would count it and clean it up for each other. The lock is on the
 * folder itself, so no file can be removed to get round it. Where a file system has no such locks
 * there is none. */
bool mark_lock(int dir)
{
	return flock(dir, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK;
}

/* Read the mark of the folder as a line; "" when there is none. */
static void read_mark(int dir, char ret_mark[static MARK_SIZE])
{
	int fd = openat(dir, mark_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd >= 0 ? read(fd, ret_mark, MARK_SIZE - 1) : 0;

	if (fd >= 0)
		close(fd);
	ret_mark[n > 0 ? n : 0] = '\0';
	ret_mark[strcspn(ret_mark, "\n")] = '\0';
}

/* Without room the mark is left to the next start. */
static void write_mark(int dir, const char *owner)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	char line[MARK_SIZE];
	int fd = openat(dir, mark_name, flags, 0600);

	if (fd < 0)
		return;
	int n = snprintf(line, sizeof(line), "%s\n", owner);
	if (write(fd, line, (size_t)n) != n)
		unlinkat(dir, mark_name, 0);
	close(fd);
}

char *mark_claim(int dir, const char *owner)
{
	char mark[MARK_SIZE];

	read_mark(dir, mark);
	if (mark[0] == '\0')
		write_mark(dir, owner);
	return mark[0] == '\0' || strcmp(mark, owner) == 0 ? NULL : xstrdup(mark);
}
