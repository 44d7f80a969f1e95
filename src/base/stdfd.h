/* Descriptors 0 to 2 must not be reused for other files. Thread: main, before other threads start.
 */
#pragma once

/* Open /dev/null for those of descriptors 0 to 2 that are closed, so that no later file or socket
 * gets the number and receives printed text. They are opened with the opposite access mode, so that
 * reading and writing still fail. */
void stdfd_open(void);
