# Units of the service manager, installed where --with-systemdsystemunitdir says.
EXTRA_DIST += systemd/asyncprobed.service.in systemd/asyncprobed.socket
if HAVE_UNIT_FOLDER
systemdsystemunit_DATA = systemd/asyncprobed.service systemd/asyncprobed.socket
endif
CLEANFILES += systemd/asyncprobed.service

systemd/asyncprobed.service: systemd/asyncprobed.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) systemd && \
	$(SED) 's|@bindir[@]|$(bindir)|g' '$(srcdir)'/systemd/asyncprobed.service.in >$@.new && mv $@.new $@

# The folder of the machine is not the one to try an installation in.
AM_DISTCHECK_CONFIGURE_FLAGS = --with-systemdsystemunitdir="$$dc_install_base/lib/systemd/system"
