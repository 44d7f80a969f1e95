/* Files in sub-folders. */
#include "fetch/folder_path.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PART_SIZE = 256 };

/* Copy the part at the front of a path; returns what stands behind its slash, NULL: it is the last.
 */
static const char *take_part(const char *path, char ret_part[static PART_SIZE])
{
	size_t len = strcspn(path, "/");

	if (len >= PART_SIZE)
		len = PART_SIZE - 1; /* can't be: the path is safe */
	memcpy(ret_part, path, len);
	ret_part[len] = '\0';
	return path[len] == '/' ? path + len + 1 : NULL;
}

static int open_part(int dir, const char *part, bool may_make)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(dir, part, flags);

	if (fd >= 0 || errno != ENOENT || !may_make)
		return fd;
	if (mkdirat(dir, part, 0755) < 0 && errno != EEXIST)
		return -1;
	return openat(dir, part, flags);
}

int folder_path_open(int dir, const char *path, bool may_make)
{
	char part[PART_SIZE];

	for (const char *rest; dir >= 0 && (rest = take_part(path, part)) != NULL; path = rest) {
		int next = open_part(dir, part, may_make), why = errno;
		close(dir);
		errno = why;
		dir = next;
	}
	return dir;
}

const char *folder_path_leaf(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* NOLINTNEXTLINE(misc-no-recursion): a path has few parts */
bool folder_path_remove(int dir, const char *path)
{
	char part[PART_SIZE];
	const char *rest = take_part(path, part);

	if (rest == NULL)
		return unlinkat(dir, part, 0) == 0;
	int fd = open_part(dir, part, false);
	if (fd < 0)
		return false;
	bool is_removed = folder_path_remove(fd, rest);
	int why = errno;
	close(fd);
	(void)unlinkat(dir, part, AT_REMOVEDIR);
	errno = why;
	return is_removed;
}

int folder_if_writable(int fd)
{
	if (fd < 0 || faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) == 0)
		return fd;
	int why = errno;
	close(fd);
	errno = why;
	return -1;
}

void folder_each_name(int fd, folder_name_fn *on_name, void *arg)
{
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *entry;

	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    !on_name(fd, entry->d_name, arg))
			break;
	}
	closedir(dir);
}
