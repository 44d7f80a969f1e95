#!/bin/sh
# embed_schema.sh FILE...: write C with a function for the text of each file, a step of the schema, in this order.
set -eu
printf '/* Made by embed_schema.sh. */\n#include "sqlite/schema.h"\n\n'
printf 'const char *schema_step(int64_t version)\n{\n\tstatic const char *const steps[] = {\n'
for file; do
	sed 's/["\\]/\\&/g; s/.*/\t"&\\n"/' "$file"
	printf '\t,\n'
done
printf '\t};\n\n\treturn version >= 0 && version < %d ? steps[version] : NULL;\n}\n' $#
