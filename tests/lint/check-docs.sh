#!/bin/sh
# Hold etc/asyncprobed.conf and the list in asyncprobed.conf(5) to the table of settings, and see that the
# file parses as shipped and the man pages have no faults. Runs in the folder of a build.
set -eu
top=${srcdir:-$(dirname "$0")/../..}
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
bad=0

sh "$top/docs/generate.sh" "$top" src/conf_doc "$new"
for file in etc/asyncprobed.conf docs/asyncprobed.conf.5; do
	if ! diff -u "$top/$file" "$new/${file##*/}"; then
		echo "docs: $file differs from the table of settings; run \`make docs\`"
		bad=1
	fi
done
if ! src/asyncprobed -t -c "$top/etc/asyncprobed.conf"; then
	echo "docs: etc/asyncprobed.conf does not parse as shipped"
	bad=1
fi
if command -v man >/dev/null 2>&1; then
	for page in "$top"/docs/*.[158]; do
		LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -l "$page" 2>"$new/faults" >/dev/null || bad=1
		if [ -s "$new/faults" ]; then
			echo "docs: faults in $page:"
			cat "$new/faults"
			bad=1
		fi
	done
else
	echo "docs: the man pages are not checked, man is absent (Debian: apt-get install man-db)"
fi
exit $bad
