#!/bin/sh
# Write into folder OUT the documents that have parts made from the code, each anew from its present text:
#   asyncprobed.conf     from the table of settings (src/daemon/conf.def)
#   asyncprobed.conf.5   its list of settings, between the two marked comments
#   metrics.md           its table, between the two marked comments, from src/base/metrics.def
# usage: generate.sh SOURCE_TREE CONF_DOC OUT; CONF_DOC is the program src/conf_doc of a build.
set -eu
top=$1
conf_doc=$2
out=$3

# Print file $1 with what lies between the two marker lines replaced by file $2.
between_markers() {
	awk -v new="$2" '
	/generated: begin/ {
		print
		while ((getline line <new) > 0)
			print line
		n_begin++
		is_inside = 1
		next
	}
	/generated: end/ { n_end++; is_inside = 0 }
	!is_inside
	END { if (n_begin != 1 || n_end != 1) { print "the two markers are missing" >"/dev/stderr"; exit 1 } }' "$1"
}

# METRIC(ID, TYPE, "name", "label,label", "help") as a row of a table. The entries may go over several lines.
metrics_table() {
	echo "| metric | type | labels | description |"
	echo "|---|---|---|---|"
	sed -n '/^METRIC(/,$p' "$top/src/base/metrics.def" | tr '\n\t' '  ' | sed 's/METRIC(/\n&/g' | awk -F '"' '
	BEGIN {
		type["COUNTER"] = type["COUNTER_FN"] = "counter"
		type["GAUGE"] = type["INFO"] = "gauge"
		type["LATENCY"] = type["ANSWER"] = type["LAG"] = type["SIZE"] = "histogram"
	}
	/^METRIC/ {
		split($1, head, /[(, ]+/)
		if (!(head[3] in type)) {
			print "metrics.def has a type that is unknown here: " head[3] >"/dev/stderr"
			exit 1
		}
		labels = $4
		gsub(/,/, "`, `", labels)
		help = $6
		for (i = 8; i < NF; i += 2) # a text in several pieces
			help = help $i
		sub(/\.$/, "", help)
		printf "| `%s` | %s | %s | %s |\n", $2, type[head[3]], labels == "" ? "" : "`" labels "`", help
	}'
}

"$conf_doc" sample >"$out/asyncprobed.conf"
"$conf_doc" man >"$out/part"
between_markers "$top/docs/asyncprobed.conf.5" "$out/part" >"$out/asyncprobed.conf.5"
metrics_table >"$out/part"
between_markers "$top/docs/metrics.md" "$out/part" >"$out/metrics.md"
rm "$out/part"
