dist_man_MANS = docs/asyncprobed.8 docs/asyncprobed.conf.5 docs/asyncprobectl.1
dist_doc_DATA = README.md NEWS docs/architecture.md docs/walkthrough.md docs/benchmarks.md docs/dns.md docs/registration.md docs/metrics.md docs/openapi.yaml
EXTRA_DIST += docs/page-light.png docs/page-dark.png docs/openapi.json docs/style.md docs/generate.sh

# For who changes docs/openapi.yaml: needs python3-yaml.
.PHONY: openapi-json
openapi-json:
	$(PYTHON) -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout, indent=1); print()' \
		< $(srcdir)/docs/openapi.yaml > $(srcdir)/docs/openapi.json

# For who changes src/daemon/conf.def or src/base/metrics.def: write what the documents take from them, namely
# etc/asyncprobed.conf, the list in docs/asyncprobed.conf.5 and the table in docs/metrics.md. `make check` holds
# the documents to the code by the two lints.
.PHONY: docs
docs: src/conf_doc$(EXEEXT)
	rm -rf docs/generated && $(MKDIR_P) docs/generated
	sh $(srcdir)/docs/generate.sh $(srcdir) src/conf_doc$(EXEEXT) docs/generated
	cp docs/generated/asyncprobed.conf $(srcdir)/etc/asyncprobed.conf
	cp docs/generated/asyncprobed.conf.5 docs/generated/metrics.md $(srcdir)/docs/
	rm -rf docs/generated
TESTS += tests/lint/check-docs.sh tests/lint/check-metrics.sh
