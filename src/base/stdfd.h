/* Standard input, output and error: numbers that must not become anything else's. Thread: main,
 * before any other is there. */
#pragma once

/* Open those of descriptors 0 to 2 that the process was started without: else the next socket or
 * file that is opened gets the number, and what is printed goes into it. They lead to /dev/null the
 * wrong way round, so reading and writing fail as before. */
void stdfd_open(void);
