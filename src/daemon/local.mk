# All but the two main programs, so that the unit tests can link it.
noinst_LIBRARIES += src/daemon/libdaemon.a
src_daemon_libdaemon_a_SOURCES = \
	%D%/conf.c %D%/conf.h %D%/conf.def %D%/conf_value.c %D%/conf_value.h \
	%D%/daemon.c %D%/daemon.h %D%/delivery.c %D%/delivery.h %D%/entrance.c %D%/entrance.h \
	%D%/fetching.c %D%/fetching.h %D%/guard.c %D%/guard.h %D%/limits.c %D%/limits.h \
	%D%/notify.c %D%/notify.h %D%/registering.c %D%/registering.h %D%/reload.c %D%/reload.h \
	%D%/network.c %D%/network.h %D%/resolving.c %D%/resolving.h %D%/secret.c %D%/secret.h \
	%D%/sockets.c %D%/sockets.h %D%/state_dir.c %D%/state_dir.h %D%/versions.c %D%/versions.h
bin_PROGRAMS += src/asyncprobed
src_asyncprobed_SOURCES = %D%/main.c
src_asyncprobed_LDADD = src/daemon/libdaemon.a src/api/libapi.a src/http/libhttp.a \
	src/core/libcore.a src/schedules/libschedules.a src/intake/libintake.a src/callbacks/libcallbacks.a src/jobs/libjobs.a \
	src/sqlite/libbackend.a src/store/libstore.a src/registration/libregistration.a src/fetch/libfetch.a src/check/libcheck.a src/dns/libdns.a src/loop/libloop.a src/wire/libwire.a src/model/libmodel.a src/base/libbase.a \
	$(MHD_LIBS) $(CURL_LIBS) $(CRYPTO_LIBS) $(ZLIB_LIBS) $(SQLITE_LIBS) $(EVENT_LIBS) $(JANSSON_LIBS) $(IDN2_LIBS) $(PSL_LIBS) $(GLIB_LIBS) $(INIH_LIBS) $(XXHASH_LIBS) \
	$(SYSTEMD_LIBS)

# What the documents say of the settings comes from the table of settings; `make check` holds them to it.
noinst_PROGRAMS = src/conf_doc
src_conf_doc_SOURCES = %D%/conf_doc.c
src_conf_doc_LDADD = src/daemon/libdaemon.a src/registration/libregistration.a src/fetch/libfetch.a src/check/libcheck.a src/dns/libdns.a src/model/libmodel.a src/base/libbase.a $(INIH_LIBS) \
	$(CURL_LIBS) $(IDN2_LIBS) $(GLIB_LIBS)
