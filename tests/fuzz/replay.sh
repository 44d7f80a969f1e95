#!/bin/sh
# Run each fuzz target over its seeds; a folder of tests/fuzz/seeds is named as its target.
set -eu
seeds=${srcdir:-.}/tests/fuzz/seeds
for folder in "$seeds"/*/; do
	target=$(basename "$folder")
	echo "$target:"
	"./tests/fuzz/fuzz_$target" "$folder"*
done
