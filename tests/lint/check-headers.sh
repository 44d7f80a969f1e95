#!/bin/sh
# Compile each header of src/ alone. CC and CPPFLAGS may come from the environment.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cd "$top"

bad=0
for header in $(find src -name '*.h' | LC_ALL=C sort); do
	# shellcheck disable=SC2086 # both hold several words
	echo "#include \"${header#src/}\"" | ${CC:-cc} -std=gnu11 ${CPPFLAGS-} -Isrc -Wall -Wextra -Werror \
		-fsyntax-only -xc - || { echo "headers: $header does not compile alone"; bad=1; }
done
exit $bad
