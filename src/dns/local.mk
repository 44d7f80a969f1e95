noinst_LIBRARIES += src/dns/libdns.a
src_dns_libdns_a_SOURCES = \
	src/dns/answer.c src/dns/answer.h \
	src/dns/message.c src/dns/message.h \
	src/dns/name.c src/dns/name.h \
	src/dns/query.c src/dns/query.h \
	src/dns/rdata.c src/dns/rdata.h \
	src/dns/recordset.c src/dns/recordset.h \
	src/dns/rrtype.c src/dns/rrtype.h \
	src/dns/svcb.c src/dns/svcb.h
