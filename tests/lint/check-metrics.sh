#!/bin/sh
# Hold the table in docs/metrics.md to src/base/metrics.def. Runs in the folder of a build.
set -eu
top=${srcdir:-$(dirname "$0")/../..}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT

sh "$top/docs/generate.sh" "$top" src/conf_doc "$new"
if ! diff -u "$top/docs/metrics.md" "$new/metrics.md"; then
	echo "metrics: docs/metrics.md differs from src/base/metrics.def; run \`make docs\`"
	exit 1
fi
