#!/bin/sh
# Hold the includes of src/ against layers.txt: folders include downwards only, project includes name
# their folder, foreign headers stay where they belong.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
table=${1:-$top/tests/lint/layers.txt}
cd "$top"

{ grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' --include='*.def' src || [ $? -eq 1 ]; } | awk '
# A shell pattern as a regular expression; a star does not cross a slash.
function regex(glob) {
	gsub(/[.+^$(){}|]/, "[&]", glob)
	gsub(/\*/, "[^/]*", glob)
	return "^" glob "$"
}
function fault(text) {
	print "layers: " text
	bad = 1
}
NR == FNR {
	if ($0 ~ /^#/ || NF == 0)
		next
	if ($1 ~ /^</) {
		header[++n_foreign] = regex(substr($1, 2, length($1) - 2))
		for (i = 2; i <= NF; i++)
			place[n_foreign, ++n_places[n_foreign]] = regex($i)
		next
	}
	folder = $1
	sub(/:$/, "", folder)
	known[folder] = allowed[folder, folder] = 1
	for (i = 2; i <= NF; i++) {
		if (!($i in known))
			fault("the table lets " folder " include " $i ", which stands above it")
		allowed[folder, $i] = 1
	}
	next
}
{
	colon = index($0, ":")
	file = substr($0, 1, colon - 1)
	line = substr($0, colon + 1)
	split(file, part, "/")
	if (!(part[2] in known))
		fault(file ": the table does not know its folder")
}
line ~ /include[ \t]*"/ {
	split(line, quoted, "\"")
	to = quoted[2]
	if (to == "config.h") # configure writes it
		next
	if (to !~ /\// || to ~ /^\.\.?\//)
		fault(file ":" line ": name the folder, seen from src")
	else {
		sub(/\/.*/, "", to)
		if (!((part[2], to) in allowed))
			fault(file ":" line ": " part[2] " may not include " to)
	}
	next
}
line ~ /include[ \t]*</ {
	split(line, angled, /[<>]/)
	to = angled[2]
	if (to ~ /^(base|model|loop|wire|dns|check|fetch|registration|store|sqlite|jobs|callbacks|intake|schedules|core|http|api|ctl|daemon)\//)
		fault(file ":" line ": project headers stand in quotes")
	for (i = 1; i <= n_foreign; i++) {
		if (to !~ header[i])
			continue
		fits = 0
		for (k = 1; k <= n_places[i]; k++)
			fits = fits || file ~ place[i, k]
		if (!fits)
			fault(file ":" line ": <" to "> has its place elsewhere")
		break
	}
	next
}
{ fault(file ":" line ": neither in quotes nor in angle brackets") }
END { exit bad }' "$table" -
