/* Standard descriptors that were closed. */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <unistd.h>

#include "base/stdfd.h"

static const struct {
	const char *name;
	bool is_closed[3];
} cases[] = {
    {"none", {false, false, false}},
    {"input", {true, false, false}},
    {"output", {false, true, false}},
    {"input and output", {true, true, false}},
    {"error", {false, false, true}},
    {"all", {true, true, true}},
};

/* The next number is above them, and what was closed can neither be read nor written. */
TEST(closed_ones_are_taken)
{
	bool is_next_above, can_use[3] = {false, false, false};
	int saved[3];
	char c = 0;

	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
		if (cases[_i].is_closed[fd])
			close(fd);
	}
	stdfd_open();
	int next = open("/dev/null", O_RDONLY | O_CLOEXEC);
	is_next_above = next > STDERR_FILENO;
	for (int fd = 0; fd < 3; fd++) {
		if (cases[_i].is_closed[fd])
			can_use[fd] = (fd == 0 ? read(fd, &c, 1) : write(fd, &c, 1)) >= 0;
	}
	for (int fd = 0; fd < 3; fd++) /* what is reported needs them */
		ck_assert_int_eq(dup2(saved[fd], fd), fd);
	ck_assert_msg(is_next_above, "%s", cases[_i].name);
	for (int fd = 0; fd < 3; fd++)
		ck_assert_msg(!can_use[fd], "%s: %d can be used", cases[_i].name, fd);
}

SUITE(stdfd)
{
	ADD_ROWS(closed_ones_are_taken, cases);
}
