#!/bin/sh
# Lint docs/openapi.yaml. The linter comes from npm, is kept in the user's cache, and must have nothing to say.
# Skipped (77) where npm is absent or cannot reach a registry.
set -eu

version=6.16.3
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cache=${XDG_CACHE_HOME:-${HOME:-$PWD}/.cache}/asyncprobed
linter=$cache/spectral-$version/node_modules/.bin/spectral

if ! command -v npm >/dev/null 2>&1; then
	echo "openapi.sh: skipped, npm is absent (Debian: apt-get install npm)"
	exit 77
fi
if [ ! -x "$linter" ]; then
	mkdir -p "$cache"
	new=$(mktemp -d "$cache/spectral.XXXXXX")
	trap 'rm -rf "$new"' EXIT
	chmod 755 "$new"
	if ! timeout 300 npm install --prefix "$new" --ignore-scripts --no-audit --no-fund --loglevel=error \
		"@stoplight/spectral-cli@$version" >"$new/npm.log" 2>&1; then
		cat "$new/npm.log"
		echo "openapi.sh: skipped, npm could not install @stoplight/spectral-cli $version"
		exit 77
	fi
	# Another run may have been quicker; then its copy serves as well.
	mv -T "$new" "$cache/spectral-$version" 2>/dev/null || rm -rf "$new"
fi

exec "$linter" lint --quiet --ruleset "$top/tests/lint/spectral.yaml" --fail-severity hint "$top/docs/openapi.yaml"
