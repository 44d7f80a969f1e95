/* conf_doc sample | man: print what the documents say of the settings. For the build, not
 * installed. */
#include <stdio.h>
#include <string.h>

#include "daemon/conf.h"

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "sample") == 0) {
		conf_print_sample();
	} else if (argc == 2 && strcmp(argv[1], "man") == 0) {
		conf_print_man();
	} else {
		fprintf(stderr, "usage: conf_doc sample|man\n");
		return 2;
	}
	return 0;
}
