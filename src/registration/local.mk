noinst_LIBRARIES += src/registration/libregistration.a
src_registration_libregistration_a_SOURCES = \
	%D%/asked_jobs.c %D%/asked_jobs.h %D%/bootstrap.c %D%/bootstrap.h \
	%D%/budget.c %D%/budget.h %D%/cctlds.def %D%/doubts.c %D%/doubts.h \
	%D%/for_sale.c %D%/for_sale.h %D%/host_notes.c %D%/host_notes.h \
	%D%/kept_file.c %D%/kept_file.h %D%/plan.c %D%/plan.h %D%/rates.c %D%/rates.h %D%/rdap.c %D%/rdap.h \
	%D%/rdap_cache.c %D%/rdap_cache.h %D%/rdap_client.c %D%/rdap_client.h %D%/rdap_host.c %D%/rdap_private.h \
	%D%/registration.c %D%/registration.h %D%/registries.c %D%/registries.h \
	%D%/suffix.c %D%/suffix.h %D%/tld_lists.c %D%/tld_lists.h %D%/tlds.c %D%/tlds.h \
	%D%/verdict.c %D%/verdict.h
