#!/bin/sh
# Run check-circles.py on the build directory, which is the present one. Skipped (77) without python3.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
command -v python3 >/dev/null 2>&1 || exit 77
exec python3 "$top/tests/lint/check-circles.py" .
