noinst_LIBRARIES += src/check/libcheck.a
src_check_libcheck_a_SOURCES = \
	src/check/authorities.c \
	src/check/checker.c src/check/checker.h \
	src/check/checker_pool.c src/check/checker_pool.h \
	src/check/cut.c src/check/cut.h \
	src/check/delegation.c \
	src/check/dns_outcome.c src/check/dns_outcome.h \
	src/check/ending.c \
	src/check/hosts.c src/check/hosts.h \
	src/check/parents.c src/check/parents.h \
	src/check/private.h \
	src/check/records.c \
	src/check/resolv_conf.c src/check/resolv_conf.h \
	src/check/resolve_dns.c \
	src/check/resolver_evdns.c src/check/resolver_evdns.h \
	src/check/server_list.c src/check/server_list.h \
	src/check/wild.c src/check/wild.h \
	src/check/wildcards.c src/check/wildcards.h \
	src/check/zones.c src/check/zones.h
