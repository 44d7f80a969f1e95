#!/bin/sh
# embed.sh HEADER NAME FILE [NAME FILE]...: write C with a function NAME(size_t *ret_len) for the bytes of each file.
set -eu
echo "/* Made by embed.sh. */"
echo "#include \"$1\""
shift
while [ $# -ge 2 ]; do
	printf '\nconst unsigned char *%s(size_t *ret_len)\n{\n\tstatic const unsigned char text[] = {\n' "$1"
	od -v -An -tu1 "$2" | sed 's/  *\([0-9][0-9]*\)/\1,/g'
	printf '};\n\n\t*ret_len = sizeof(text);\n\treturn text;\n}\n'
	shift 2
done
