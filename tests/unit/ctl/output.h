/* Catch what is written to stdout between the two calls. */
#pragma once

void output_begin(void);
char *output_end(void); /* new text */
