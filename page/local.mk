# The page for browsers: plain HTML, CSS and ES modules, which embed.sh turns into C. The document comes first.
PAGE_FILES = $(srcdir)/page/index.html $(srcdir)/page/page.css $(srcdir)/page/icon.svg \
	$(srcdir)/page/main.js \
	$(srcdir)/page/api.js \
	$(srcdir)/page/dom.js \
	$(srcdir)/page/format.js \
	$(srcdir)/page/job.js \
	$(srcdir)/page/jobs.js \
	$(srcdir)/page/new.js \
	$(srcdir)/page/now.js \
	$(srcdir)/page/parts.js \
	$(srcdir)/page/schedules.js \
	$(srcdir)/page/servers.js \
	$(srcdir)/page/texts.js
EXTRA_DIST += $(PAGE_FILES) page/embed.sh
