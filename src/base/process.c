/* The process_* metrics, from /proc/self and getrlimit. The start time is computed from the boot
 * clock because /proc/stat is hidden under systemd's ProcSubset=pid. */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/metrics.h"

enum stat_field { STAT_THREADS = 20, STAT_START_TIME = 22, STAT_VSIZE = 23, STAT_RSS = 24 };

/* Field `wanted` of /proc/self/stat, counted from 1 as in proc(5); 0 when it can't be read. One
 * reading does for all that a scrape asks. */
static double read_stat(enum stat_field wanted)
{
	static char line[1024];
	static unsigned long scrape;

	if (line[0] == '\0' || scrape != metrics_n_scrapes()) {
		int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
		ssize_t n = fd >= 0 ? read(fd, line, sizeof(line) - 1) : 0;
		line[n > 0 ? n : 0] = '\0';
		if (fd >= 0)
			close(fd);
		scrape = metrics_n_scrapes();
	}
	char *at = strrchr(line, ')'); /* the end of field 2, which may hold spaces */
	for (int field = 2; at != NULL && field < (int)wanted; field++)
		at = strchr(at + 1, ' ');
	return at != NULL ? strtod(at + 1, NULL) : 0;
}

static double get_threads(void *arg)
{
	(void)arg;
	return read_stat(STAT_THREADS);
}

static double get_virtual(void *arg)
{
	(void)arg;
	return read_stat(STAT_VSIZE);
}

static double get_resident(void *arg)
{
	(void)arg;
	return read_stat(STAT_RSS) * (double)sysconf(_SC_PAGESIZE);
}

static double seconds_of(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Computed once, since the wall clock may jump later */
static double get_start(void *arg)
{
	static double start;

	(void)arg;
	if (start == 0)
		start = seconds_of(CLOCK_REALTIME) - seconds_of(CLOCK_BOOTTIME) +
			read_stat(STAT_START_TIME) / (double)sysconf(_SC_CLK_TCK);
	return start;
}

static double get_cpu(void *arg)
{
	(void)arg;
	return seconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

static double get_limit(void *arg)
{
	struct rlimit limit;
	int resource = arg != NULL ? RLIMIT_AS : RLIMIT_NOFILE;

	if (getrlimit(resource, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
		return -1;
	return (double)limit.rlim_cur;
}

/* Since Linux 6.2 the size of the directory is the number of descriptors. Before, it is 0, and
 * listing a thousand descriptors takes a quarter of a millisecond. */
static double get_open_fds(void *arg)
{
	struct stat st;
	DIR *dir;
	double n = 0;

	(void)arg;
	if (stat("/proc/self/fd", &st) == 0 && st.st_size > 0)
		return (double)st.st_size;
	dir = opendir("/proc/self/fd");
	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 3; /* ".", ".." and the directory's own descriptor */
}

static double get_log_lines(void *arg)
{
	return (double)log_lines(*(const enum log_level *)arg);
}

void metrics_add_process(void)
{
	static const enum log_level levels[] = {
	    LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR};
	static char virtual_marker;

	metrics_getter(METRIC_PROCESS_CPU, get_cpu, NULL);
	metrics_getter(METRIC_PROCESS_OPEN_FDS, get_open_fds, NULL);
	metrics_getter(METRIC_PROCESS_MAX_FDS, get_limit, NULL);
	metrics_getter(METRIC_PROCESS_VIRTUAL, get_virtual, NULL);
	metrics_getter(METRIC_PROCESS_VIRTUAL_MAX, get_limit, &virtual_marker);
	metrics_getter(METRIC_PROCESS_RESIDENT, get_resident, NULL);
	metrics_getter(METRIC_PROCESS_START, get_start, NULL);
	metrics_getter(METRIC_PROCESS_THREADS, get_threads, NULL);
	get_start(NULL);
	for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		metrics_getter(METRIC_LOG_MESSAGES, get_log_lines, (void *)&levels[i],
		    log_level_name(levels[i]));
}
