/* Errors of the daemon and the system. The outcome of an item is a struct result, and an invalid
 * request a struct problem; neither is an error here. Thread: any. */
#pragma once

#define MUST_CHECK   __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))

enum err {
	OK = 0,
	ERR_INVALID = -1,   /* the value cannot be what it should be */
	ERR_TOO_BIG = -2,   /* a limit would be exceeded */
	ERR_NOT_FOUND = -3, /* there is no such thing */
	ERR_CONFLICT = -4,  /* a different one exists */
	ERR_FULL = -5,      /* no space: disk, database or quota */
	ERR_READ_ONLY = -6, /* the store may be read but not written */
	ERR_IO = -7,        /* reading or writing failed in another way */
	ERR_FATAL = -8,     /* durability is in doubt (a failed fsync): the process must end */
	ERR_BUSY = -9,      /* not now; the same call may succeed later */
	ERR_SYSTEM = -10,   /* the system refused; errno said why at the place it happened */
	ERR_GONE = -11,     /* the files of the database were removed, moved or replaced under us */
	ERR_DAMAGED = -12,  /* what is stored is not what was written */
};

/* Return the name of `e` in lower case, for logs; never NULL. */
const char *err_str(enum err e);
