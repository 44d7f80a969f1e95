noinst_LIBRARIES += src/dns/libdns.a
src_dns_libdns_a_SOURCES = \
	%D%/answer.c %D%/answer.h %D%/carrier.h %D%/asks.c %D%/asks.h %D%/engine.c %D%/engine.h \
	%D%/health.c %D%/health.h %D%/lookup.c %D%/lookup.h %D%/message.c %D%/message.h \
	%D%/name.c %D%/name.h %D%/port.c %D%/port.h %D%/private.h %D%/query.c %D%/query.h \
	%D%/rdata.c %D%/rdata.h %D%/receive.c %D%/recordset.c %D%/recordset.h %D%/send.c \
	%D%/server.c %D%/server.h %D%/socket.h %D%/stats.h %D%/svcb.c %D%/svcb.h \
	%D%/tcp.c %D%/tcp.h %D%/udp.c %D%/udp.h %D%/wheel.c %D%/wheel.h
