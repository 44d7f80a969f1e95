noinst_LIBRARIES += src/registration/libregistration.a
src_registration_libregistration_a_SOURCES = \
	src/registration/asked_jobs.c src/registration/asked_jobs.h \
	src/registration/bootstrap.c src/registration/bootstrap.h \
	src/registration/budget.c src/registration/budget.h \
	src/registration/cctlds.def \
	src/registration/doubts.c src/registration/doubts.h \
	src/registration/for_sale.c src/registration/for_sale.h \
	src/registration/host_notes.c src/registration/host_notes.h \
	src/registration/kept_file.c src/registration/kept_file.h \
	src/registration/rates.c src/registration/rates.h \
	src/registration/rdap.c src/registration/rdap.h \
	src/registration/rdap_client.c src/registration/rdap_client.h \
	src/registration/rdap_host.c src/registration/rdap_private.h \
	src/registration/registration.c src/registration/registration.h \
	src/registration/registries.c src/registration/registries.h \
	src/registration/suffix.c src/registration/suffix.h \
	src/registration/tld_lists.c src/registration/tld_lists.h \
	src/registration/tlds.c src/registration/tlds.h \
	src/registration/verdict.c src/registration/verdict.h
