/* A list of hosts with their rates, `host=50, host:8443=2.5`, separated by commas or blanks.
 * Thread: any. */
#pragma once

#include <stdbool.h>

bool rates_are_valid(const char *list);

/* Return the rate of the host, requests a second; 0: the list, which is valid, does not have it. */
double rates_find(const char *list, const char *host);
