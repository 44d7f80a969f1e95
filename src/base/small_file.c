/* Files that are small enough to be read as a whole. */
#include "base/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One allocation holds all, so that a caller can erase what it read. */
static const char *read_all(int fd, size_t n_bytes, struct buf *text)
{
	char *to = buf_reserve(text, n_bytes);
	ssize_t n;

	if (to == NULL)
		return "too large";
	do {
		n = read(fd, to, n_bytes);
		if (n < 0)
			return strerror(errno);
		buf_commit(text, (size_t)n);
		to += n;
		n_bytes -= (size_t)n;
	} while (n > 0 && n_bytes > 0);
	return NULL;
}

const char *small_file_read(const char *path, bool is_secret, struct buf *text, enum err *ret_err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	const char *fault = NULL;
	struct stat st;

	*ret_err = ERR_INVALID;
	if (fd < 0 || fstat(fd, &st) != 0) {
		*ret_err = ERR_IO;
		fault = strerror(errno);
	} else if (!S_ISREG(st.st_mode)) {
		fault = "not a regular file";
	} else if (is_secret && (st.st_mode & S_IRWXO) != 0) {
		fault = "accessible to others; run chmod o= FILE";
	} else if (st.st_size > 0) {
		fault = read_all(fd, (size_t)st.st_size, text);
	}
	if (fd >= 0)
		close(fd);
	return fault;
}
