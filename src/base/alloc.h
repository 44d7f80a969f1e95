/* Allocation that ends the process when memory is exhausted; systemd restarts it and the store
 * resumes the work. Only for sizes that are bounded; sizes that depend on a peer must be checked
 * first. Thread: any. */
#pragma once

#include <stddef.h>

/* Each returns new memory that the caller owns and frees with free(); never NULL. xcalloc's is
 * zeroed. */
void *xmalloc(size_t n_bytes);
void *xcalloc(size_t n, size_t n_bytes);
void *xrealloc(void *p, size_t n_bytes);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n_bytes);

void alloc_free_ptr(void *p); /* for AUTO_FREE only: frees *(void **)p */

/* Free each of the pointers that are given; all are read before the first is freed. */
#define FREE_ALL(...)                                                                              \
	alloc_free_all((void *[]){__VA_ARGS__}, sizeof((void *[]){__VA_ARGS__}) / sizeof(void *))
void alloc_free_all(void *const *pointers, size_t n);

/* A local that is freed when its block ends; hand it to a new owner with TAKE(). */
#define AUTO_FREE __attribute__((cleanup(alloc_free_ptr)))

/* Give up the pointer in variable `p`: yields its value and leaves NULL behind. */
#define TAKE(p)                                                                                    \
	({                                                                                         \
		__typeof__(p) take_value_ = (p);                                                   \
		(p) = NULL;                                                                        \
		take_value_;                                                                       \
	})
