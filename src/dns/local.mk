noinst_LIBRARIES += src/dns/libdns.a
src_dns_libdns_a_SOURCES = \
	src/dns/answer.c src/dns/answer.h \
	src/dns/carrier.h \
	src/dns/asks.c src/dns/asks.h \
	src/dns/engine.c src/dns/engine.h \
	src/dns/health.c src/dns/health.h \
	src/dns/lookup.c src/dns/lookup.h \
	src/dns/message.c src/dns/message.h \
	src/dns/name.c src/dns/name.h \
	src/dns/port.c src/dns/port.h \
	src/dns/private.h \
	src/dns/query.c src/dns/query.h \
	src/dns/rdata.c src/dns/rdata.h \
	src/dns/receive.c \
	src/dns/recordset.c src/dns/recordset.h \
	src/dns/send.c \
	src/dns/server.c src/dns/server.h \
	src/dns/socket.h \
	src/dns/stats.h \
	src/dns/svcb.c src/dns/svcb.h \
	src/dns/tcp.c src/dns/tcp.h \
	src/dns/udp.c src/dns/udp.h \
	src/dns/wheel.c src/dns/wheel.h
