# Benchmarks: `make bench` prints figures as ratios measured in one run; see docs/benchmarks.md.
EXTRA_PROGRAMS += bench/bare_dns bench/responder bench/bare_evdns bench/bare_multi bench/post_jobs bench/store_sweep \
	bench/delay_proxy
bench_delay_proxy_SOURCES = bench/delay_proxy.c
bench_bare_dns_SOURCES = bench/bare_dns.c
bench_bare_dns_LDADD = $(LINK_DNS)
bench_responder_SOURCES = bench/responder.c
bench_bare_evdns_SOURCES = bench/bare_evdns.c
bench_bare_evdns_LDADD = $(EVENT_LIBS)
bench_bare_multi_SOURCES = bench/bare_multi.c
bench_bare_multi_LDADD = $(CURL_LIBS) $(EVENT_LIBS)
bench_post_jobs_SOURCES = bench/post_jobs.c
bench_post_jobs_LDADD = $(EVENT_LIBS)
bench_store_sweep_SOURCES = bench/store_sweep.c
bench_store_sweep_LDADD = $(LINK_STORE)
CLEANFILES += bench/bare_dns$(EXEEXT) bench/responder$(EXEEXT) bench/bare_evdns$(EXEEXT) bench/bare_multi$(EXEEXT) bench/post_jobs$(EXEEXT) \
	bench/store_sweep$(EXEEXT) bench/delay_proxy$(EXEEXT)
EXTRA_DIST += bench/run.py bench/accuracy.py bench/bodies.py bench/distance.py bench/door.py bench/figures.py bench/files.py bench/servers.py bench/origin.py \
	bench/daemon.py bench/rivals.py bench/machine.py bench/records.py bench/registrations.py bench/report.py bench/timetable.py

.PHONY: bench
bench: all tests/stub/dns_stub$(EXEEXT) bench/bare_dns$(EXEEXT) bench/responder$(EXEEXT) bench/bare_evdns$(EXEEXT) bench/bare_multi$(EXEEXT) bench/post_jobs$(EXEEXT) bench/store_sweep$(EXEEXT) bench/delay_proxy$(EXEEXT)
	$(PYTHON) $(top_srcdir)/bench/run.py --build-dir . $(BENCHFLAGS)
