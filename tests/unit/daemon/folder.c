/* A folder for a test, with files. */
#include "folder.h"

#include "../unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/asyncprobed-test-XXXXXX";
static char path[512];

const char *folder_make(void)
{
	ck_assert_ptr_nonnull(mkdtemp(folder));
	return folder;
}

void folder_remove(void)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	closedir(dir);
	ck_assert_int_eq(rmdir(folder), 0);
}

const char *folder_path(const char *name)
{
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

const char *folder_write(const char *name, const char *text, mode_t mode)
{
	int fd = open(folder_path(name), O_WRONLY | O_CREAT | O_TRUNC, mode);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	ck_assert_int_eq(fchmod(fd, mode), 0);
	close(fd);
	return path;
}
