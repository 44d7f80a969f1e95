/* The texts of docs/openapi.yaml and docs/openapi.json; the .c file is made by embed.sh. Thread:
 * any. */
#pragma once

#include <stddef.h>

const unsigned char *openapi_yaml(size_t *ret_len);
const unsigned char *openapi_json(size_t *ret_len);
