/* Random bytes, asked of the kernel some hundred at a time. */
#include "base/random.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

/* Large enough to make the system call rare, small enough that little lies in memory. */
enum { STOCK_SIZE = 512 };

static _Thread_local struct {
	uint8_t bytes[STOCK_SIZE];
	size_t n_left; /* they are at the end */
} stock;

static void fill(uint8_t *bytes, size_t n)
{
	while (n > 0) {
		ssize_t got = getrandom(bytes, n, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort(); /* an id could be guessed, an answer forged: so nothing is made */
		bytes += got;
		n -= (size_t)got;
	}
}

void random_bytes(void *ret_bytes, size_t n)
{
	if (n > STOCK_SIZE) {
		fill(ret_bytes, n);
		return;
	}
	if (n > stock.n_left) {
		fill(stock.bytes, STOCK_SIZE);
		stock.n_left = STOCK_SIZE;
	}
	uint8_t *from = stock.bytes + STOCK_SIZE - stock.n_left;
	memcpy(ret_bytes, from, n);
	explicit_bzero(from, n); /* what was given out is not here to be found */
	stock.n_left -= n;
}

/* libevent takes the identifier of each DNS question from this function of the C library, which in
 * Debian 12 makes a system call each time: 5 % of what a name costs. The program's own definition
 * comes before the library's. */
void arc4random_buf(void *ret_bytes, size_t n);
void arc4random_buf(void *ret_bytes, size_t n)
{
	random_bytes(ret_bytes, n);
}
