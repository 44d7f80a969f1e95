/* A folder for a test, with files. */
#pragma once

#include <sys/types.h>

/* Make an empty folder; folder_remove removes it with the files in it. */
const char *folder_make(void);
void folder_remove(void);

/* The path of `name` in the folder, good until the next call. */
const char *folder_path(const char *name);

/* Write a file and return its path. */
const char *folder_write(const char *name, const char *text, mode_t mode);
