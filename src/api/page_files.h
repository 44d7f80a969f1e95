/* The files of the page; the .c file is made by page/embed.sh. Thread: any. */
#pragma once

#include <stddef.h>

struct page_file {
	const char *name, *content_type;
	const char *digest;                  /* of its bytes, for the ETag */
	const unsigned char *plain, *packed; /* packed: in gzip */
	size_t n_plain, n_packed;
};

/* Return all files; the first is the document. */
const struct page_file *page_files(size_t *ret_n);

/* Return the digest of all files, which stands in the path of all but the document. */
const char *page_digest(void);
