/* The metadata.json beside a flag: {"country": "United States", "iso_cc": "US", ...}. Thread: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Write the country's name; false when the text is no such JSON, or the name doesn't fit. */
bool flag_metadata_country(const char *json, size_t len, char *ret_country, size_t size);
