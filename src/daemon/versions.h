/* Which libraries the daemon runs with. Thread: loop. */
#pragma once

/* Print the versions of the daemon and of its libraries to stdout. */
void versions_print(void);

/* Register asyncprobed_build_info. */
void versions_add_metric(void);
