#!/bin/sh
# embed.sh DOCUMENT FILE...: write C with the bytes of each file, plain and in gzip. `@PAGE@` in the document becomes the
# folder of the other files, whose name is the digest of them all. Fails when they are too long for a page.
set -eu
LC_ALL=C
export LC_ALL
most=61440
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Take away what browsers don't need: indentation, lines that are empty or a comment, and in CSS the blanks beside signs.
plain() {
	sed -e 's/^\t*//' -e '/^$/d' -e '/^\/\/ /d' -e '/^\/\* .* \*\/$/d' "$1" | case $1 in
	*.css) sed -e 's/ { /{/' -e 's/ {$/{/' -e 's/: /:/g' -e 's/; /;/g' -e 's/;}$/}/' -e 's/, /,/g' ;;
	*) cat ;;
	esac
}

digest=$(cat "$@" | sha256sum | cut -c 1-16)

media_type() {
	case $1 in
	*.html) echo "text/html; charset=utf-8" ;;
	*.css) echo "text/css; charset=utf-8" ;;
	*.js) echo "text/javascript; charset=utf-8" ;;
	*.svg) echo "image/svg+xml" ;;
	*) echo "page: $1 has no media type" >&2; exit 1 ;;
	esac
}

# bytes NAME FILE: an array
bytes() {
	printf '\nstatic const unsigned char %s[] = {\n' "$1"
	od -v -An -tu1 "$2" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
	printf '};\n'
}

length=0
printf '/* Made by page/embed.sh. */\n#include "api/page_files.h"\n'
n=0
for file; do
	plain "$file" | sed "s|@PAGE@|page/$digest|g" >"$work/plain"
	length=$((length + $(wc -c <"$work/plain")))
	gzip -9n <"$work/plain" >"$work/packed"
	bytes "plain_$n" "$work/plain"
	bytes "packed_$n" "$work/packed"
	type=$(media_type "$file")
	printf '\t{"%s", "%s", "%s", plain_%d, packed_%d, sizeof(plain_%d), sizeof(packed_%d)},\n' "${file##*/}" "$type" \
		"$(sha256sum <"$work/plain" | cut -c 1-16)" $n $n $n $n >>"$work/table"
	n=$((n + 1))
done
[ $length -le $most ] || { echo "page: $length bytes, more than $most" >&2; exit 1; }
printf '\nconst struct page_file *page_files(size_t *ret_n)\n{\n\tstatic const struct page_file files[] = {\n'
cat "$work/table"
printf '\t};\n\n\t*ret_n = sizeof(files) / sizeof(files[0]);\n\treturn files;\n}\n'
printf '\nconst char *page_digest(void)\n{\n\treturn "%s";\n}\n' "$digest"
