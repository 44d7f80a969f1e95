# All but the two main programs, so that the unit tests can link it.
noinst_LIBRARIES += src/daemon/libdaemon.a
src_daemon_libdaemon_a_SOURCES = \
	src/daemon/conf.c src/daemon/conf.h src/daemon/conf.def \
	src/daemon/conf_value.c src/daemon/conf_value.h \
	src/daemon/daemon.c src/daemon/daemon.h \
	src/daemon/delivery.c src/daemon/delivery.h \
	src/daemon/entrance.c src/daemon/entrance.h \
	src/daemon/fetching.c src/daemon/fetching.h \
	src/daemon/guard.c src/daemon/guard.h \
	src/daemon/limits.c src/daemon/limits.h \
	src/daemon/notify.c src/daemon/notify.h \
	src/daemon/registering.c src/daemon/registering.h \
	src/daemon/reload.c src/daemon/reload.h \
	src/daemon/network.c src/daemon/network.h \
	src/daemon/resolving.c src/daemon/resolving.h \
	src/daemon/secret.c src/daemon/secret.h \
	src/daemon/sockets.c src/daemon/sockets.h \
	src/daemon/state_dir.c src/daemon/state_dir.h \
	src/daemon/versions.c src/daemon/versions.h
bin_PROGRAMS += src/asyncprobed
src_asyncprobed_SOURCES = src/daemon/main.c
src_asyncprobed_LDADD = src/daemon/libdaemon.a src/api/libapi.a src/http/libhttp.a \
	src/core/libcore.a src/schedules/libschedules.a src/intake/libintake.a src/callbacks/libcallbacks.a src/jobs/libjobs.a \
	src/sqlite/libbackend.a src/store/libstore.a src/registration/libregistration.a src/fetch/libfetch.a src/check/libcheck.a src/dns/libdns.a src/loop/libloop.a src/wire/libwire.a src/model/libmodel.a src/base/libbase.a \
	$(MHD_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) $(SQLITE_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(IDN2_LIBS) $(PSL_LIBS) $(GLIB_LIBS) $(INIH_LIBS) $(XXHASH_LIBS) \
	$(SYSTEMD_LIBS)

# What the documents say of the settings comes from the table of settings; `make check` holds them to it.
noinst_PROGRAMS = src/conf_doc
src_conf_doc_SOURCES = src/daemon/conf_doc.c
src_conf_doc_LDADD = src/daemon/libdaemon.a src/registration/libregistration.a src/fetch/libfetch.a src/check/libcheck.a src/dns/libdns.a src/model/libmodel.a src/base/libbase.a $(INIH_LIBS) \
	$(CURL_LIBS) $(IDN2_LIBS) $(GLIB_LIBS)
