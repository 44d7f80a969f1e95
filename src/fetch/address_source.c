/* The source address for a destination: what a connected UDP socket has. */
#include <sys/socket.h>
#include <unistd.h>

#include "fetch/address_order.h"

enum { DISCARD_PORT = 9 };

bool address_source(const struct address *to, struct address *ret_source)
{
	const struct endpoint there = {.address = *to, .port = DISCARD_PORT};
	struct endpoint here;
	struct sockaddr_storage sa;
	socklen_t size = endpoint_to_sockaddr(&there, &sa);
	int fd = socket(sa.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_good = fd >= 0 && connect(fd, (const struct sockaddr *)&sa, size) == 0;

	size = sizeof(sa);
	is_good = is_good && getsockname(fd, (struct sockaddr *)&sa, &size) == 0 &&
		  endpoint_from_sockaddr((const struct sockaddr *)&sa, &here);
	if (is_good)
		*ret_source = here.address;
	if (fd >= 0)
		close(fd);
	return is_good;
}
