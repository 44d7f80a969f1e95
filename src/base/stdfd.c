/* Descriptors 0 to 2 that are closed. */
#include "base/stdfd.h"

#include <fcntl.h>
#include <unistd.h>

void stdfd_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* the lowest free number is given, and all below are taken */
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			return; /* no /dev/null: leave it closed */
	}
}
