#!/bin/sh
# Refuse in src/ what the style rules out: calls that end the process or can't be bounded, job states
# set past their setter, variables that every file can reach, TODO without saying what.
set -eu
top=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
cd "$top"

find src -name '*.[ch]' ! -name openapi_text.c ! -name page_files.c ! -name schema_steps.c | LC_ALL=C sort | xargs awk '
function fault(text) {
	print FILENAME ":" FNR ": " text
	bad = 1
}
# The line without comments, and with strings and characters emptied.
function code_of(line,    out, c, two) {
	out = ""
	while (line != "") {
		c = substr(line, 1, 1)
		two = substr(line, 1, 2)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				line = substr(line, 2)
			}
			line = substr(line, 2)
		} else if (two == "/*") {
			in_comment = 1
			line = substr(line, 3)
		} else if (two == "//") {
			break
		} else if (c == "\"" || c == "\047") {
			line = substr(line, 2)
			while (line != "" && substr(line, 1, 1) != c)
				line = substr(line, substr(line, 1, 1) == "\\" ? 3 : 2)
			line = substr(line, 2)
			out = out c c
		} else {
			out = out c
			line = substr(line, 2)
		}
	}
	return out
}
BEGIN {
	n = split("exit _exit quick_exit abort atoi atol atoll atof strcpy strcat stpcpy sprintf vsprintf " \
	    "gets strtok alloca sleep usleep nanosleep", words)
	for (i = 1; i <= n; i++)
		refused[words[i]] = 1
	ok["exit", "src/daemon/main.c"] = ok["exit", "src/ctl/main.c"] = 1
	ok["abort", "src/base/alloc.c"] = ok["abort", "src/base/random.c"] = 1
}
FNR == 1 {
	in_comment = 0
	in_function = ""
}
/TODO/ && $0 !~ /TODO: [A-Za-z]/ { fault("TODO without text; write `TODO: what`") }
{
	code = code_of($0)
	if (code ~ /^[A-Za-z_].*\(/) { # a function begins at the left margin
		in_function = code
		sub(/\(.*/, "", in_function)
		sub(/.*[ *]/, "", in_function)
	}
	rest = code
	while (match(rest, /[A-Za-z_][A-Za-z_0-9]*[ \t]*\(/)) {
		word = substr(rest, RSTART, RLENGTH - 1)
		sub(/[ \t]+$/, "", word)
		before = RSTART > 1 ? substr(rest, RSTART - 1, 1) : ""
		if (word in refused && before !~ /[.>]/ && !((word, FILENAME) in ok))
			fault(word "() is refused here")
		rest = substr(rest, RSTART + RLENGTH)
	}
	if (code ~ /job(->|\.)state[ \t]*=([^=]|$)/ && in_function != "job_set_state")
		fault("the state of a job changes in job_set_state only; elsewhere it stands in an initialiser")
	if (code ~ /live(->|\.)next_state[ \t]*=([^=]|$)/ && in_function != "live_set_next" && in_function != "live_new")
		fault("what the next commit makes of a live job changes in live_set_next only")
	if (code ~ /live(->|\.)place[ \t]*=([^=]|$)/ && in_function != "turns_move")
		fault("the place of a live job changes in turns_move only")
	if (FILENAME ~ /^src\/http\/reader/ && code ~ /->state[ \t]*=([^=]|$)/ && in_function != "set_state")
		fault("the state of a reader changes in set_state only")
	if (FILENAME ~ /^src\/http\// && code ~ /->phase[ \t]*=([^=]|$)/ && in_function != "connection_set_phase")
		fault("the phase of a connection changes in connection_set_phase only")
	if (FILENAME ~ /^src\/intake\// && code ~ /(->|\.)state[ \t]*=([^=]|$)/ && code !~ /\.state = JOB_QUEUED,/ && in_function != "submission_set_state")
		fault("the state of a submission changes in submission_set_state only")
	if (FILENAME ~ /\.h$/ && code ~ /^[ \t]*extern[ \t][^(]*;/)
		fault("a variable that every file can reach")
}
END { exit bad }'
