#!/bin/sh
# Let cppcheck read src/ and the tests' programs. Skipped (77) where it is absent.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cd "$top"

if ! command -v cppcheck >/dev/null 2>&1; then
	echo "cppcheck: skipped, cppcheck is absent (Debian: apt-get install cppcheck)"
	exit 77
fi
# Headers whose macros make loops and structs, which it can't guess.
set --
for name in sys/queue.h jansson.h; do
	path=$(echo "#include <$name>" | ${CC:-cc} -E -xc - 2>/dev/null | sed -n "s,^# 1 \"\(/.*/$name\)\".*,\1,p" | head -n 1)
	[ -z "$path" ] || set -- "$@" --include="$path"
done
exec cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	--suppressions-list=tests/lint/cppcheck.txt -D__linux__ -D__GNUC__ -Isrc "$@" src tests/stub tests/fuzz
