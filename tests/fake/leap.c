/* Stands before libc's function of this name, for libraries too. */
#include "leap.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static usec_t leapt;

void leap_by(usec_t by)
{
	leapt += by;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
	int error = (int)syscall(SYS_clock_gettime, id, ret_time);

	if (error == 0 && (id == CLOCK_MONOTONIC || id == CLOCK_REALTIME)) {
		int64_t nsec = ret_time->tv_nsec + leapt % USEC_PER_SEC * 1000;
		ret_time->tv_sec += leapt / USEC_PER_SEC + nsec / 1000000000;
		ret_time->tv_nsec = nsec % 1000000000;
	}
	return error;
}
