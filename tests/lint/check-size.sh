#!/bin/sh
# Hold functions to 100 lines and a complexity of 25, .c files to 500 lines and headers to 120.
# Skipped (77) where pmccabe is absent; the files are measured all the same.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cd "$top"

bad=0
files=$(find src tests bench -name '*.[ch]' ! -name openapi_text.c ! -name page_files.c ! -name schema_steps.c | LC_ALL=C sort)
for file in $files; do
	limit=500
	case $file in *.h) limit=120 ;; esac
	lines=$(wc -l <"$file")
	[ "$lines" -le "$limit" ] || { echo "size: $file has $lines lines, more than $limit"; bad=1; }
done
if ! command -v pmccabe >/dev/null 2>&1; then
	echo "size: functions are not measured, pmccabe is absent (Debian: apt-get install pmccabe)"
	[ $bad -eq 0 ] && exit 77
	exit 1
fi
# Columns: complexity with a switch as one, complexity, statements, first line, lines, file(line): name.
find src tests bench -name '*.c' ! -name openapi_text.c ! -name page_files.c ! -name schema_steps.c | LC_ALL=C sort | xargs pmccabe | awk -F '\t' '
$5 > 100 { print "size: " $6 " has " $5 " lines"; bad = 1 }
$1 > 25 { print "size: " $6 " has a complexity of " $1; bad = 1 }
END { exit bad }' || bad=1
exit $bad
