/* The process_* metrics, as they are scraped. */
#include "../unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metrics.h"

/* Scrape, and read the sample whose line begins with `name`. */
static double scrape(const char *name)
{
	struct buf b;

	buf_init(&b, 1 << 20);
	metrics_write(&b, METRICS_TEXT);
	for (char *rest = b.data, *line; (line = strsep(&rest, "\n")) != NULL;) {
		size_t len = strlen(name);
		if (strncmp(line, name, len) == 0 && line[len] == ' ') {
			double value = strtod(line + len, NULL);
			buf_done(&b);
			return value;
		}
	}
	ck_abort_msg("%s is not exported", name);
}

TEST(unlimited_memory_is_minus_one)
{
	struct rlimit limit = {.rlim_cur = RLIM_INFINITY, .rlim_max = RLIM_INFINITY};

	getrlimit(RLIMIT_AS, &limit);
	metrics_add_process();
	double want = limit.rlim_cur == RLIM_INFINITY ? -1 : (double)limit.rlim_cur;
	ck_assert(scrape("process_virtual_memory_max_bytes") == want);
	metrics_done();
}

TEST(counts_descriptors)
{
	metrics_add_process();
	double before = scrape("process_open_fds");
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert(scrape("process_open_fds") == before + 1);
	close(fd);
	ck_assert(scrape("process_open_fds") == before);

	struct rlimit limit;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	ck_assert(scrape("process_max_fds") == (double)limit.rlim_cur);
	metrics_done();
}

TEST(tells_plausible_numbers)
{
	metrics_add_process();
	ck_assert(scrape("process_threads") >= 1);
	ck_assert(scrape("process_resident_memory_bytes") > 65536);
	ck_assert(scrape("process_virtual_memory_bytes") > scrape("process_resident_memory_bytes"));
	ck_assert(scrape("process_cpu_seconds_total") >= 0);
	double now = (double)clock_wall() / USEC_PER_SEC,
	       start = scrape("process_start_time_seconds");
	ck_assert_msg(start > now - 3600 && start < now + 1, "%f seconds old", now - start);
	ck_assert(scrape("process_start_time_seconds") == start);
	metrics_done();
}

TEST(counts_lines_of_the_log)
{
	metrics_add_process();
	double before = scrape("asyncprobed_log_messages_total{level=\"warning\"}");
	unit_capture_begin();
	log_warning("test_line", "n=%d", 1);
	log_debug("not_written", "n=%d", 1);
	free(unit_capture_end());
	ck_assert(scrape("asyncprobed_log_messages_total{level=\"warning\"}") == before + 1);
	ck_assert(scrape("asyncprobed_log_messages_total{level=\"debug\"}") == 0);
	metrics_done();
}

SUITE(process)
{
	ADD(unlimited_memory_is_minus_one);
	ADD(counts_descriptors);
	ADD(tells_plausible_numbers);
	ADD(counts_lines_of_the_log);
}
