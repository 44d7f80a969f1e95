/* Files in sub-folders of a job's folder: a path is opened part by part beneath a descriptor, and
 * never through a link. Paths are such that file_path_is_safe accepts. Thread: any; they block. */
#pragma once

#include <stdbool.h>

/* Open the folder of a path's file beneath `dir`, which is taken; those that are missing are made
 * when `may_make`. -1 with errno. */
int folder_path_open(int dir, const char *path, bool may_make);

/* Return a directory's `fd`; close it if files can't be made in it, and return -1 with errno. */
int folder_if_writable(int fd);

/* Call `on_name` for each entry of a directory but `.` and `..`, until it returns false; takes
 * `fd`, which may be -1. */
typedef bool folder_name_fn(int fd, const char *name, void *arg);
void folder_each_name(int fd, folder_name_fn *on_name, void *arg);

/* Return the last part of a path. */
const char *folder_path_leaf(const char *path);

/* Remove the file, and then its folders as far as they are empty. False with errno. */
bool folder_path_remove(int dir, const char *path);
