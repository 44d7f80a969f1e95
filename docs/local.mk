dist_man_MANS = docs/asyncprobed.8 docs/asyncprobed.conf.5 docs/asyncprobectl.1
dist_doc_DATA = README.md NEWS docs/architecture.md docs/benchmarks.md docs/openapi.yaml
EXTRA_DIST += docs/openapi.json docs/style.md docs/metrics.md

# For who changes docs/openapi.yaml: needs python3-yaml.
.PHONY: openapi-json
openapi-json:
	$(PYTHON) -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, indent=1); print()' \
		< $(srcdir)/docs/openapi.yaml > $(srcdir)/docs/openapi.json
