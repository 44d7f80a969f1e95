#!/bin/sh
# Hold all C to .clang-format. Skipped (77) where clang-format is absent.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cd "$top"

if ! command -v clang-format >/dev/null 2>&1; then
	echo "format: skipped, clang-format is absent (Debian: apt-get install clang-format)"
	exit 77
fi
find src tests bench -name '*.[ch]' ! -name openapi_text.c ! -name page_files.c ! -name schema_steps.c | LC_ALL=C sort | xargs clang-format --dry-run --Werror
