/* Random bytes, fetched from the kernel in batches. */
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
			abort(); /* without randomness ids could be guessed and answers forged */
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
	explicit_bzero(from, n); /* used bytes are erased from memory */
	stock.n_left -= n;
}

/* libevent gets the id of each DNS query from this function of the C library. In Debian 12 it makes
 * a system call each time, which is 5 % of the cost of a name. This definition takes precedence
 * over that of the library. */
void arc4random_buf(void *ret_bytes, size_t n);
void arc4random_buf(void *ret_bytes, size_t n)
{
	random_bytes(ret_bytes, n);
}
