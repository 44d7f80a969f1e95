#!/bin/sh
# Fuzz each target, or those that are named, for FUZZ_SECONDS. What is found new is kept in fuzz-corpus, faults in the
# folder of the build.
set -eu
seeds=${srcdir:-.}/tests/fuzz/seeds
[ $# -gt 0 ] || set -- $(ls "$seeds")
for target in "$@"; do
	mkdir -p "fuzz-corpus/$target"
	echo "$target: ${FUZZ_SECONDS:=20} s"
	"./tests/fuzz/fuzz_$target" -max_total_time="$FUZZ_SECONDS" -max_len=20000 -timeout=10 -verbosity=0 \
		-print_final_stats=1 "fuzz-corpus/$target" "$seeds/$target/"
done
